package deploy

import (
	"context"
	"errors"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// start waits until every pod's container runs and its HTTP port answers. It
// does not wait for Ready: a node that is not initialised never is.
func (u *up) start(ctx context.Context) (ending, error) {
	rollout, err := u.watchPods(ctx, u.stays(diagnose.Pod.Answering))
	if err != nil {
		return ending{}, err
	}
	u.rollout = rollout
	if err := u.refreshPods(ctx); err != nil {
		return ending{}, err
	}
	if u.cluster.Nodes == 1 {
		return done("1 pod answers"), nil
	}
	return done("%d of %s answer", len(rollout.Pods), progress.Count(u.cluster.Nodes, "pod")), nil
}

// watchPods waits until every pod has finished, in whatever sense is asked
// for, and shows each pod's way there.
func (u *up) watchPods(ctx context.Context, finished func(diagnose.Pod) bool) (diagnose.Rollout, error) {
	return u.watchUntil(ctx, finished, func(kube.Workload) string { return "" })
}

// watchUntil is watchPods for a wait in which the pods alone do not tell that
// it is over: lacking says what is missing yet, empty: nothing.
func (u *up) watchUntil(ctx context.Context, finished func(diagnose.Pod) bool, lacking func(kube.Workload) string) (diagnose.Rollout, error) {
	var rollout diagnose.Rollout
	verdict := newVerdict(u.opts.Grace, u.started)
	watched := watched{up: u}
	watch, err := u.takeWatch(ctx)
	if err != nil {
		return rollout, err
	}
	u.watch = watch
	err = watch.Await(ctx, func(ctx context.Context, w kube.Workload) (kube.Verdict, error) {
		if w.Trouble != nil { // what was seen last may be long over
			why := "the API server to answer: " + firstLine(w.Trouble)
			u.r.waiting(0, 0, "waiting for %s", why)
			return kube.Verdict{Why: why}, nil //nolint:nilerr // it passes
		}
		if w.StatefulSet == nil || w.StatefulSet.DeletionTimestamp != nil {
			return kube.Verdict{Why: "the StatefulSet to be seen", Again: time.Second}, watched.vanished(ctx)
		}
		if u.older(w.StatefulSet) {
			return kube.Verdict{Why: "the StatefulSet to be seen"}, nil
		}
		if err := watched.edited(w.StatefulSet); err != nil {
			return kube.Verdict{}, err
		}
		rollout = u.lookout.assess(ctx, u.cluster, w)
		u.show(rollout, finished)
		lacks := lacking(w)
		switch all := rollout.Count(finished) == len(rollout.Pods); {
		case all && lacks == "":
			return kube.Verdict{Done: true}, nil
		case all:
			return kube.Verdict{Why: lacks, Again: lookAgain}, nil
		}
		u.waited = true
		if err := verdict.failure(rollout, u.opts.Now()); err != nil {
			return kube.Verdict{}, err
		}
		if err := watched.seen(ctx, w.StatefulSet, rollout); err != nil {
			return kube.Verdict{}, err
		}
		return kube.Verdict{Why: rollout.Why(finished), Again: u.again(rollout)}, nil
	})
	if errors.Is(err, context.DeadlineExceeded) {
		err = expired(err, rollout, finished)
	}
	return rollout, err
}

// takeWatch gives the watch of the wait before, or opens one. A wait for what was
// just changed says itself how the new is told from the old: by generation,
// revision or UID.
func (u *up) takeWatch(ctx context.Context) (*kube.WorkloadWatch, error) {
	if u.watch != nil {
		return u.watch, nil
	}
	return u.client.OpenWorkload(ctx, kube.Selection{Namespace: u.target.Namespace, Name: u.target.Name, Selector: u.cluster.Selector()})
}

// unwatch ends the watch.
func (u *up) unwatch() {
	if u.watch != nil {
		u.watch.Close()
		u.watch = nil
	}
}

// again is when to look once more without any change: when a question is
// due, or when an unclear cause may have stood long enough.
func (u *up) again(rollout diagnose.Rollout) time.Duration {
	again := sooner(u.lookout.again(), unclearAgain(rollout))
	if rollout.Count(isAway) > 0 {
		again = sooner(again, nudgeAfter)
	}
	return sooner(again, lookAgain)
}

// lookAgain is how often a standstill is looked at without any change: some
// causes are known by their age. It costs no request.
const lookAgain = 5 * time.Second

// sooner is the shorter time; 0 stands for never.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 || (b > 0 && b < a) {
		return b
	}
	return a
}

// unclearAgain is how soon to look again for the sake of an unclear cause,
// which may have stood long enough by then; 0: there is none.
func unclearAgain(rollout diagnose.Rollout) time.Duration {
	if rollout.Count(func(p diagnose.Pod) bool { return p.Cause != nil && p.Cause.Class == progress.Unclear }) == 0 {
		return 0
	}
	return time.Second
}

// show reports the phase of each pod. What was said before is not repeated,
// and a pod that was there from the start needs no word.
func (u *up) show(rollout diagnose.Rollout, finished func(diagnose.Pod) bool) {
	for _, pod := range rollout.Pods {
		state, subject := progress.Running, "pod/"+pod.Name
		if finished(pod) {
			if state = progress.Ready; !u.r.told(subject) {
				continue
			}
		}
		u.r.emit(progress.Event{Subject: subject, State: state, Message: pod.Words(), Cause: pod.Cause})
	}
	n := rollout.Count(finished)
	u.r.waiting(n, len(rollout.Pods), "%d of %s", n, progress.Count(len(rollout.Pods), "pod"))
}
