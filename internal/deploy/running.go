package deploy

import (
	"context"
	"strings"

	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// found is a cluster that runs: one for which `restart`, `scale` and `upgrade`
// are.
func (u *up) found(ctx context.Context) (before kube.Workload, err error) {
	if u.seen, err = look(ctx, u.client, u.target); err != nil {
		return before, err
	}
	before, err = u.client.Snapshot(ctx, kube.Selection{Namespace: u.target.Namespace, Name: u.target.Name, Selector: names(u.target).Selector()})
	if err != nil {
		return before, err
	}
	if u.cluster, err = u.seen.cluster(u.target, before); err != nil {
		return before, err
	}
	switch {
	case u.seen.record == nil:
		return before, &Error{Message: u.target.Name + ": its settings are gone", Next: "crdb-kube up makes them again from what runs"}
	case before.StatefulSet == nil:
		return before, &Error{Message: u.target.Name + ": is stopped", Next: "crdb-kube up starts it; then the same command again"}
	case u.cluster.ClusterID == "":
		return before, &Error{Message: u.target.Name + ": is not initialised yet", Next: "crdb-kube up finishes what it began"}
	}
	return before, nil
}

// sayWhere is the headline of a command on a cluster that runs.
func (u *up) sayWhere() {
	u.r.headline(strings.Join([]string{u.opts.Context, "namespace " + u.target.Namespace, "cluster " + u.target.Name}, " · "))
}

// onRunning runs a verb on a cluster that runs: first what finds it and decides,
// then, under the lock, the steps that follow from that.
func (u *up) onRunning(ctx context.Context, decide func(context.Context) (ending, error), then func() []func() []step) error {
	var lock *kube.Lock
	held := ctx
	defer func() {
		if lock != nil {
			lock.Release()
		}
	}()
	defer u.unwatch()
	err := u.r.run(ctx, step{"check", func(ctx context.Context) (ending, error) {
		if err := u.checkServer(ctx); err != nil {
			return ending{}, err
		}
		if _, err := u.found(ctx); err != nil {
			return ending{}, err // nothing is written where there is nothing
		}
		var err error
		if held, lock, err = takeLock(ctx, u.client, u.target, u.opts.Lock, u.r); err != nil {
			return ending{}, err
		}
		return decide(held)
	}})
	if err == nil {
		err = u.r.runGroups(held, then()...)
	}
	return lostLock(held, err)
}
