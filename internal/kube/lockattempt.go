package kube

import (
	"context"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordinationclient "k8s.io/client-go/kubernetes/typed/coordination/v1"
)

// lockAttempt is one attempt to take a lease, over as many looks as it needs.
type lockAttempt struct {
	opts   LockOptions
	leases coordinationclient.LeaseInterface
	clock  *serverClock
	lease  *coordinationv1.Lease // ours, once it is
	exists bool                  // there is a lease
	other  Holder                // who held it last time
	said   bool
	seen   time.Time // when it was renewed last, by its holder's clock
	since  time.Time // when that was seen first, by ours
}

func (a *lockAttempt) ref() Ref { return Ref{Kind: Lease, Name: a.opts.Name} }

// look takes the lease if it can be had.
func (a *lockAttempt) look(ctx context.Context) (Verdict, error) {
	var err error
	if !a.exists {
		err = retry(ctx, a.ref().String(), func(ctx context.Context) error {
			a.lease, err = a.leases.Create(ctx, a.wanted(&coordinationv1.Lease{}), metav1.CreateOptions{FieldManager: FieldManager})
			return err
		})
		if !apierrors.IsAlreadyExists(err) {
			return Verdict{Done: true}, err
		}
		a.exists = true
	}
	var found *coordinationv1.Lease
	err = retry(ctx, a.ref().String(), func(ctx context.Context) error {
		found, err = a.leases.Get(ctx, a.opts.Name, metav1.GetOptions{})
		return err
	})
	switch {
	case apierrors.IsNotFound(err): // released in between
		a.exists = false
		return a.again(lockAtOnce), nil
	case err != nil:
		return Verdict{}, err
	}
	a.other = holderOf(found)
	if !a.free(found) {
		return a.occupied()
	}
	a.lease, err = a.leases.Update(ctx, a.wanted(found), metav1.UpdateOptions{FieldManager: FieldManager})
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) { // somebody was faster
		return a.again(lockAtOnce), nil
	}
	return Verdict{Done: true}, err
}

func (a *lockAttempt) again(after time.Duration) Verdict {
	return Verdict{Why: "the lock of " + a.other.String(), Again: after}
}

func (a *lockAttempt) occupied() (Verdict, error) {
	if a.opts.Wait <= 0 {
		return Verdict{}, &LockedError{Holder: a.other}
	}
	if a.opts.Say != nil && !a.said {
		a.opts.Say("waiting for " + a.other.String())
	}
	a.said = true
	return a.again(lockPoll), nil
}

// wanted is the lease as it looks when it is ours. Made from the one that was found it
// carries its resource version, so that only one of two who try at once gets it.
func (a *lockAttempt) wanted(found *coordinationv1.Lease) *coordinationv1.Lease {
	lease := found.DeepCopy()
	lease.Namespace, lease.Name, lease.Labels = a.opts.Namespace, a.opts.Name, a.opts.Labels
	identity, seconds := a.opts.Holder.identity(), int32(leaseDuration/time.Second)
	now := a.clock.now()
	lease.Spec.HolderIdentity, lease.Spec.LeaseDurationSeconds = &identity, &seconds
	lease.Spec.AcquireTime, lease.Spec.RenewTime = microTime(now), microTime(now)
	return lease
}

// free tells whether a lease may be taken: nobody holds it, we do (an answer got lost),
// its holder's process is gone, or it has expired.
func (a *lockAttempt) free(lease *coordinationv1.Lease) bool {
	if a.other.Token == "" || a.other.Token == a.opts.Holder.Token || a.other.dead(a.opts.Holder.Host) {
		return true
	}
	duration := leaseDuration
	if seconds := lease.Spec.LeaseDurationSeconds; seconds != nil {
		duration = time.Duration(*seconds) * time.Second
	}
	duration += leaseMargin
	renewed := lease.Spec.RenewTime
	if renewed == nil {
		return true
	}
	if a.since.IsZero() || !renewed.Time.Equal(a.seen) {
		a.seen, a.since = renewed.Time, time.Now()
	}
	return time.Since(a.since) > duration || a.clock.now().Sub(renewed.Time) > duration
}
