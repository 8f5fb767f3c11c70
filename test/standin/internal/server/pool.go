package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/agree"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// maxIdle is how many idle connections a peer keeps.
const maxIdle = 4

// pool keeps connections to other CockroachDB nodes.
type pool struct {
	s    *Server
	mu   sync.Mutex
	idle map[string][]*wire.Conn
}

func newPool(s *Server) *pool { return &pool{s: s, idle: map[string][]*wire.Conn{}} }

// call asks the peer at addr. An answer that is a *wire.Error came from the
// peer; every other error means that it was not reached.
func (p *pool) call(addr string, req wire.Request, body, out any, timeout time.Duration) error {
	deadline := time.Now().Add(timeout)
	c := p.take(addr)
	if c != nil {
		err := c.Call(req, body, out, deadline)
		if p.done(addr, c, err) || time.Now().After(deadline) {
			return err
		}
		// An idle connection whose other end has gone: once more, afresh.
	}
	c, err := p.dial(addr, deadline)
	if err != nil {
		return err
	}
	err = c.Call(req, body, out, deadline)
	p.done(addr, c, err)
	return err
}

func (p *pool) take(addr string) *wire.Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.idle[addr]
	if len(list) == 0 {
		return nil
	}
	c := list[len(list)-1]
	p.idle[addr] = list[:len(list)-1]
	return c
}

// done keeps or closes the connection; it reports whether there was an answer.
func (p *pool) done(addr string, c *wire.Conn, err error) bool {
	var e *wire.Error
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil && !errors.As(err, &e) {
		_ = c.Close()
		for _, other := range p.idle[addr] { // their other end has most likely gone, too
			_ = other.Close()
		}
		delete(p.idle, addr)
		return false
	}
	if len(p.idle[addr]) < maxIdle {
		p.idle[addr] = append(p.idle[addr], c)
	} else {
		_ = c.Close()
	}
	return true
}

func (p *pool) dial(addr string, deadline time.Time) (*wire.Conn, error) {
	d := net.Dialer{Deadline: deadline}
	c, err := d.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	if p.s.certs == nil {
		return wire.NewConn(c), nil
	}
	host, _, _ := net.SplitHostPort(addr)
	config, err := p.s.certs.Peer(host)
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	t := tls.Client(c, config)
	_ = t.SetDeadline(deadline)
	if err := t.Handshake(); err != nil {
		_ = c.Close()
		return nil, err
	}
	return wire.NewConn(t), nil
}

// peerTimeout bounds a question to a peer about the log.
const peerTimeout = 2 * time.Second

// Ask implements agree.Dial.
func (p *pool) Ask(node int, m agree.Message) (agree.Reply, error) {
	addr := p.s.addrOf(node)
	if addr == "" {
		return agree.Reply{}, fmt.Errorf("address of n%d: not known", node)
	}
	var r agree.Reply
	err := p.call(addr, p.s.request(wire.OpAgree), m, &r, peerTimeout)
	p.s.noteRefusal(err)
	return r, err
}

func (s *Server) request(op string) wire.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return wire.Request{Op: op, Cluster: s.identity.Cluster, From: s.identity.NodeID, Version: s.cfg.Build.Tag.Series()}
}

// addrOf is where a CockroachDB node was heard last, or where it was when it
// started last.
func (s *Server) addrOf(node int) string {
	s.mu.Lock()
	addr := s.book[node]
	s.mu.Unlock()
	if addr != "" {
		return addr
	}
	n, _ := s.state.Node(node)
	return n.Addr
}

// Codes of the errors between nodes.
const (
	codeWaiting = "waiting"
	codeRemoved = "PermissionDenied"
)

// noteRefusal remembers that members do not want this node any more.
func (s *Server) noteRefusal(err error) {
	var e *wire.Error
	if errors.As(err, &e) && e.Code == codeRemoved {
		s.refuse(e.Text)
	}
}

func (s *Server) refuse(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = text
}
