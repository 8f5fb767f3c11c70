package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/agree"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/certs"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/delays"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/state"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/store"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// Server is one CockroachDB node.
type Server struct {
	cfg   Config
	born  time.Time // start of the process
	log   *logger
	certs *certs.Dir
	store *store.Store
	state *state.State
	agree *agree.Log
	peers *pool
	space *spaceCache

	initialised chan struct{} // closed when the node has an identity
	ready       chan struct{} // closed when startup is complete
	fatal       chan error    // takes one: why the process has to end
	restarted   bool          // the store had an identity at the start
	token       string        // of this process; joins are asked for with it

	mu       sync.Mutex
	identity identity
	initAt   time.Time
	beat     wire.Liveness         // what this node says about itself
	lastBeat time.Time             // of the last renewal
	heard    map[int]wire.Liveness // what the others said
	back     map[int]time.Time     // when they came back after a long absence
	book     map[int]string        // addresses of the others
	draining drainState
	refused  string // members told this node that it was removed
	sessions map[string]bool
}

// identity is the part of the store that is this node's own.
type identity struct {
	Cluster string `json:"cluster"`
	NodeID  int    `json:"nodeID"`
	Token   string `json:"token"`
}

// identityMark tells identity records from those of the agreed log.
const identityMark = 'I'

// Run is the process: it returns the exit code. born is when it was started.
func Run(cfg Config, born time.Time) int {
	s := &Server{
		cfg: cfg, born: born, log: newLogger(cfg), state: state.New(),
		initialised: make(chan struct{}), ready: make(chan struct{}), fatal: make(chan error, 1),
		heard: map[int]wire.Liveness{}, back: map[int]time.Time{}, book: map[int]string{}, sessions: map[string]bool{},
	}
	s.space, s.token = &spaceCache{}, newID()
	if cfg.Sink == ToStderr {
		fmt.Fprintln(cfg.Stderr, "Flag --logtostderr has been deprecated, use --log instead to specify 'sinks: {stderr: {filter: ...}}'.")
	}
	if err := s.prepare(); err != nil {
		return s.fail(err)
	}
	if s.restarted = s.identity.NodeID != 0; s.restarted {
		close(s.initialised)
	}
	pause(born.Add(delays.PortsOpen))
	rpc, web, err := s.listen()
	if err != nil {
		return s.fail(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go s.serveRPC(ctx, rpc)
	go s.serveHTTP(web)
	go s.live(ctx)
	code := s.handleSignals(ctx)
	_ = rpc.Close()
	_ = web.Close()
	if err := s.store.Close(); err != nil {
		s.log.warnf("cli/start.go:880", "store: %v", err)
	}
	return code
}

// prepare checks the flags and opens certificates and store.
func (s *Server) prepare() error {
	c := s.cfg
	if err := makeLogs(c.Store); err != nil {
		return err
	}
	if err := s.log.open(c.Store); err != nil {
		return err
	}
	if c.insecure() {
		s.log.shout('W', "1@cli/start.go:992", insecureWarning(c.Listen))
		s.log.shout('I', "1@cli/start.go:1002", fmt.Sprintf(noTLSHint, c.Build.Tag.Series()))
	}
	if c.Mode == Start && len(c.Join) == 0 {
		return errors.New("no --join flags provided to 'cockroach start'\nHINT: Consider using 'cockroach init' or 'cockroach start-single-node' instead")
	}
	s.log.printf('I', "1@cli/start.go:1031", "-", "‹%s›", c.Build.Long())
	if !c.insecure() {
		var err error
		if s.certs, err = certs.OpenNode(c.CertsDir); err != nil {
			return errors.New(loadCertificates + err.Error())
		}
		s.warnAboutNames()
	}
	s.log.printf('I', "1@cli/start.go:510", "-", "starting cockroach node")
	return s.openStore()
}

func (s *Server) openStore() error {
	var err error
	s.peers = newPool(s)
	s.agree = agree.New(s.state, diskOf{s}, s.peers)
	if s.store, err = store.Open(s.cfg.Store, s.replay); err != nil {
		return err
	}
	if s.identity.NodeID != 0 {
		if err := s.fits(s.state.Version()); err != nil {
			return errors.Join(err, s.store.Leave())
		}
	}
	host, port, _ := net.SplitHostPort(s.cfg.Listen)
	for kind, addr := range map[string]string{
		"advertise": s.cfg.Advertise, "advertise-sql": s.cfg.Advertise, "http": s.cfg.httpAdvertise(),
		"listen": net.JoinHostPort(host, port), "sql": net.JoinHostPort(host, port),
	} {
		if err := s.store.WriteAddress(kind, addr); err != nil {
			return err
		}
	}
	s.log.infof("server/config.go:568", "1 storage engine‹› initialized")
	return nil
}

func (s *Server) replay(rec []byte) error {
	if len(rec) > 0 && rec[0] == identityMark {
		if err := json.Unmarshal(rec[1:], &s.identity); err != nil {
			return err
		}
		s.agree.SetSelf(s.identity.NodeID)
		return nil
	}
	return s.agree.Replay(rec)
}

// diskOf is the store as the agreed log sees it; the store is opened after the
// log, which its records fill.
type diskOf struct{ s *Server }

func (d diskOf) Append(rec []byte, sync agree.Sync) error { return d.s.store.Append(rec, sync) }

// listen opens both ports.
func (s *Server) listen() (rpc, web net.Listener, err error) {
	if rpc, err = net.Listen("tcp", s.cfg.Listen); err != nil {
		return nil, nil, errors.New(cannotDial + "consider changing the port via --listen-addr: " + err.Error())
	}
	if web, err = net.Listen("tcp", s.cfg.HTTP); err != nil {
		_ = rpc.Close()
		return nil, nil, errors.New(cannotDial + "consider changing the port via --http-addr: " + err.Error())
	}
	return rpc, web, nil
}

// exitDiskFull is the exit code of a start on a full disk; there is nothing to
// read then, since logging cannot write either.
const exitDiskFull = 6

func (s *Server) fail(err error) int {
	if errors.Is(err, syscall.ENOSPC) {
		return exitDiskFull
	}
	text := "ERROR: " + err.Error()
	if strings.Contains(text, "unable to create log directory") {
		s.log.raw(text)
	} else {
		s.log.shout('E', "1@cli/error.go:399", text)
	}
	fmt.Fprintf(s.cfg.Stderr, "%s\nFailed running %q\n", text, s.cfg.Mode)
	return 1
}

func (s *Server) warnAboutNames() {
	host, _, _ := net.SplitHostPort(s.cfg.Advertise)
	if s.certs.HasHost(host) {
		return
	}
	s.log.shout('W', "1@server/server.go:1600", fmt.Sprintf(
		"[n?] advertise address %[1]q not in node certificate (%[2]s)\n"+
			"advertise SQL address %[1]q not in node certificate (%[2]s)\n"+
			"Secure client connections are likely to fail.\n"+
			"Consider extending the node certificate or tweak --listen-addr/--advertise-addr/--sql-addr/--advertise-sql-addr.",
		host, s.certs.Names()))
}

// id is this node's ID; 0 before it has one.
func (s *Server) id() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.identity.NodeID
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// pause waits for a moment; a recorded delay, not a condition.
func pause(until time.Time) {
	if d := time.Until(until); d > 0 {
		<-time.After(d)
	}
}

func makeLogs(dir string) error {
	if err := mkdir(filepath.Join(dir, "logs")); err != nil {
		return fmt.Errorf("unable to create log directory: %w", err)
	}
	return nil
}
