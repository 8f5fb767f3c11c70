package server

import (
	"maps"
	"slices"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/delays"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/state"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// view is the cluster as this node sees it at one moment.
type view struct {
	now    time.Time
	self   int
	born   time.Time
	nodes  []state.Node
	heard  map[int]wire.Liveness // this node's own record included
	back   map[int]time.Time     // when others came back after a long absence
	live   []int                 // members whose record has not expired
	quorum bool                  // a majority of the voters is live
	wobble bool                  // see delays.WobbleFrom
}

func (s *Server) view() view {
	v := view{now: time.Now(), born: s.born, nodes: s.state.Nodes(), heard: map[int]wire.Liveness{}, back: map[int]time.Time{}}
	own := s.ping().Liveness
	s.mu.Lock()
	v.self = s.identity.NodeID
	maps.Copy(v.heard, s.heard)
	maps.Copy(v.back, s.back)
	s.mu.Unlock()
	v.heard[v.self] = own
	voters, up := 0, 0
	for _, n := range v.nodes {
		if n.Membership != state.Decommissioned && v.isLive(n.ID) {
			v.live = append(v.live, n.ID)
		}
		if n.Voter {
			voters++
			if v.isLive(n.ID) {
				up++
			}
		}
	}
	v.quorum = up > voters/2
	v.wobble = v.wobbles()
	return v
}

func (v view) isLive(id int) bool { return v.now.Before(v.heard[id].Expiration) }

// isAvailable is slower to notice a loss than isLive, as recorded.
func (v view) isAvailable(id int) bool {
	if id == v.self {
		return v.isLive(id) && !v.wobble
	}
	return v.now.Before(v.heard[id].Expiration.Add(delays.StaleAvailable))
}

// away are the members that are not live.
func (v view) away() []int {
	var out []int
	for _, n := range v.nodes {
		if n.Belongs() && !v.isLive(n.ID) {
			out = append(out, n.ID)
		}
	}
	return out
}

// takers are the members that replicas can go to.
func (v view) takers() []state.Node {
	return slices.DeleteFunc(slices.Clone(v.nodes), func(n state.Node) bool {
		return n.Membership != state.Active || n.Joined.IsZero() || v.goneFor(n.ID) > delays.UnderReplicatedAfter
	})
}

// goneFor is for how long a member's record has been expired. One that was
// never heard counts from this process's start.
func (v view) goneFor(id int) time.Duration {
	since := v.heard[id].Expiration
	if since.IsZero() {
		since = v.born.Add(delays.LivenessExpiry)
	}
	return max(0, v.now.Sub(since))
}

// wobbles says whether this node is the survivor that for a moment does not
// see itself: the one with the lowest ID, after the loss of a peer that did
// not drain.
func (v view) wobbles() bool {
	if !v.quorum || len(v.live) == 0 || v.live[0] != v.self || len(v.nodes) < 3 {
		return false
	}
	return slices.ContainsFunc(v.nodes, func(n state.Node) bool {
		l := v.heard[n.ID]
		since := v.now.Sub(l.Expiration)
		return n.ID != v.self && n.Voter && !n.Draining && !l.Expiration.IsZero() &&
			since >= delays.WobbleFrom && since < delays.StaleAvailable
	})
}

// liveNodes is the metric liveness_livenodes.
func (v view) liveNodes() int {
	if !v.isAvailable(v.self) {
		return 0
	}
	n := 0
	for _, m := range v.nodes {
		if m.Membership != state.Decommissioned && v.isAvailable(m.ID) {
			n++
		}
	}
	return n
}
