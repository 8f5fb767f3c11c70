package server

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"slices"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/agree"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/certs"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/delays"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/state"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// tlsRecord is the first byte of a TLS handshake.
const tlsRecord = 0x16

func (s *Server) serveRPC(ctx context.Context, l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go s.handleConn(ctx, wire.NewConn(c))
	}
}

// link is one connection to this node.
type link struct {
	conn *wire.Conn
	// principals are whom the client's certificate speaks for; nil without one.
	principals []string
	session    *session
}

// speaksFor: the name "node" speaks for everybody.
func (l *link) speaksFor(user string) bool {
	return slices.Contains(l.principals, user) || slices.Contains(l.principals, certs.NodeUser)
}

func (s *Server) handleConn(ctx context.Context, c *wire.Conn) {
	defer c.Close()
	first, err := c.PeekByte()
	if err != nil {
		return
	}
	l := &link{conn: c}
	switch {
	case s.certs == nil && first == tlsRecord:
		rejectTLS(c)
		return
	case s.certs != nil && first != tlsRecord:
		s.rejectPlain(c)
		return
	case s.certs != nil:
		t := tls.Server(c, s.certs.Server())
		if err := t.Handshake(); err != nil {
			s.log.infof("vendor/google.golang.org/grpc/internal/channelz/logging.go:73", "‹grpc: Server.Serve failed to complete security handshake: %v›", err)
			return
		}
		if shown := t.ConnectionState().PeerCertificates; len(shown) > 0 {
			l.principals = certs.Principals(shown[0])
		}
		l.conn = wire.NewConn(t)
	default:
		l.principals = []string{certs.NodeUser} // insecure: everybody is everybody
	}
	s.converse(ctx, l)
}

// rejectTLS answers with something that is no TLS record.
func rejectTLS(c *wire.Conn) {
	_ = c.SetDeadline(time.Now().Add(time.Second))
	_ = c.Send(wire.Response{Error: wire.Errorf("", "pq: SSL is not enabled on the server")})
	if t, ok := c.Conn.(*net.TCPConn); ok {
		_ = t.CloseWrite()
	}
	_, _ = io.Copy(io.Discard, c) // else the answer may be lost to a reset
}

// rejectPlain answers sessions with a reason, and closes on everything else.
func (s *Server) rejectPlain(c *wire.Conn) {
	var req wire.Request
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if c.Receive(&req) != nil {
		return
	}
	if req.Op == wire.OpHello {
		_ = c.Send(wire.Response{Error: wire.Errorf("", "pq: node is running secure mode, SSL connection required")})
		return
	}
	s.log.infof("vendor/google.golang.org/grpc/internal/channelz/logging.go:73", "‹grpc: Server.Serve failed to complete security handshake: tls: first record does not look like a TLS handshake›")
}

// converse answers requests until the other side goes; what is under way then
// is given up.
func (s *Server) converse(ctx context.Context, l *link) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	requests := make(chan wire.Request)
	go l.read(ctx, cancel, requests)
	for {
		select {
		case <-ctx.Done():
			return
		case req := <-requests:
			body, err := s.answer(ctx, l, req)
			if ctx.Err() != nil {
				return
			}
			resp := wire.Response{}
			if err != nil {
				resp.Error = wire.AsError(err)
			} else if resp.Body, err = json.Marshal(body); err != nil {
				resp.Error = wire.AsError(err)
			}
			if l.conn.Send(resp) != nil {
				return
			}
		}
	}
}

// read passes requests on until the other side goes.
func (l *link) read(ctx context.Context, gone func(), requests chan<- wire.Request) {
	defer gone()
	for {
		var req wire.Request
		if l.conn.Receive(&req) != nil {
			return
		}
		select {
		case requests <- req:
		case <-ctx.Done():
			return
		}
	}
}

// answer answers one request.
func (s *Server) answer(ctx context.Context, l *link, req wire.Request) (any, error) {
	switch req.Op {
	case wire.OpInit, wire.OpJoin, wire.OpPing, wire.OpAgree, wire.OpDrain:
		user := certs.NodeUser
		if req.Op == wire.OpInit || req.Op == wire.OpDrain {
			user = "root"
		}
		if !l.speaksFor(user) {
			return nil, wire.Errorf("PermissionDenied", "user %s is not allowed to perform this RPC", l.principals)
		}
		return s.answerRPC(ctx, req)
	}
	return s.answerClient(ctx, l, req)
}

func (s *Server) answerRPC(ctx context.Context, req wire.Request) (any, error) {
	switch req.Op {
	case wire.OpInit:
		return s.answerInit()
	case wire.OpJoin:
		return s.answerJoin(ctx, req)
	case wire.OpDrain:
		return s.answerDrain(ctx)
	}
	if err := s.checkPeer(req); err != nil {
		return nil, err
	}
	if req.Op == wire.OpPing {
		var p wire.Ping
		if err := json.Unmarshal(req.Body, &p); err != nil {
			return nil, err
		}
		s.hear(p)
		return s.ping(), nil
	}
	var m agree.Message
	if err := json.Unmarshal(req.Body, &m); err != nil {
		return nil, err
	}
	return s.agree.Handle(m)
}

// checkPeer refuses nodes of other clusters and removed ones.
func (s *Server) checkPeer(req wire.Request) error {
	own := s.request("").Cluster
	if own == "" {
		return wire.Errorf(codeWaiting, "node is waiting for cluster initialization")
	}
	if req.Cluster != own {
		return wire.Errorf("Unknown", "rpc error: code = Unknown desc = client cluster ID %q doesn't match server cluster ID %q", req.Cluster, own)
	}
	if refusal := s.state.Refusal(req.From); refusal != nil {
		return refusal
	}
	return s.checkSeries(req)
}

func (s *Server) answerInit() (any, error) {
	if isClosed(s.initialised) {
		return nil, errInitialised
	}
	pause(time.Now().Add(delays.InitAnswer))
	return struct{}{}, s.bootstrap(defaultReplication)
}

// defaultReplication is the number of replicas of a range.
const defaultReplication = 3

func (s *Server) answerJoin(ctx context.Context, req wire.Request) (any, error) {
	if !isClosed(s.initialised) {
		return nil, &wire.Error{Code: codeWaiting, Text: "node is waiting for cluster initialization", Details: s.token}
	}
	if !isClosed(s.ready) {
		return nil, wire.Errorf("Unavailable", "rpc error: code = Unavailable desc = node not ready to accept joins")
	}
	var j wire.Join
	if err := json.Unmarshal(req.Body, &j); err != nil {
		return nil, err
	}
	if s.checkSeries(req) != nil {
		return nil, wire.Errorf("PermissionDenied", "rpc error: code = PermissionDenied desc = %s", tooOldToJoin)
	}
	id, err := s.agree.Propose(ctx, entry(state.KindJoin, state.Member{Token: j.Token, Addr: j.Addr, At: time.Now()}))
	if err != nil {
		return nil, err
	}
	n, ok := id.(int)
	if !ok {
		return nil, wire.Errorf("", "join: %v", id)
	}
	log, err := json.Marshal(s.agree.Entries())
	if err != nil {
		return nil, err
	}
	return wire.Joined{Cluster: s.state.Cluster(), NodeID: n, Log: log, Version: s.state.Version()}, nil
}
