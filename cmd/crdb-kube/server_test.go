package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
)

// server answers no request well: below /unknown it does not know who asks,
// below /silent it never answers at all.
type server struct {
	*httptest.Server
	count atomic.Int32
	// asked gets a value for the first request below /silent.
	asked chan struct{}
	// left gets a value when the first client below /silent gives up.
	left chan struct{}
	end  chan struct{}
}

func newServer() *server {
	s := &server{asked: make(chan struct{}, 1), left: make(chan struct{}, 1), end: make(chan struct{})}
	s.Server = httptest.NewServer(s)
	return s
}

// Close ends the silence first, or the server would wait for its end.
func (s *server) Close() {
	close(s.end)
	s.Server.Close()
}

func (s *server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	s.count.Add(1)
	if strings.HasPrefix(req.URL.Path, "/silent/") {
		select {
		case s.asked <- struct{}{}:
		default:
		}
		select {
		case <-s.end:
		case <-req.Context().Done():
			select {
			case s.left <- struct{}{}:
			default:
			}
		}
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = w.Write([]byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}`))
}
