package server

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/agree"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/delays"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/state"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

func mkdir(path string) error { return os.MkdirAll(path, 0o755) }

// newID is a random UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// entry makes an entry of the log.
func entry(kind string, data any) agree.Entry {
	b, _ := json.Marshal(data)
	return agree.Entry{ID: newID(), Kind: kind, Data: b}
}

// live is the node's life: it gets an identity, then serves.
func (s *Server) live(ctx context.Context) {
	status, readyAt := s.becomeMember(ctx)
	if ctx.Err() != nil {
		return
	}
	s.log.setNode(s.id())
	s.log.infof("1@server/server.go:1552", "connecting to gossip network to verify cluster ID ‹%q›", s.state.Cluster())
	go s.gossip(ctx)
	s.log.infof("server/node.go:388", "initialized store s%d", s.id())
	s.log.infof("1@server/server.go:1682", "starting http server at ‹%s› (use: ‹%s›)", s.cfg.HTTP, s.cfg.httpAdvertise())
	s.log.infof("1@server/server.go:1689", "starting grpc/postgres server at ‹%s›", s.cfg.Listen)
	s.log.infof("1@server/server.go:1690", "advertising CockroachDB node at ‹%s›", s.cfg.Advertise)
	if !s.comeUp(ctx) {
		return
	}
	s.log.infof("1@server/server.go:1555", "node connected via gossip")
	pause(readyAt)
	s.serve(ctx, status)
}

// becomeMember returns when the node has an identity: its old one, one of a
// new cluster, or one that a member gave it. readyAt is when the real program
// would be ready.
func (s *Server) becomeMember(ctx context.Context) (status string, readyAt time.Time) {
	switch {
	case s.restarted:
		return statusRestarted, s.born.Add(s.restartDelay())
	case s.cfg.Mode == StartSingleNode:
		_ = s.bootstrap(1)
		return statusNewCluster, s.born.Add(delays.SingleReady)
	}
	s.log.shout('I', "1@cli/start.go:467", waitingForInit)
	s.log.infof("server/init.go:196", "no stores initialized")
	s.log.infof("server/init.go:197", "awaiting `cockroach init` or join with an already initialized node")
	joining, stop := context.WithCancel(ctx)
	defer stop()
	go s.joinLoop(joining)
	suspect := time.NewTimer(delays.SuspectWarning)
	defer suspect.Stop()
	for {
		select {
		case <-suspect.C:
			s.log.shout('W', "1@cli/start.go:498", fmt.Sprintf(cannotReach, s.cfg.Build.Tag.Series()))
			continue
		case <-ctx.Done():
			return "", time.Time{}
		case <-s.initialised:
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.initAt.IsZero() {
			return statusNewCluster, s.initAt.Add(delays.FirstReady)
		}
		return statusJoined, time.Now().Add(delays.JoinedReady)
	}
}

func (s *Server) restartDelay() time.Duration {
	switch {
	case s.store.Clean:
		return delays.RestartClean
	case len(s.state.Voters()) > 1:
		return delays.RestartKilled
	}
	return delays.RestartKilledAlone
}

var errInitialised = errors.New("cluster has already been initialized")

// bootstrap makes a new cluster of this node.
func (s *Server) bootstrap(replication int) error {
	m := state.Member{Token: s.token, Addr: s.cfg.Advertise, At: time.Now(), Cluster: newID(), Replication: replication, Release: s.cfg.Build.Tag}
	if err := s.adopt(identity{m.Cluster, 1, s.token}, []agree.Entry{entry(state.KindBootstrap, m)}); err != nil {
		return err
	}
	s.log.infof("server/init.go:261", "cluster ‹%s› has been created", m.Cluster)
	s.log.infof("server/init.go:262", "allocated node ID: n1 (for self)")
	s.log.infof("server/init.go:263", "active cluster version: %s", s.state.Version())
	return nil
}

// adopt gives this node an identity, once.
func (s *Server) adopt(id identity, entries []agree.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.identity.NodeID != 0 {
		return errInitialised
	}
	for i, e := range entries {
		if err := s.agree.Learn(uint64(i)+1, e); err != nil {
			return err
		}
	}
	b, err := json.Marshal(id)
	if err != nil {
		return err
	}
	if err := s.store.Append(append([]byte{identityMark}, b...), agree.Durable); err != nil {
		return err
	}
	s.identity = id
	s.agree.SetSelf(id.NodeID)
	if id.NodeID == 1 {
		s.initAt = time.Now()
	}
	close(s.initialised)
	return nil
}

// joinLoop asks the peers for a node ID: all of them at first, then one a
// second in turn.
func (s *Server) joinLoop(ctx context.Context) {
	others := slices.DeleteFunc(slices.Clone(s.cfg.Join), func(addr string) bool {
		return addr == s.cfg.Advertise || addr == s.cfg.Listen
	})
	if len(others) == 0 {
		return
	}
	tick := time.NewTicker(delays.JoinPoll)
	defer tick.Stop()
	for n := 0; ; n++ {
		switch s.tryJoin(others[n%len(others)]) {
		case notYet:
		case joined:
			return
		case itself:
			others = slices.Delete(others, n%len(others), n%len(others)+1)
			if len(others) == 0 {
				return
			}
			n--
			continue
		}
		if n < len(others)-1 {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// joinResult is the end of one question for a node ID.
type joinResult int

const (
	notYet joinResult = iota
	joined
	itself // the address is this very process under another name
)

func (s *Server) tryJoin(addr string) joinResult {
	var got wire.Joined
	err := s.peers.call(addr, s.request(wire.OpJoin), wire.Join{Token: s.token, Addr: s.cfg.Advertise}, &got, 2*time.Second)
	if isClosed(s.initialised) {
		return joined
	}
	var e *wire.Error
	switch {
	case errors.As(err, &e) && e.Code == codeWaiting && e.Details == s.token:
		return itself
	case errors.As(err, &e) && e.Code == codeWaiting:
		s.log.infof("server/init.go:410", "‹%s› is itself waiting for init, will retry", addr)
		return notYet
	case err != nil:
		s.log.warnf("server/init.go:422", "outgoing join rpc to ‹%s› unsuccessful: ‹%s›", addr, grpcText(err))
		if errors.As(err, &e) && strings.HasSuffix(e.Text, tooOldToJoin) {
			s.end(errors.New(exitedWith + tooOldToJoin))
		}
		return notYet
	}
	if err := s.fits(got.Version); err != nil {
		s.end(err)
		return notYet
	}
	var entries []agree.Entry
	if err := json.Unmarshal(got.Log, &entries); err != nil {
		s.log.warnf("server/init.go:422", "outgoing join rpc to ‹%s› unsuccessful: ‹%v›", addr, err)
		return notYet
	}
	if err := s.adopt(identity{got.Cluster, got.NodeID, s.token}, entries); err != nil {
		if errors.Is(err, errInitialised) {
			return joined
		}
		s.log.warnf("server/init.go:422", "joined cluster ‹%s›, but its log cannot be kept: %v", got.Cluster, err)
		return notYet
	}
	s.log.infof("server/init.go:430", "joined cluster ‹%s› through join rpc", got.Cluster)
	return joined
}

// grpcText words a connection error as gRPC does.
func grpcText(err error) string {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e.Text
	}
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		return "rpc error: code = Unavailable desc = connection closed"
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return fmt.Sprintf("rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing %s\"", err)
	}
	if verify, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		err = verify.Err
	}
	return fmt.Sprintf("rpc error: code = Unavailable desc = connection error: desc = \"transport: authentication handshake failed: %s\"", err)
}

// comeUp tells the cluster that this node runs; that takes a majority. It
// reports false where the process ends first; a removed node waits for that.
func (s *Server) comeUp(ctx context.Context) bool {
	m := state.Member{
		ID: s.id(), Addr: s.cfg.Advertise, Locality: s.cfg.Locality, At: time.Now(), Release: s.cfg.Build.Tag,
	}
	result, err := s.agree.Propose(ctx, entry(state.KindUp, m))
	if err != nil {
		return false
	}
	if refusal, ok := result.(*wire.Error); ok {
		s.refuse(refusal.Text)
		<-ctx.Done()
		return false
	}
	s.mu.Lock()
	s.beat.Started = m.At
	s.mu.Unlock()
	return s.firstBeat(ctx)
}

// serve is the end of startup.
func (s *Server) serve(ctx context.Context, status string) {
	s.publish()
	go s.publishLoop(ctx)
	close(s.ready)
	s.pingAll()
	s.log.infof("1@server/server.go:2083", "serving sql connections")
	s.log.printf('I', "1@cli/start.go:676", "config", "clusterID: ‹%s›", s.state.Cluster())
	s.log.printf('I', "1@cli/start.go:676", "config", "nodeID: n%d", s.id())
	banner := s.banner(status, time.Now())
	s.log.printf('I', "1@cli/start.go:686", "-", "node startup completed:\n%s", banner)
	if s.cfg.Sink == ToFile {
		fmt.Fprintln(s.cfg.Stdout, banner)
	}
}
