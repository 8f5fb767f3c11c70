package server

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// serveHTTP serves the HTTP port. A secure node also takes plain HTTP there,
// to answer /health and to send everything else to https.
func (s *Server) serveHTTP(l net.Listener) {
	server := &http.Server{Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second}
	if s.certs == nil {
		_ = server.Serve(l)
		return
	}
	secure, plain := newHandover(l.Addr()), newHandover(l.Addr())
	go func() { _ = server.Serve(secure) }()
	go func() {
		_ = (&http.Server{Handler: s.plainRoutes(), ReadHeaderTimeout: 10 * time.Second}).Serve(plain)
	}()
	defer secure.Close()
	defer plain.Close()
	config := s.certs.Server()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			w := wire.NewConn(c)
			_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
			first, err := w.PeekByte()
			_ = c.SetReadDeadline(time.Time{})
			switch {
			case err != nil:
				_ = c.Close()
			case first == tlsRecord:
				secure.give(tls.Server(w, config))
			default:
				plain.give(w)
			}
		}()
	}
}

// plainRoutes is what a secure node answers without TLS.
func (s *Server) plainRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/health", s.serveHealth)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://"+r.Host+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	})
	return mux
}

// handover is a listener that is given its connections.
type handover struct {
	addr  net.Addr
	conns chan net.Conn
	once  sync.Once
	gone  chan struct{}
}

func newHandover(addr net.Addr) *handover {
	return &handover{addr: addr, conns: make(chan net.Conn), gone: make(chan struct{})}
}

func (h *handover) give(c net.Conn) {
	select {
	case h.conns <- c:
	case <-h.gone:
		_ = c.Close()
	}
}

func (h *handover) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.gone:
		return nil, errors.New("listener: closed")
	}
}

func (h *handover) Close() error {
	h.once.Do(func() { close(h.gone) })
	return nil
}

func (h *handover) Addr() net.Addr { return h.addr }
