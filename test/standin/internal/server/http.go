package server

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// routes is the HTTP port. Before init everything but /health is 404.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/health", s.serveHealth)
	mux.HandleFunc("/_admin/v1/health", s.member(s.serveHealth))
	mux.HandleFunc("/api/v2/health/", s.member(s.serveHealth))
	mux.HandleFunc("/_status/vars", s.member(s.serveVars))
	mux.HandleFunc("/api/v2/nodes/", s.member(func(w http.ResponseWriter, _ *http.Request) {
		plainError(w, http.StatusUnauthorized, "invalid session header")
	}))
	mux.HandleFunc("/login", s.member(s.serveLogin))
	mux.HandleFunc("/api/v2/login/", s.member(s.serveLoginV2))
	for path, answer := range map[string]func() any{
		"/_admin/v1/cluster":     s.adminCluster,
		"/_admin/v1/liveness":    s.adminLiveness,
		"/_status/nodes":         s.statusNodes,
		"/_status/details/local": s.statusDetails,
		"/_status/stores/local":  s.statusStores,
	} {
		mux.HandleFunc(path, s.member(s.login(func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, answer()) })))
	}
	mux.HandleFunc("/_admin/v1/settings", s.member(s.login(s.serveSettings)))
	unknown := func(w http.ResponseWriter, _ *http.Request) { plainError(w, http.StatusNotFound, "404 page not found") }
	for _, prefix := range []string{"/_admin/", "/_status/", "/debug/"} {
		mux.HandleFunc(prefix, s.member(s.login(unknown)))
	}
	mux.HandleFunc("/", unknown)
	return noCache(mux)
}

func noCache(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		h.ServeHTTP(w, r)
	})
}

// member answers 404 until the node has an identity.
func (s *Server) member(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !isClosed(s.initialised) {
			plainError(w, http.StatusNotFound, "404 page not found")
			return
		}
		h(w, r)
	}
}

// login wants a session on secure nodes.
func (s *Server) login(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.certs != nil && !s.loggedIn(r) {
			plainError(w, http.StatusUnauthorized, "a valid authentication cookie is required")
			return
		}
		h(w, r)
	}
}

func (s *Server) loggedIn(r *http.Request) bool {
	c, err := r.Cookie("session")
	if err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[c.Value]
}

func plainError(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text+"\n")
}

// serveHealth answers /health and /health?ready=1.
func (s *Server) serveHealth(w http.ResponseWriter, r *http.Request) {
	if ready, _ := strconv.ParseBool(r.URL.Query().Get("ready")); !ready {
		writeRaw(w, "{\n\n}")
		return
	}
	host, _, _ := net.SplitHostPort(s.cfg.Advertise)
	if s.certs != nil {
		if err := s.certs.CheckSelf(host); err != nil {
			text := fmt.Sprintf("connection error: desc = \"transport: authentication handshake failed: %s\"", err)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, errorBody(text, codeUnavailable))
			return
		}
	}
	if problem := s.unready(); problem != "" {
		rpcError(w, http.StatusServiceUnavailable, codeUnavailable, problem)
		return
	}
	writeRaw(w, "{\n\n}")
}

// unready is the recorded reason why this node is not ready; "" when it is.
func (s *Server) unready() string {
	if !isClosed(s.initialised) {
		return "node is waiting for cluster initialization"
	}
	if s.drainState().begun {
		return "node is shutting down"
	}
	if !isClosed(s.ready) {
		return "liveness record not found" // recorded for a store of another cluster; else unrecorded
	}
	if v := s.view(); !v.isAvailable(v.self) {
		return "node is not healthy"
	}
	return ""
}

// gRPC codes in error bodies.
const (
	codeUnavailable     = 14
	codeUnauthenticated = 16
)

func errorBody(text string, code int) string {
	quoted, _ := json.Marshal(text)
	return fmt.Sprintf("{\n  \"error\": %s,\n  \"code\": %d,\n  \"message\": %s,\n  \"details\": [\n  ]\n}", quoted, code, quoted)
}

// rpcError is an error as the gateway writes it: chunked, with a trailer.
func rpcError(w http.ResponseWriter, status, code int, text string) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Trailer", "Grpc-Trailer-Content-Type")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, errorBody(text, code))
	h.Set("Grpc-Trailer-Content-Type", "application/grpc")
}

func writeRaw(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Grpc-Metadata-Content-Type", "application/grpc")
	_, _ = io.WriteString(w, body)
}

func writeJSON(w http.ResponseWriter, v any) {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		plainError(w, http.StatusInternalServerError, err.Error())
		return
	}
	writeRaw(w, string(b))
}

func (s *Server) serveSettings(w http.ResponseWriter, r *http.Request) {
	type setting struct {
		Value       string `json:"value"`
		Type        string `json:"type"`
		Description string `json:"description"`
		Public      bool   `json:"public"`
	}
	all := map[string]setting{"version": {s.state.Version(), "m", "set the active cluster version in the format '<major>.<minor>'", true}}
	if keys := r.URL.Query().Get("keys"); keys != "" && !strings.Contains(","+keys+",", ",version,") {
		all = map[string]setting{}
	}
	writeJSON(w, map[string]any{"keyValues": all})
}

// credentials of a login.
type credentials struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

const badLogin = "the provided credentials did not match any account on the server"

func (s *Server) serveLogin(w http.ResponseWriter, r *http.Request) {
	var c credentials
	_ = json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&c)
	if !s.passwordOK(c.Username, c.Password) {
		rpcError(w, http.StatusUnauthorized, codeUnauthenticated, badLogin)
		return
	}
	cookie := http.Cookie{Name: "session", Value: s.newSession(), Path: "/", HttpOnly: true, Secure: s.certs != nil, MaxAge: int((24 * time.Hour).Seconds())}
	http.SetCookie(w, &cookie)
	writeRaw(w, "{\n\n}")
}

func (s *Server) serveLoginV2(w http.ResponseWriter, r *http.Request) {
	if !s.passwordOK(r.PostFormValue("username"), r.PostFormValue("password")) {
		plainError(w, http.StatusUnauthorized, "invalid session header")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, "{\"session\":%q}", s.newSession())
}

func (s *Server) newSession() string {
	id := newID()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[id] = true
	return id
}
