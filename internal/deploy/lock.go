package deploy

import (
	"context"
	"errors"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// LockOptions say who takes the cluster's lock and how long they wait for it.
type LockOptions struct {
	Holder kube.Holder
	// Wait is how long another command may keep the lock; 0: not at all.
	Wait time.Duration
}

// takeLock keeps two commands on one cluster apart. The context that comes
// back ends when the lock is lost; on an error it is ctx itself.
func takeLock(ctx context.Context, client *kube.Client, target Target, opts LockOptions, r *reporter) (context.Context, *kube.Lock, error) {
	c := names(target)
	held, lock, err := client.Lock(ctx, kube.LockOptions{
		Namespace: target.Namespace,
		Name:      c.LockName(),
		Labels:    c.Labels(),
		Holder:    opts.Holder,
		Wait:      opts.Wait,
		Say:       func(message string) { r.waiting(0, 0, "%s", message) },
	})
	if err != nil {
		return ctx, nil, err
	}
	return held, lock, nil
}

// lostLock says that the lock was lost where that is why the context ended.
func lostLock(held context.Context, err error) error {
	var lost *kube.LockLostError
	if err == nil || !errors.As(context.Cause(held), &lost) {
		return err
	}
	return &Error{
		Kind:    Failed,
		Message: lost.Error(),
		Next:    "see what the other command did with crdb-kube status, then run this one again",
		Err:     err,
	}
}
