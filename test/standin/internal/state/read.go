package state

import (
	"maps"
	"slices"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/minisql"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// voters are the IDs of those whose majority decides.
func (s *State) voters() []int {
	var out []int
	for id, n := range s.nodes {
		if n.Voter {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// Voters implements agree.Machine.
func (s *State) Voters() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.voters()
}

// Cluster is the cluster's ID; empty before the first entry.
func (s *State) Cluster() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cluster
}

// Replication is how many replicas a range has.
func (s *State) Replication() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.replication
}

// HealFrom is when up-replication could begin; zero if it could not yet.
func (s *State) HealFrom() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.healFrom
}

// Nodes are all nodes by ID, copied.
func (s *State) Nodes() []Node {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Node
	for _, id := range slices.Sorted(maps.Keys(s.nodes)) {
		out = append(out, *s.nodes[id])
	}
	return out
}

// Node is one node, copied; ok is false where there is none.
func (s *State) Node(id int) (n Node, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nodes[id] == nil {
		return Node{}, false
	}
	return *s.nodes[id], true
}

// Refusal is the answer to a node that was removed, or nil.
func (s *State) Refusal(id int) *wire.Error {
	if n, ok := s.Node(id); ok && n.Membership == Decommissioned {
		return removed(&n)
	}
	return nil
}

// Read runs f on the data.
func (s *State) Read(f func(db *minisql.DB)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.db)
}

// Version is the cluster's version.
func (s *State) Version() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.db.Version()
}

// Belongs says whether the node counts as one of the cluster's: it was up
// once, and was not removed.
func (n Node) Belongs() bool { return !n.Joined.IsZero() && n.Membership != Decommissioned }

// binaries are those of the nodes that belong to the cluster, as they were at
// their last start.
func (s *State) binaries() []minisql.NodeSeries {
	var out []minisql.NodeSeries
	for _, id := range slices.Sorted(maps.Keys(s.nodes)) {
		if n := s.nodes[id]; n.Belongs() {
			out = append(out, minisql.NodeSeries{ID: id, Series: n.Release.Series()})
		}
	}
	return out
}
