package kube

import (
	"context"
	"errors"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordinationclient "k8s.io/client-go/kubernetes/typed/coordination/v1"
)

// A lease lasts leaseDuration and is renewed every renewEvery. leaseMargin allows for what
// is not exact in the times of two hosts.
const (
	leaseDuration  = 15 * time.Second
	leaseMargin    = 2 * time.Second
	renewEvery     = 5 * time.Second
	lockPoll       = time.Second
	lockAtOnce     = 50 * time.Millisecond
	releaseTimeout = 5 * time.Second
)

// errWaitedEnough ends a wait for the lock.
var errWaitedEnough = errors.New("waited long enough for the lock")

// LockOptions says which lock is wanted, by whom, and for how long to wait for it.
type LockOptions struct {
	Namespace, Name string // of the Lease
	Labels          map[string]string
	Holder          Holder
	Wait            time.Duration        // how long to wait for another holder; 0: not at all
	Say             func(message string) // told once whom it waits for; nil: not told
}

// LockedError says that another command holds the lock.
type LockedError struct{ Holder Holder }

func (e *LockedError) Error() string { return "locked by " + e.Holder.String() }

// LockLostError says that another command took the lock while this one held it.
type LockLostError struct{ Holder Holder }

func (e *LockLostError) Error() string { return "lock taken over by " + e.Holder.String() }

// Lock is a held lock.
type Lock struct {
	leases  coordinationclient.LeaseInterface
	clock   *serverClock
	holder  Holder
	lease   *coordinationv1.Lease // as last written; the renewer's until it has ended
	lost    bool
	cancel  context.CancelCauseFunc // of the context that Lock gave out
	stop    context.CancelFunc      // of the renewer
	renewer sync.WaitGroup
	once    sync.Once
	base    func() (context.Context, context.CancelFunc) // for the release
}

// Lock takes a Lease and renews it in the background until Release. The context it gives
// ends with the cause *LockLostError when somebody else takes the lock.
//
// A holder is waited for as long as opts.Wait says; then the error is a *LockedError. One
// that stopped renewing is taken over when its lease has expired, by the server's clock or
// because nothing moved for that long; one on this host whose process is gone, at once.
func (c *Client) Lock(ctx context.Context, opts LockOptions) (context.Context, *Lock, error) {
	opts.Holder.Since = c.clock.now()
	attempt := &lockAttempt{opts: opts, leases: c.clientset.CoordinationV1().Leases(opts.Namespace), clock: c.clock}
	waiting, done := ctx, context.CancelFunc(func() {})
	if opts.Wait > 0 {
		waiting, done = context.WithTimeoutCause(ctx, opts.Wait, errWaitedEnough)
	}
	defer done()
	err := Await(waiting, nil, attempt.look)
	var locked *LockedError
	switch {
	case errors.Is(err, errWaitedEnough):
		return nil, nil, &LockedError{Holder: attempt.other}
	case errors.As(err, &locked):
		return nil, nil, err
	case err != nil:
		return nil, nil, c.explain(ctx, attempt.ref().String(), err)
	}

	held, cancel := context.WithCancelCause(ctx)
	free := context.WithoutCancel(ctx) // the lock is kept while an interrupted command cleans up
	renewing, stop := context.WithCancel(free)
	l := &Lock{
		leases: attempt.leases, clock: c.clock, holder: opts.Holder, lease: attempt.lease, cancel: cancel, stop: stop,
		base: func() (context.Context, context.CancelFunc) { return context.WithTimeout(free, releaseTimeout) },
	}
	l.renewer.Go(func() { l.renewUntil(renewing) })
	return held, l, nil
}

// Release gives the lock back. It works after the command's context has ended (then for 5
// seconds at most), and is safe to call twice and on a nil lock. A lease that could not be
// deleted expires.
func (l *Lock) Release() {
	if l == nil {
		return
	}
	l.once.Do(func() {
		l.stop()
		l.renewer.Wait()
		l.cancel(nil)
		if l.lost {
			return
		}
		ctx, cancel := l.base()
		defer cancel()
		_ = l.remove(ctx, l.lease) // there is nobody to tell; the lease expires
	})
}

// remove deletes the lease, unless somebody else has it by now. A renewal that
// was on its way when it was stopped may still arrive, between any two of our
// requests: then it is looked at again.
func (l *Lock) remove(ctx context.Context, lease *coordinationv1.Lease) error {
	for {
		err := retry(ctx, "release", func(ctx context.Context) error { return l.leases.Delete(ctx, lease.Name, deletionOf(lease)) })
		if !apierrors.IsConflict(err) {
			return err
		}
		lease, err = l.leases.Get(ctx, lease.Name, metav1.GetOptions{})
		if err != nil || holderOf(lease).Token != l.holder.Token {
			return err
		}
	}
}

// deletionOf deletes exactly the version that was read.
func deletionOf(lease *coordinationv1.Lease) metav1.DeleteOptions {
	return metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &lease.UID, ResourceVersion: &lease.ResourceVersion}}
}

// renewUntil keeps the lease fresh until ctx ends or it is lost.
func (l *Lock) renewUntil(ctx context.Context) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		limited, cancel := context.WithTimeout(ctx, renewEvery)
		lost := l.renew(limited)
		cancel()
		if lost != nil {
			l.lost = true
			l.cancel(lost)
			return
		}
	}
}

// renew writes that the holder lives. That the server cannot be reached is no loss: what
// counts is who holds the lease when it can be again.
func (l *Lock) renew(ctx context.Context) *LockLostError {
	lease := l.lease.DeepCopy()
	lease.Spec.RenewTime = microTime(l.clock.now())
	updated, err := l.leases.Update(ctx, lease, metav1.UpdateOptions{FieldManager: FieldManager})
	if apierrors.IsNotFound(err) { // deleted by somebody's hand
		lease.ResourceVersion, lease.UID, lease.CreationTimestamp = "", "", metav1.Time{}
		updated, err = l.leases.Create(ctx, lease, metav1.CreateOptions{FieldManager: FieldManager})
	}
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		updated, err = l.leases.Get(ctx, lease.Name, metav1.GetOptions{})
	}
	if err != nil {
		// The answer is empty then; the next renewal goes on from the last good one.
		return nil //nolint:nilerr // it is no loss
	}
	if other := holderOf(updated); other.Token != l.holder.Token {
		return &LockLostError{Holder: other}
	}
	l.lease = updated
	return nil
}

func microTime(t time.Time) *metav1.MicroTime {
	at := metav1.NewMicroTime(t)
	return &at
}
