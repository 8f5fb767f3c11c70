// Package state is what the CockroachDB nodes of a stand-in cluster agree on:
// who belongs to it, and the data. It changes only by entries of the log.
package state

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/agree"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/minisql"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/release"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// Kinds of entries.
const (
	KindBootstrap  = "bootstrap"  // Member with Cluster and Replication: a new cluster
	KindJoin       = "join"       // Member: gives out a node ID
	KindUp         = "up"         // Member: a node started; it votes from now on
	KindDemote     = "demote"     // Member: a node is lost for good and votes no more
	KindDraining   = "draining"   // Member: a node drains
	KindMembership = "membership" // Membership
	KindSQL        = "sql"        // SQL
	KindNothing    = "nothing"    // settles what is under way
)

// Memberships of a CockroachDB node.
const (
	Active          = "active"
	Decommissioning = "decommissioning"
	Decommissioned  = "decommissioned"
)

// Member is the data of the entries about one node.
type Member struct {
	ID          int             `json:"id,omitempty"`
	Token       string          `json:"token,omitempty"`
	Addr        string          `json:"addr,omitempty"`
	Locality    string          `json:"locality,omitempty"`
	At          time.Time       `json:"at"`
	Cluster     string          `json:"cluster,omitempty"`
	Replication int             `json:"replication,omitempty"`
	Release     release.Release `json:"release,omitempty"` // of its binary
}

// Membership is the data of a change of membership.
type Membership struct {
	IDs []int     `json:"ids"`
	To  string    `json:"to"`
	At  time.Time `json:"at"`
}

// SQL is the data of a statement that writes.
type SQL struct {
	Text     string          `json:"text"`
	User     string          `json:"user"`
	Insecure bool            `json:"insecure,omitempty"`
	Database string          `json:"database"`
	Release  release.Release `json:"release"`        // of the node that was asked
	Away     []int           `json:"away,omitempty"` // members that it does not see running
	At       time.Time       `json:"at"`
}

// SQLDone is the result of a SQL entry.
type SQLDone struct {
	Result wire.Result
	Err    error
}

// Node is one CockroachDB node of the cluster.
type Node struct {
	ID         int
	Addr       string
	Locality   string
	Release    release.Release // of its last start
	Voter      bool
	Membership string
	Changed    time.Time // of Membership
	Draining   bool
	DrainSlot  uint64 // where in the log its drain stands
	Started    time.Time
	Joined     time.Time // first start
	Starts     int
}

// State is the agreed state; its methods may be called from any goroutine.
type State struct {
	mu          sync.Mutex
	cluster     string
	replication int
	nodes       map[int]*Node
	tokens      map[string]int
	healFrom    time.Time // when replicas found enough nodes to go to
	db          *minisql.DB
}

// New is the state before the first entry.
func New() *State {
	return &State{nodes: map[int]*Node{}, tokens: map[string]int{}, db: minisql.NewDB()}
}

// Apply changes the state by one entry. The result depends on the kind: an
// error, a node ID, SQLDone, or nothing.
func (s *State) Apply(slot uint64, e agree.Entry) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var m Member
	switch e.Kind {
	case KindSQL:
		var q SQL
		if err := json.Unmarshal(e.Data, &q); err != nil {
			return SQLDone{Err: err}
		}
		return s.sql(q)
	case KindMembership:
		var c Membership
		if err := json.Unmarshal(e.Data, &c); err != nil {
			return err
		}
		return s.membership(c)
	case KindNothing:
		return nil
	}
	if err := json.Unmarshal(e.Data, &m); err != nil {
		return err
	}
	switch e.Kind {
	case KindBootstrap:
		s.cluster, s.replication = m.Cluster, m.Replication
		s.db.Found(m.Release.Series())
		return s.join(m)
	case KindJoin:
		return s.join(m)
	case KindUp:
		return s.up(m)
	}
	n := s.nodes[m.ID]
	if n == nil {
		return wire.Errorf("", "node %d doesn't exist", m.ID)
	}
	switch e.Kind {
	case KindDemote:
		n.Voter = false
	case KindDraining:
		if !n.Draining {
			n.Draining, n.DrainSlot = true, slot
		}
	}
	return nil
}

// join gives out a node ID, the same for the same token. The first node votes
// at once: there is nobody else to decide.
func (s *State) join(m Member) any {
	if id := s.tokens[m.Token]; id != 0 {
		return id
	}
	id := len(s.nodes) + 1
	s.tokens[m.Token] = id
	s.nodes[id] = &Node{ID: id, Addr: m.Addr, Membership: Active, Voter: id == 1}
	return id
}

func (s *State) up(m Member) any {
	n := s.nodes[m.ID]
	if n == nil {
		return wire.Errorf("", "node %d doesn't exist", m.ID)
	}
	if n.Membership == Decommissioned {
		return removed(n)
	}
	n.Addr, n.Locality, n.Release, n.Voter, n.Draining, n.Started = m.Addr, m.Locality, m.Release, true, false, m.At
	n.Starts++
	if n.Joined.IsZero() {
		n.Joined = m.At
	}
	if s.healFrom.IsZero() && len(s.voters()) >= s.replication {
		s.healFrom = m.At
	}
	return nil
}

func (s *State) membership(c Membership) any {
	if slices.ContainsFunc(c.IDs, func(id int) bool { return s.nodes[id] == nil }) {
		return wire.Errorf("", "node does not exist")
	}
	for _, id := range c.IDs {
		n := s.nodes[id]
		switch {
		case n.Membership == c.To, n.Membership == Decommissioned && c.To == Decommissioning:
			continue
		case n.Membership == Decommissioned:
			return wire.Errorf("", "can only recommission a decommissioning node; n%d found to be decommissioned", id)
		}
		n.Membership, n.Changed = c.To, c.At
		if c.To == Decommissioned {
			n.Voter = false
		}
	}
	return nil
}

// removed is what members answer to a decommissioned node.
func removed(n *Node) *wire.Error {
	return wire.Errorf("PermissionDenied", "rpc error: code = PermissionDenied desc = n%d was permanently removed from the cluster at %s; it is not allowed to rejoin the cluster",
		n.ID, n.Changed.UTC().Format("2006-01-02 15:04:05.999999999 -0700 MST"))
}

func (s *State) sql(q SQL) SQLDone {
	list, perr := minisql.Parse(q.Text)
	if perr != nil {
		return SQLDone{Err: perr}
	}
	var done SQLDone
	for _, st := range list {
		env := minisql.Env{
			ClusterID: s.cluster, User: q.User, Database: q.Database, Insecure: q.Insecure, Now: q.At,
			Release: q.Release, Nodes: s.binaries(), Away: q.Away,
		}
		if done.Result, done.Err = s.db.Execute(st, env); done.Err != nil {
			break
		}
	}
	return done
}
