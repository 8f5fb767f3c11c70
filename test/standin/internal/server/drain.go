package server

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/delays"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/state"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// drainState is how far this node's drain is.
type drainState struct {
	begun    bool
	finished bool
}

// handleSignals returns the exit code when the process is to end.
func (s *Server) handleSignals(ctx context.Context) int {
	var code int
	var drained chan struct{}
	for {
		select {
		case err := <-s.fatal:
			return s.fail(err)
		case <-drained:
			s.say("server drained and shutdown completed", "1@cli/start.go:873")
			return s.interrupted(code)
		case sig := <-s.cfg.Signals:
			switch {
			case sig == syscall.SIGHUP:
				s.reloadCerts()
				continue
			case drained != nil && sig == os.Interrupt && code == 1:
				return s.interrupted(1) // the second Ctrl-C
			case drained != nil:
				s.log.printf('I', "1@cli/start.go:859", "-", "received additional signal '%v'; continuing graceful shutdown", sig)
				continue
			}
			s.log.printf('I', "1@cli/start.go:737", "-", "received signal '%v'", sig)
			if sig == os.Interrupt {
				code = 1
				fmt.Fprintln(s.cfg.Stdout, "Note: a second interrupt will skip graceful shutdown and terminate forcefully")
			}
			s.say("initiating graceful shutdown of server", "1@cli/start.go:821")
			if !isClosed(s.ready) {
				s.say("too early to drain; used hard shutdown instead", "1@cli/start.go:878")
				return s.interrupted(code)
			}
			drained = make(chan struct{})
			go func() {
				s.drain(ctx, time.Now())
				close(drained)
			}()
		}
	}
}

// say is for stdout, whatever the log's sink is.
func (s *Server) say(text, source string) {
	fmt.Fprintln(s.cfg.Stdout, text)
	s.log.printf('I', source, "-", "%s", text)
}

func (s *Server) interrupted(code int) int {
	if code == 1 {
		fmt.Fprintf(s.cfg.Stderr, "ERROR: interrupted\nFailed running %q\n", s.cfg.Mode)
	}
	return code
}

// drain hands everything over to the other members. Without a majority that
// can take it, it does not end.
func (s *Server) drain(ctx context.Context, begun time.Time) {
	s.mu.Lock()
	s.draining.begun = true
	s.mu.Unlock()
	if s.removedError() != nil {
		return // it holds nothing; recorded: a pod was gone 1.1 s after its set was scaled down
	}
	s.log.printf('I', "1@server/drain.go:157", "server drain process", "drain remaining: 21")
	if _, err := s.agree.Propose(ctx, entry(state.KindDraining, state.Member{ID: s.id(), At: begun})); err != nil {
		return
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for !s.view().handsOver(s.id()) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
	total := delays.DrainTotal
	if len(s.state.Voters()) == 1 {
		total = delays.DrainAlone
	}
	pause(begun.Add(total))
	// The last step is a write, too.
	if err := s.agree.Barrier(ctx, entry(state.KindNothing, nil)); err != nil {
		return
	}
	s.log.printf('I', "1@server/drain.go:157", "server drain process", "drain remaining: 0")
	s.mu.Lock()
	s.draining.finished = true
	s.mu.Unlock()
}

// handsOver says whether the members can take over from self. The first of
// several that drain at the same time hands over to the others; for the rest
// only members that do not drain count, and they have to be a majority by
// themselves. Recorded: of three told to stop at once, two had not after 4 s.
func (v view) handsOver(self int) bool {
	voters, staying, first := 0, 0, true
	for _, n := range v.nodes {
		if !n.Voter {
			continue
		}
		voters++
		if n.ID == self || !v.isLive(n.ID) {
			continue
		}
		switch {
		case !n.Draining:
			staying++
		case v.drainsEarlier(n.ID):
			first = false
		}
	}
	majority := voters/2 + 1
	if first {
		return v.quorum
	}
	return staying >= majority
}

// drainsEarlier says whether n's drain stands before this node's in the log.
func (v view) drainsEarlier(id int) bool {
	var own, other uint64
	for _, n := range v.nodes {
		if n.ID == v.self {
			own = n.DrainSlot
		}
		if n.ID == id {
			other = n.DrainSlot
		}
	}
	return own == 0 || other < own
}

func (s *Server) drainState() drainState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

// answerDrain is `node drain`: the process stays.
func (s *Server) answerDrain(ctx context.Context) (any, error) {
	if !isClosed(s.ready) {
		return nil, wire.Errorf("Unavailable", "node is not initialized")
	}
	if s.drainState().finished {
		pause(time.Now().Add(delays.DrainCommandAgain))
		return wire.Drained{}, nil
	}
	begun := time.Now()
	s.drain(ctx, begun)
	pause(begun.Add(delays.DrainCommand))
	return wire.Drained{Remaining: 13}, ctx.Err()
}

func (s *Server) reloadCerts() {
	if s.certs == nil {
		return
	}
	s.log.infof("1@security/certificate_manager.go:140", "received signal \"hangup\", triggering certificate reload")
	if err := s.certs.Reload(); err != nil {
		s.log.warnf("1@security/certificate_manager.go:150", "could not reload certificates: ‹%v›", err)
		s.certsEvent(fmt.Sprintf(`"ErrorMessage":%q`, "‹"+err.Error()+"›"))
		return
	}
	s.certsEvent(`"Success":true`)
}

// certsEvent: that of a failure is unrecorded.
func (s *Server) certsEvent(outcome string) {
	s.log.infof("1@util/log/event_log.go:32", `={"Timestamp":%d,"EventType":"certs_reload",%s}`, time.Now().UnixNano(), outcome)
}
