package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/delays"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/state"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// ping is what this node says about itself.
func (s *Server) ping() wire.Ping {
	s.mu.Lock()
	l := s.beat
	l.ID, l.Addr = s.identity.NodeID, s.cfg.Advertise
	s.mu.Unlock()
	if n, ok := s.state.Node(l.ID); ok {
		l.Epoch, l.Draining = max(1, n.Starts), n.Draining
	}
	return wire.Ping{Liveness: l, Chosen: s.agree.Chosen()}
}

// hear takes what another node says about itself.
func (s *Server) hear(p wire.Ping) {
	id := p.Liveness.ID
	s.mu.Lock()
	if id == s.identity.NodeID || id == 0 {
		s.mu.Unlock()
		return
	}
	s.book[id] = p.Liveness.Addr
	old := s.heard[id].Expiration
	switch now := time.Now(); {
	case p.Liveness.Expiration.Before(old):
		p.Liveness.Expiration = old // a restarted one has not renewed its record yet
	case !old.IsZero() && now.Sub(old) > delays.UnderReplicatedAfter && now.Before(p.Liveness.Expiration):
		s.back[id] = now
	}
	s.heard[id] = p.Liveness
	s.mu.Unlock()
	if p.Chosen > s.agree.Chosen() {
		go s.agree.CatchUp(id)
	}
}

// targets are the addresses to ping: all members, and, as long as none of them
// answers, the join list.
func (s *Server) targets(alone bool) []string {
	self := s.id()
	seen := map[string]bool{s.cfg.Advertise: true, s.cfg.Listen: true}
	var out []string
	add := func(addr string) {
		if addr != "" && !seen[addr] {
			seen[addr] = true
			out = append(out, addr)
		}
	}
	for _, n := range s.state.Nodes() {
		if n.ID != self && n.Membership != state.Decommissioned {
			add(s.addrOf(n.ID))
		}
	}
	if alone {
		for _, addr := range s.cfg.Join {
			add(addr)
		}
	}
	return out
}

// pingAll pings everybody once and returns the IDs that answered.
func (s *Server) pingAll() map[int]bool {
	answered := s.pingThese(s.targets(false))
	if len(answered) == 0 {
		answered = s.pingThese(s.targets(true))
	}
	return answered
}

func (s *Server) pingThese(addrs []string) map[int]bool {
	var mu sync.Mutex
	var wg sync.WaitGroup
	answered := map[int]bool{}
	for _, addr := range addrs {
		wg.Go(func() {
			var p wire.Ping
			err := s.peers.call(addr, s.request(wire.OpPing), s.ping(), &p, time.Second)
			s.noteRefusal(err)
			if err != nil {
				s.logGossip(addr, err)
				return
			}
			s.hear(p)
			mu.Lock()
			defer mu.Unlock()
			if p.Liveness.ID != s.id() {
				answered[p.Liveness.ID] = true
			}
		})
	}
	wg.Wait()
	return answered
}

// logGossip words a failed ping as the real program words failed gossip.
func (s *Server) logGossip(addr string, err error) {
	var e *wire.Error
	if errors.As(err, &e) && e.Code == codeWaiting {
		s.log.infof("gossip/client.go:131", "closing client to ‹%s›: ‹rpc error: code = Unknown desc = gossip connection refused from different cluster %s›", addr, s.state.Cluster())
		return
	}
	s.log.warnf("gossip/client.go:118", "failed to start gossip client to ‹%s›: ‹initial connection heartbeat failed›: ‹%s›", addr, grpcText(err))
}

// gossip pings for ever, and renews the liveness record while a majority
// answers. Only members that are up renew it.
func (s *Server) gossip(ctx context.Context) {
	tick := time.NewTicker(delays.PeerPing)
	defer tick.Stop()
	failed := time.Time{}
	var free time.Time // since when nothing has stood against a newer version
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// Lost peers are asked, and logged, once a second, as recorded.
		if time.Since(failed) < time.Second-delays.PeerPing/2 {
			continue
		}
		answered := s.pingAll()
		if len(answered) < len(s.targets(false)) || len(answered) == 0 {
			failed = time.Now()
		}
		s.renew(answered)
		s.demoteLost(ctx)
		free = s.finalise(ctx, free)
	}
}

// renew extends the record when it is time to and a majority answered.
func (s *Server) renew(answered map[int]bool) bool {
	voters := s.state.Voters()
	self := s.id()
	n := 0
	for _, v := range voters {
		if v == self || answered[v] {
			n++
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.beat.Started.IsZero() || s.refused != "" || n < len(voters)/2+1 {
		return false
	}
	if time.Since(s.lastBeat) >= delays.LivenessBeat {
		s.lastBeat = time.Now()
		s.beat.Expiration = s.lastBeat.Add(delays.LivenessExpiry)
	}
	return true
}

// firstBeat writes the first liveness record after a start.
func (s *Server) firstBeat(ctx context.Context) bool {
	tick := time.NewTicker(delays.PeerPing / 5)
	defer tick.Stop()
	for !s.renew(s.pingAll()) {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	s.log.infof("1@gossip/gossip.go:1505", "node has connected to cluster via gossip")
	return true
}

// demoteLost takes the vote from a member that has been gone for long, as the
// real program moves its replicas elsewhere. The live node with the lowest ID
// does it.
func (s *Server) demoteLost(ctx context.Context) {
	v := s.view()
	if !isClosed(s.ready) || !v.quorum || len(v.live) == 0 || v.live[0] != s.id() {
		return
	}
	for _, n := range v.nodes {
		if n.Voter && v.goneFor(n.ID) > delays.StoreDead {
			bounded, cancel := context.WithTimeout(ctx, 5*time.Second)
			_, _ = s.agree.Propose(bounded, entry(state.KindDemote, state.Member{ID: n.ID, At: time.Now()}))
			cancel()
		}
	}
}
