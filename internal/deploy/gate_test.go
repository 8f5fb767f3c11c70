package deploy

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

func known(n int64) cockroach.Count { return cockroach.Count{Value: n, Known: true} }

func goodVars() cockroach.Vars {
	return cockroach.Vars{LiveNodes: known(3), Ranges: known(12), Unavailable: known(0), UnderReplicated: known(0), Replicas: known(36)}
}

func TestWhole_countsNothingUnknownAsZero(t *testing.T) {
	c := cockroach.Cluster{Namespace: "default", Name: "cockroachdb", Nodes: 3}
	for want, spoil := range map[string]func(*reading){
		"":                                    func(*reading) {},
		"gives no metrics: refused":           func(r *reading) { r.err = errors.New("refused") },
		"sees 2 of 3 CockroachDB nodes live":  func(r *reading) { r.vars.LiveNodes = known(2) },
		"sees an unknown number of 3":         func(r *reading) { r.vars.LiveNodes = cockroach.Count{} },
		"1 unavailable range":                 func(r *reading) { r.vars.Unavailable = known(1) },
		"7 under-replicated ranges":           func(r *reading) { r.vars.UnderReplicated = known(7) },
		"holds no replicas yet":               func(r *reading) { r.vars.Replicas = known(0) },
		"does not say how its ranges are":     func(r *reading) { r.vars.UnderReplicated = cockroach.Count{} },
		"-1 does not say how its ranges are":  func(r *reading) { r.vars.Replicas = cockroach.Count{} },
		"b-1 does not say how its ranges are": func(r *reading) { r.vars.Unavailable = cockroach.Count{} },
	} {
		readings := map[string]reading{"cockroachdb-0": {vars: goodVars()}, "cockroachdb-1": {vars: goodVars()}, "cockroachdb-2": {vars: goodVars()}}
		bad := readings["cockroachdb-1"]
		spoil(&bad)
		readings["cockroachdb-1"] = bad
		if got := whole(c, readings); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := whole(c, nil); got == "" {
		t.Error("no reading at all is taken for a good one")
	}
}

func TestSteady_wantsCleanReadingsThatLieApart(t *testing.T) {
	start := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	var s steady
	for _, look := range []struct {
		after         int
		lacks         string
		open, stalled bool
	}{
		{after: 0},
		{after: 11},
		{after: 12, lacks: "1 under-replicated range"}, // what looked whole was not
		{after: 14},
		{after: 25},
		{after: 26, open: true},
		{after: 40, lacks: "7 under-replicated ranges"},
		{after: 330, lacks: "6 under-replicated ranges"}, // slowly, but it moves
		{after: 629, lacks: "6 under-replicated ranges"},
		{after: 630, lacks: "6 under-replicated ranges", stalled: true},
	} {
		if open, stalled := s.see(look.lacks, at(look.after)); open != look.open || stalled != look.stalled {
			t.Errorf("after %ds: open %t, stalled %t", look.after, open, stalled)
		}
	}
}
