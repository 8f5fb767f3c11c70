package server

import (
	"context"
	"slices"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/delays"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/minisql"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/state"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// systemRanges is how many ranges an empty cluster of v21.1.2 has.
const systemRanges = 36

// numbers are this node's own: ranges it leads, replicas it holds, and what is
// wrong with those it leads.
type numbers struct {
	leads, replicas, unavailable, underReplicated int
	liveBytes                                     int64
}

// numbers computes what the real program would report. Of these only the
// number of tables is real; the rest follows the recorded courses.
func (s *Server) numbers(v view) numbers {
	var n numbers
	total := systemRanges
	s.state.Read(func(db *minisql.DB) { total, n.liveBytes = total+db.Tables(), db.Bytes() })
	n.liveBytes += 370087 // recorded for an empty cluster
	n.replicas = s.replicas(v, total)
	share := shares(total, v.leaders(s.state.Replication()))
	n.leads = share[v.self]
	if !isClosed(s.ready) {
		return n
	}
	if !v.quorum {
		n.unavailable = shares(total, v.live)[v.self]
		if !v.isLive(v.self) {
			n.unavailable = total
		}
	}
	n.underReplicated = s.underReplicated(v, total)
	return n
}

// leaders are the live members that lead ranges: not those that just started,
// where there are others.
func (v view) leaders(replication int) []int {
	var out []int
	for _, id := range v.live {
		if replication == 1 || v.now.Sub(v.heard[id].Started) >= delays.StatusPublished {
			out = append(out, id)
		}
	}
	if len(out) == 0 && len(v.live) > 0 {
		return v.live[:1]
	}
	return out
}

// shares splits total among the IDs; the first ones get the rest.
func shares(total int, ids []int) map[int]int {
	out := map[int]int{}
	for i, id := range ids {
		out[id] = total / len(ids)
		if i < total%len(ids) {
			out[id]++
		}
	}
	return out
}

// missing is how many ranges have too few replicas after init.
func (s *Server) missing(v view, total int) int {
	from := s.state.HealFrom()
	if s.state.Replication() == 1 {
		return 0
	}
	if from.IsZero() {
		return total
	}
	left := 0
	for _, step := range delays.HealingSteps() {
		if v.now.Sub(from) >= step.After {
			left = step.Left
		}
	}
	if left == systemRanges {
		return total
	}
	return left
}

// underReplicated is the part of it that this node reports: that of the first
// live node after init, and a share of the ranges of members that are lost, or
// that are back since a moment.
func (s *Server) underReplicated(v view, total int) int {
	if s.state.Replication() == 1 || len(v.live) == 0 {
		return 0
	}
	if lost := s.lost(v, total); lost > 0 {
		return shares(lost, v.live)[v.self]
	}
	if v.live[0] != v.self {
		return 0
	}
	return s.missing(v, total)
}

// lost is how many ranges lack the replicas of members that are away, or were.
// What others hold already is not lost: the replicas of a node that is being
// decommissioned go, and those of one that has lost its vote are elsewhere, if
// there is where.
func (s *Server) lost(v view, total int) int {
	sum := 0
	elsewhere := len(v.takers()) >= s.state.Replication()
	for _, n := range v.nodes {
		if n.ID == v.self || !n.Belongs() || !n.Voter && elsewhere {
			continue
		}
		seen := v
		seen.self = n.ID
		held := float64(s.replicas(seen, total))
		switch back := v.now.Sub(v.back[n.ID]); {
		case v.goneFor(n.ID) > delays.UnderReplicatedAfter:
			sum += int(held)
		case back < delays.HealedAfterReturn:
			sum += int(held * (1 - float64(back)/float64(delays.HealedAfterReturn)))
		}
	}
	return min(sum, total)
}

// replicas is how many replicas this node holds.
func (s *Server) replicas(v view, total int) int {
	rf := s.state.Replication()
	var active []state.Node
	self := state.Node{}
	for _, n := range v.nodes {
		if n.ID == v.self {
			self = n
		}
		if n.Membership == state.Active && !n.Joined.IsZero() {
			active = append(active, n)
		}
	}
	switch {
	case self.Membership == state.Decommissioned, self.Joined.IsZero():
		return 0
	case self.Membership == state.Decommissioning:
		return leaving(v, self, total, len(v.takers()) >= rf)
	case rf == 1 && self.ID > 1:
		return 0
	case len(active) <= rf && self.ID > 1 && self.ID <= rf:
		return total - s.missing(v, total)
	case len(active) <= rf:
		return arrived(v, self, total, rf)
	}
	return balanced(v, self, active, total, rf)
}

// leaving: the replicas of a decommissioning node go, if there is where to.
func leaving(v view, n state.Node, total int, room bool) int {
	if !room {
		return total
	}
	left := 1 - float64(v.now.Sub(n.Changed))/float64(delays.DecommissionTotal)
	return max(0, int(float64(total)*left+0.999))
}

// settle is how long a new node takes to get its replicas: recorded 10 of 37
// after 4.5 s.
const settle = 17 * time.Second

// arrived: a later node fills up as fast as recorded.
func arrived(v view, n state.Node, total, rf int) int {
	if n.ID <= rf {
		return total
	}
	return min(total, int(float64(total)*float64(v.now.Sub(n.Joined))/float64(settle)))
}

// balanced: more nodes than replicas share them; the newest fills up while the
// others give.
func balanced(v view, n state.Node, active []state.Node, total, rf int) int {
	newest := slices.MaxFunc(active, func(a, b state.Node) int { return a.Joined.Compare(b.Joined) })
	done := min(1, float64(v.now.Sub(newest.Joined))/float64(settle))
	goal := float64(total*rf) / float64(len(active))
	if n.ID == newest.ID {
		return int(goal * done)
	}
	before := min(float64(total), float64(total*rf)/float64(max(1, len(active)-1)))
	return int(before - (before-goal)*done + 0.999)
}

// publish puts the numbers where SQL sees them.
func (s *Server) publish() {
	v := s.view()
	n := s.numbers(v)
	total, free := s.space.get(s)
	stats := wire.NodeStats{
		At: v.now, Leaders: n.leads, Leaseholders: n.leads, Ranges: n.replicas, Unavailable: n.unavailable,
		UnderReplicated: n.underReplicated, LiveBytes: n.liveBytes,
		Capacity: total, Available: free, Used: s.store.Used(),
	}
	if !isClosed(s.ready) {
		stats.UnderReplicated, stats.Ranges, stats.Leaders, stats.Leaseholders = 0, 0, 0, 0 // as recorded for the first 10 s
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.beat.Published = stats
}

func (s *Server) publishLoop(ctx context.Context) {
	tick := time.NewTicker(delays.StatusPublished)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.publish()
		case <-ctx.Done():
			return
		}
	}
}
