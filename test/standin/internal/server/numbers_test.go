package server

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/agree"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/delays"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/state"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// settled is a cluster of some nodes that has been up for an hour, as node 1
// sees it.
func settled(t *testing.T, size int) (*Server, view) {
	t.Helper()
	now := time.Now()
	s := &Server{state: state.New(), ready: make(chan struct{})}
	close(s.ready)
	slot := uint64(0)
	apply := func(kind string, m state.Member) {
		slot++
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		s.state.Apply(slot, agree.Entry{Kind: kind, Data: data})
	}
	v := view{now: now, self: 1, born: now.Add(-time.Hour), heard: map[int]wire.Liveness{}, back: map[int]time.Time{}, quorum: true}
	for id := 1; id <= size; id++ {
		m := state.Member{ID: id, Token: string(rune('a' + id)), At: v.born, Replication: defaultReplication, Release: "v21.1.2"}
		if id == 1 {
			apply(state.KindBootstrap, m)
		} else {
			apply(state.KindJoin, m)
		}
		apply(state.KindUp, m)
		v.heard[id] = wire.Liveness{ID: id, Started: v.born, Expiration: now.Add(delays.LivenessExpiry)}
		v.live = append(v.live, id)
	}
	v.nodes = s.state.Nodes()
	return s, v
}

// expired makes a node's record expire some time ago.
func (v *view) expired(id int, ago time.Duration) {
	l := v.heard[id]
	l.Expiration = v.now.Add(-ago)
	v.heard[id] = l
}

func TestUnderReplicated_whileAMemberIsLostAndShortlyAfter(t *testing.T) {
	s, v := settled(t, 3)
	look := func(what string, low, high int) {
		t.Helper()
		if n := s.numbers(v).underReplicated; n < low || n > high {
			t.Errorf("%s: %d, want %d to %d", what, n, low, high)
		}
	}
	look("all are there", 0, 0)
	v.live = []int{1, 2}
	v.expired(3, delays.UnderReplicatedAfter-time.Second)
	look("not noticed yet", 0, 0)
	v.expired(3, delays.UnderReplicatedAfter+time.Second)
	look("lost", systemRanges/2, systemRanges/2)
	v.nodes[2].Voter = false // after delays.StoreDead
	v.expired(3, 2*delays.StoreDead)
	look("lost for good, and no other to take its place", systemRanges/2, systemRanges/2)
	v.nodes[2].Voter, v.live = true, []int{1, 2, 3}
	v.expired(3, -delays.LivenessExpiry)
	v.back[3] = v.now.Add(-delays.HealedAfterReturn / 2)
	look("back", 1, systemRanges/3-1)
	v.back[3] = v.now.Add(-delays.HealedAfterReturn)
	look("healed", 0, 0)
}

func TestUnderReplicated_notByWhatWasDecommissioned(t *testing.T) {
	s, v := settled(t, 4)
	v.live = []int{1, 2, 3}
	v.expired(4, delays.UnderReplicatedAfter+time.Second)
	n := &v.nodes[3]
	n.Membership, n.Changed = state.Decommissioning, v.now.Add(-delays.DecommissionTotal/2)
	if got := s.numbers(v).underReplicated; got == 0 || got >= systemRanges/3 {
		t.Errorf("half decommissioned and lost: %d", got)
	}
	n.Changed = v.now.Add(-delays.DecommissionTotal)
	if got := s.numbers(v).underReplicated; got != 0 {
		t.Errorf("its replicas are elsewhere: %d", got)
	}
	n.Membership = state.Decommissioned
	if got := s.numbers(v).underReplicated; got != 0 {
		t.Errorf("decommissioned: %d", got)
	}
}

func TestReplicas_haveNowhereToGo(t *testing.T) {
	s, v := settled(t, 4)
	n := &v.nodes[3]
	n.Membership, n.Changed = state.Decommissioning, v.now.Add(-2*delays.DecommissionTotal)
	v.self = 4
	if got := s.replicas(v, systemRanges); got != 0 {
		t.Errorf("three others take them: %d left", got)
	}
	v.expired(3, delays.UnderReplicatedAfter+time.Second)
	if got := s.replicas(v, systemRanges); got != systemRanges {
		t.Errorf("one of three others is lost: %d left", got)
	}
}
