package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/delays"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/minisql"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/release"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/state"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// tooOldToJoin: a cluster does not take a binary older than its version. Here
// and below the words are those of the sources, unrecorded.
const tooOldToJoin = "binary is incompatible with the cluster attempted to join"

// fits says why this release cannot take the data of a cluster of that
// version; the sources of v23.1 and v25.3 changed the words.
func (s *Server) fits(version string) error {
	own := s.cfg.Build.Tag
	name := cmp.Or(s.cfg.Attrs, "<no-attributes>") + "=" + s.cfg.Store
	var text string
	tooOld, tooNew := release.Compare(version, own.Oldest()) < 0, release.Compare(version, own.Series()) > 0
	switch {
	case tooOld && own.From("23.1"):
		text = fmt.Sprintf("store last used with cockroach version v%s is too old for running version v%s (which requires data from v%s or later)",
			version, own.Series(), own.Oldest())
	case tooOld:
		text = fmt.Sprintf("store %s, last used with cockroach version v%s, is too old for running version v%s (which requires data from v%s or later)",
			name, version, own.Series(), own.Oldest())
	case tooNew && own.From("25.3"):
		text = fmt.Sprintf("store last used with cockroach version v%s is too high for running version v%s", version, own.Series())
	case tooNew:
		text = fmt.Sprintf("cockroach version v%s is incompatible with data in store %s; use version v%s or later", own.Series(), name, version)
	default:
		return nil
	}
	return errors.New(exitedWith + text)
}

// end makes the process end with an error.
func (s *Server) end(err error) {
	select {
	case s.fatal <- err:
	default: // it ends already
	}
}

// checkSeries refuses nodes whose binary is older than the cluster's version.
func (s *Server) checkSeries(req wire.Request) error {
	if active := s.state.Version(); release.Compare(req.Version, active) < 0 {
		return wire.Errorf("Unknown", "rpc error: code = Unknown desc = version compatibility check failed on ping request: "+
			"cluster requires at least version %s, but peer has version %s", active, req.Version)
	}
	return nil
}

// finalise raises the cluster's version once nothing has stood against that
// for a while; since is when that began, and what is returned is its new
// value. The live node with the lowest ID does it, as an operator would.
func (s *Server) finalise(ctx context.Context, since time.Time) time.Time {
	to := s.upgradeTo(s.view())
	switch {
	case to == "":
		return time.Time{}
	case since.IsZero():
		return time.Now()
	case time.Since(since) < delays.Finalise:
		return since
	}
	bounded, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	q := state.SQL{Text: fmt.Sprintf("SET CLUSTER SETTING version = '%s'", to), User: "root", At: time.Now(), Release: s.cfg.Build.Tag}
	done, err := s.agree.Propose(bounded, entry(state.KindSQL, q))
	if d, ok := done.(state.SQLDone); ok {
		err = cmp.Or(err, d.Err)
	}
	if err != nil {
		s.log.infof("server/auto_upgrade.go:80", "failed attempt to upgrade cluster version, error: %v", err)
		return time.Now()
	}
	s.log.infof("server/auto_upgrade.go:180", "successfully upgraded cluster version")
	return time.Time{}
}

// upgradeTo is the version that the cluster may rise to by itself; empty while
// there is none, a member does not run or a setting forbids it.
func (s *Server) upgradeTo(v view) string {
	if !isClosed(s.ready) || !v.quorum || len(v.live) == 0 || v.live[0] != v.self || len(v.away()) > 0 {
		return ""
	}
	var may bool
	var now, lowest string
	s.state.Read(func(db *minisql.DB) { may, now = db.MayUpgrade(), db.Version() })
	for _, n := range v.nodes {
		if series := n.Release.Series(); n.Belongs() && (lowest == "" || release.Compare(series, lowest) < 0) {
			lowest = series
		}
	}
	if !may || release.Compare(lowest, now) <= 0 {
		return ""
	}
	return lowest
}
