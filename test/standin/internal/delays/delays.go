// Package delays holds every delay of the stand-in, each with the recording
// it is taken from. Recordings are of CockroachDB v21.1.2 on one host of two
// cores; "median" is the median of the recorded runs.
package delays

import "time"

const (
	// PortsOpen is the time from process start to open ports: recorded 207,
	// 158 and 204 ms; median.
	PortsOpen = 204 * time.Millisecond
	// InitAnswer is how long `init` takes to answer: recorded 242 ms for the
	// client as a whole; the rest is the client's own start.
	InitAnswer = 150 * time.Millisecond
	// FirstReady is the time from init to ready of the node that got it:
	// recorded 0.50, 0.44 and 0.37 s; median.
	FirstReady = 440 * time.Millisecond
	// JoinedReady is the time from "joined cluster" to ready: derived from a
	// recorded start (node started 13.918, all ready at about 14.2).
	JoinedReady = 250 * time.Millisecond
	// SingleReady is the time from process start to ready of
	// start-single-node: recorded "about 1 s".
	SingleReady = time.Second
	// RestartClean is the time from process start to ready after a clean
	// stop: recorded 519, 327 and 463 ms; median.
	RestartClean = 463 * time.Millisecond
	// RestartKilled is the same after SIGKILL in a cluster of several
	// CockroachDB nodes: recorded 6.0, 6.3, 4.3, 5.2, 2.1, 1.3 s; median.
	RestartKilled = 4800 * time.Millisecond
	// RestartKilledAlone is the same for a cluster of one: 0.37, 0.31 s.
	RestartKilledAlone = 340 * time.Millisecond
	// JoinPoll is how often a waiting node asks a peer: recorded once a second.
	JoinPoll = time.Second
	// InitRetry is how often `init` tries again: recorded once a second.
	InitRetry = time.Second
	// DrainTotal is the time from SIGTERM to exit with a quorum: recorded
	// 4.44, 1.46 and 1.67 s; median.
	DrainTotal = 1670 * time.Millisecond
	// DrainAlone is the same for a cluster of one: 0.22 s in a recorded log.
	DrainAlone = 220 * time.Millisecond
	// DrainCommand is how long `node drain` takes: recorded 2.3 s, and 1.1 s
	// when the node was drained already.
	DrainCommand      = 2300 * time.Millisecond
	DrainCommandAgain = 1100 * time.Millisecond
	// SuspectWarning is when an uninitialised node warns that it cannot reach
	// a cluster: recorded 30 s after the start.
	SuspectWarning = 30 * time.Second
	// DialTimeout is how long a client waits for a server that accepts and
	// says nothing: recorded 15 s.
	DialTimeout = 15 * time.Second
	// LivenessExpiry and LivenessBeat: a liveness record lasts 9 s and is
	// renewed at half of that.
	LivenessExpiry = 9 * time.Second
	LivenessBeat   = 4500 * time.Millisecond
	// PeerPing is how often CockroachDB nodes exchange what they know.
	// Unrecorded: gossip is continuous in the real program.
	PeerPing = 500 * time.Millisecond
	// StaleAvailable is for how long a lost peer still counts as available
	// and live in metrics after its record expired: recorded is_live false at
	// 4.7 s, livenodes 2 from 7.8 s after the kill.
	StaleAvailable = 2500 * time.Millisecond
	// WobbleFrom and StaleAvailable bound the moment in which one survivor
	// reports itself unhealthy (503, livenodes 0): recorded at 6.3 s, where
	// the record had expired at 4.7 s.
	WobbleFrom = 1000 * time.Millisecond
	// UnderReplicatedAfter is how long after the expiry of a lost peer its
	// ranges count as under-replicated: recorded between 18.3 and 19.8 s
	// after a kill whose expiry was seen at 4.7 s.
	UnderReplicatedAfter = 14 * time.Second
	// HealedAfterReturn is how long the ranges of a member that was lost stay
	// under-replicated once it is back. Unrecorded.
	HealedAfterReturn = 8 * time.Second
	// StoreDead is when a lost member's replicas are given up: the real
	// program's documented default of 5 minutes.
	StoreDead = 5 * time.Minute
	// Finalise is for how long nothing may stand against it before the
	// cluster's version rises by itself. Unrecorded.
	Finalise = 3 * time.Second
	// StatusPublished is how often node status is published for SQL: 10 s.
	StatusPublished = 10 * time.Second
	// DecommissionTotal is how long the replicas of one of four CockroachDB
	// nodes take to move: recorded 38.8 s.
	DecommissionTotal = 38 * time.Second
	// DecommissionPoll is how often `node decommission` looks: a dot about
	// once a tenth of a second to a second was recorded; a look each 0.5 s.
	DecommissionPoll = 500 * time.Millisecond
)

// Healing is one step of the recorded up-replication after init: from After
// on, Left ranges are under-replicated.
type Healing struct {
	After time.Duration
	Left  int
}

// HealingSteps is the recorded course of ranges_underreplicated of the first
// CockroachDB node of an empty cluster of three.
func HealingSteps() []Healing {
	return []Healing{
		{0, 36},
		{11700 * time.Millisecond, 17},
		{20800 * time.Millisecond, 11},
		{32100 * time.Millisecond, 4},
		{41100 * time.Millisecond, 0},
	}
}
