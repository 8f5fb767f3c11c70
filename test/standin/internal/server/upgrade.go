package server

import (
	"context"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/delays"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/minisql"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/release"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/state"
)

// upgradeLoop lets the cluster work at the version that all its members run,
// unless that is held back or somebody is missing.
func (s *Server) upgradeLoop(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var since time.Time
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		to, may := s.mayUpgrade()
		switch {
		case !may:
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		case time.Since(since) >= delays.AutoUpgrade:
			since = time.Time{}
			_, _ = s.agree.Propose(ctx, entry(state.KindSQL, state.SQL{
				Text: "SET CLUSTER SETTING version = '" + to + "'", User: "root", Insecure: s.cfg.insecure(), At: time.Now(),
			})) // tried again, unless another one was quicker
		}
	}
}

// mayUpgrade says whether the cluster can work at a newer version. The member
// with the lowest ID sees to it.
func (s *Server) mayUpgrade() (to string, may bool) {
	v := s.view()
	for _, n := range v.nodes {
		if n.Membership != state.Decommissioned && !v.isLive(n.ID) {
			return "", false
		}
	}
	held, active := true, ""
	s.state.Read(func(db *minisql.DB) { held, active = db.Held(), db.Version() })
	to = s.state.Oldest()
	return to, !held && len(v.live) > 0 && v.live[0] == v.self && release.Compare(to, active) > 0
}
