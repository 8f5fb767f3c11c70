package server

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/minisql"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/state"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// session is one client's SQL session.
type session struct {
	user, database string
	timeout        time.Duration // statement_timeout; 0: none
}

// answerClient answers what the client commands ask. Before startup is
// complete it says nothing at all.
func (s *Server) answerClient(ctx context.Context, l *link, req wire.Request) (any, error) {
	select {
	case <-s.ready:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if req.Op == wire.OpHello {
		return s.hello(ctx, l, req.Body)
	}
	if l.session == nil {
		return nil, wire.Errorf("08P01", "no session")
	}
	if req.Op != wire.OpSQL {
		if err := minisql.AdminOnly(l.session.user, "read crdb_internal.gossip_nodes"); err != nil {
			return nil, err
		}
	}
	switch req.Op {
	case wire.OpSQL:
		var q wire.Statements
		if err := json.Unmarshal(req.Body, &q); err != nil {
			return nil, err
		}
		return s.statements(ctx, l.session, q.Text), nil
	case wire.OpNodes:
		var q wire.NodesQuery
		if err := json.Unmarshal(req.Body, &q); err != nil {
			return nil, err
		}
		if q.Stats { // these come out of tables
			if err := s.current(ctx); err != nil {
				return nil, err
			}
		}
		return s.nodeRows(), nil
	case wire.OpDecommission:
		var q wire.Decommission
		if err := json.Unmarshal(req.Body, &q); err != nil {
			return nil, err
		}
		return s.decommission(ctx, q)
	}
	return nil, wire.Errorf("", "operation %q: not known", req.Op)
}

func (s *Server) hello(ctx context.Context, l *link, body json.RawMessage) (any, error) {
	var h wire.Hello
	if err := json.Unmarshal(body, &h); err != nil {
		return nil, err
	}
	if s.drainState().begun {
		return nil, wire.Errorf("57P01", "server is not accepting clients")
	}
	if err := s.authenticate(ctx, l, h); err != nil {
		return nil, err
	}
	l.session = &session{user: h.User, database: h.Database}
	if h.Database == "" {
		l.session.database = "defaultdb"
	}
	return struct{}{}, nil
}

// loginTimeout is how long the tables of users are waited for; unrecorded, the
// default of server.user_login.timeout.
const loginTimeout = 10 * time.Second

// authenticate lets a user in by certificate or, where none was shown, by
// password. A certificate for somebody else is refused whatever the password;
// unrecorded, as the sources of v21.1 do it.
func (s *Server) authenticate(ctx context.Context, l *link, h wire.Hello) error {
	failed := wire.Errorf("", "password authentication failed for user %s", h.User)
	if h.User != "root" { // who is known, and how, is in a table
		limited, cancel := context.WithTimeout(ctx, loginTimeout)
		defer cancel()
		if err := s.current(limited); err != nil {
			return err
		}
	}
	var exists bool
	s.state.Read(func(db *minisql.DB) { exists = db.UserExists(h.User) })
	switch {
	case !exists:
		return failed
	case s.certs == nil, l.speaksFor(h.User):
		return nil
	case l.principals != nil:
		return wire.Errorf("", "requested user is %s, but certificate is for %s", h.User, l.principals)
	case !s.passwordOK(h.User, h.Password):
		return failed
	}
	return nil
}

func (s *Server) passwordOK(user, password string) (ok bool) {
	s.state.Read(func(db *minisql.DB) { ok = db.PasswordOK(user, password) })
	return ok
}

// statements runs the statements of one text up to the first error.
func (s *Server) statements(ctx context.Context, ses *session, text string) wire.Results {
	var out wire.Results
	list, perr := minisql.Parse(text)
	if perr != nil {
		out.Error = perr
		return out
	}
	for _, st := range list {
		r, err := s.timed(ctx, ses, st)
		if err != nil {
			out.Error = wire.AsError(err)
			return out
		}
		out.Results = append(out.Results, r)
	}
	return out
}

func (s *Server) timed(ctx context.Context, ses *session, st minisql.Statement) (wire.Result, error) {
	if ses.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, ses.timeout)
		defer cancel()
	}
	r, err := s.statement(ctx, ses, st)
	if errors.Is(err, context.DeadlineExceeded) {
		err = wire.Errorf("57014", "query execution canceled due to statement timeout")
	}
	return r, err
}

func (s *Server) statement(ctx context.Context, ses *session, st minisql.Statement) (wire.Result, error) {
	var r wire.Result
	var err error
	switch st.Needs {
	case minisql.Nothing:
	case minisql.Agreement:
		if err := s.removedError(); err != nil {
			return r, err
		}
		q := state.SQL{Text: st.Sealed(), User: ses.user, Database: ses.database, Insecure: s.certs == nil, At: time.Now()}
		q.Release, q.Away = s.cfg.Build.Tag, s.view().away()
		done, err := s.agree.Propose(ctx, entry(state.KindSQL, q))
		if err != nil {
			return r, err
		}
		d, _ := done.(state.SQLDone)
		return d.Result, d.Err
	case minisql.AllRows:
		if err := s.current(ctx); err != nil {
			return r, err
		}
	}
	if st.Dataless() { // may sleep, or look at the cluster: not under the lock
		return minisql.NewDB().Execute(st, s.env(ctx, ses))
	}
	env := s.env(ctx, ses)
	s.state.Read(func(db *minisql.DB) { r, err = db.Execute(st, env) })
	if name, value, ok := st.Variable(); ok && err == nil {
		err = ses.set(name, value)
	}
	return r, err
}

// current waits until this node knows all that was decided before.
func (s *Server) current(ctx context.Context) error {
	if err := s.removedError(); err != nil {
		return err
	}
	return s.agree.Barrier(ctx, entry(state.KindNothing, nil))
}

// removedError is what a removed node says instead of reading.
func (s *Server) removedError() error {
	s.mu.Lock()
	text := s.refused
	s.mu.Unlock()
	if refusal := s.state.Refusal(s.id()); refusal != nil {
		text = refusal.Text
	}
	if text == "" {
		return nil
	}
	for _, n := range s.state.Nodes() {
		if n.ID != s.id() && n.Membership != state.Decommissioned {
			return wire.Errorf("", "failed to connect to n%d at %s: initial connection heartbeat failed: %s", n.ID, n.Addr, text)
		}
	}
	return wire.Errorf("", "%s", text)
}

func (ses *session) set(name, value string) error {
	switch name {
	case "database":
		ses.database = value
	case "statement_timeout":
		d, err := time.ParseDuration(value)
		if ms, numErr := strconv.Atoi(value); numErr == nil {
			d, err = time.Duration(ms)*time.Millisecond, nil
		}
		if err != nil {
			return wire.Errorf("22023", "invalid value for parameter %q: %q", name, value)
		}
		ses.timeout = d
	}
	return nil
}

func (s *Server) env(ctx context.Context, ses *session) minisql.Env {
	return minisql.Env{
		ClusterID: s.state.Cluster(), NodeID: s.id(), Version: s.cfg.Build.Long(), Release: s.cfg.Build.Tag,
		User: ses.user, Database: ses.database, Insecure: s.certs == nil, Now: time.Now(),
		Sleep: func(d time.Duration) error {
			t := time.NewTimer(d)
			defer t.Stop()
			select {
			case <-t.C:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		},
		Tables: s.tables(),
	}
}
