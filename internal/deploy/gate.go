package deploy

import (
	"context"
	"fmt"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// The gate stands before each pod that is taken away: it opens when the
// database could lose one without losing more.
const (
	// gatePause is between two clean readings, at least. A restart is quicker
	// than a CockroachDB node needs to be missed (9 s), so one reading alone
	// would say that all is well while nobody has looked.
	gatePause = 12 * time.Second
	gateEvery = 2 * time.Second
	// gateStall is how long nothing may get better.
	gateStall = 5 * time.Minute
)

// whole says what the database still lacks to lose a node without losing more;
// empty: nothing. What could not be read is unknown, never counted as 0.
func whole(c cockroach.Cluster, readings map[string]reading) string {
	if why := unhealthy(c, readings); why != "" {
		return why
	}
	var under int64
	for i := range c.Nodes {
		pod := c.PodName(i)
		vars := readings[pod].vars
		switch {
		case !vars.Unavailable.Known, !vars.UnderReplicated.Known, !vars.Replicas.Known:
			return pod + " does not say how its ranges are"
		case vars.Replicas.Value == 0:
			return pod + " holds no replicas yet"
		}
		under += vars.UnderReplicated.Value
	}
	if under > 0 {
		return progress.Count(int(under), "under-replicated range")
	}
	return ""
}

// steady remembers how long the readings have been clean, and whether they
// get better.
type steady struct {
	clean time.Time // of the first of those that are; zero: the last was not
	lacks string    // what was lacking last, and since when nothing else
	moved time.Time
}

// see takes a reading in. open: clean for long enough. stalled: nothing has
// changed for too long.
func (s *steady) see(lacks string, now time.Time) (open, stalled bool) {
	if lacks != s.lacks || s.moved.IsZero() {
		s.lacks, s.moved = lacks, now
	}
	if lacks != "" {
		s.clean = time.Time{}
		return false, now.Sub(s.moved) >= gateStall
	}
	if s.clean.IsZero() {
		s.clean = now
	}
	return now.Sub(s.clean) >= gatePause, false
}

// gate waits until all pods are ready and the database has been whole for a
// while. before is what comes then, for what is shown.
func (u *up) gate(ctx context.Context, before string) error {
	var s steady
	for {
		if _, err := u.watchPods(ctx, diagnose.Pod.IsReady); err != nil {
			return err
		}
		again, err := u.settle(ctx, &s, before)
		if err != nil || !again {
			return err
		}
	}
}

// settle waits for clean readings. again: a pod may have gone meanwhile, and
// has to be looked at.
func (u *up) settle(ctx context.Context, s *steady, before string) (again bool, err error) {
	looked := u.opts.Now()
	err = kube.Await(ctx, nil, func(ctx context.Context) (kube.Verdict, error) {
		now := u.opts.Now()
		lacks := whole(u.cluster, readVars(ctx, u.client, u.cluster, u.podNames()))
		open, stalled := s.see(lacks, now)
		switch {
		case open:
			return kube.Verdict{Done: true}, nil
		case stalled:
			return kube.Verdict{}, &Error{
				Message: fmt.Sprintf("%s: %s, and nothing has changed for %s", u.target.Name, lacks, progress.Duration(gateStall)),
				Next:    "crdb-kube status says how it is; the same command goes on from here",
			}
		case lacks == "":
			u.r.waiting(0, 0, "looks whole; if it still does after %s, %s", progress.Age(gatePause), before)
		default:
			u.r.waiting(0, 0, "%s; after that, %s", lacks, before)
		}
		if lacks != "" && now.Sub(looked) > gatePause { // why may show on the pods
			again = true
			return kube.Verdict{Done: true}, nil
		}
		return kube.Verdict{Why: "the database to be whole: " + lacks, Again: gateEvery}, nil
	})
	return again, err
}
