package kube

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

func lockOf(command string) LockOptions {
	return LockOptions{
		Namespace: "db", Name: "cockroachdb-lock", Labels: ours(),
		Holder: Holder{Command: command, Host: "host-" + command, PID: 4711, Token: "token-" + command},
	}
}

func leaseIn(t *testing.T, clientset *fake.Clientset) *coordinationv1.Lease {
	t.Helper()
	lease, err := clientset.CoordinationV1().Leases("db").Get(context.WithoutCancel(t.Context()), "cockroachdb-lock", metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return lease
}

// pass lets the clock of a synctest bubble go on; no real time goes by.
func pass(d time.Duration) { <-time.After(d) }

// abandon takes the lock and stops renewing it, as a killed process does.
func abandon(t *testing.T, c *Client, opts LockOptions) {
	t.Helper()
	_, lock, err := c.Lock(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	lock.stop()
	lock.renewer.Wait()
}

func TestLock_isHeldRenewedAndGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clientset := fake.NewClientset()
		ctx, lock, err := NewWith(clientset, nobody{}).Lock(t.Context(), lockOf("up"))
		if err != nil {
			t.Fatal(err)
		}
		taken := leaseIn(t, clientset)
		if *taken.Spec.HolderIdentity != "up@host-up/4711/token-up" || *taken.Spec.LeaseDurationSeconds != 15 || taken.Labels["app"] != "db" {
			t.Errorf("got %+v", taken)
		}
		pass(11 * time.Second)
		if renewed := leaseIn(t, clientset).Spec.RenewTime.Sub(taken.Spec.RenewTime.Time); renewed != 10*time.Second {
			t.Errorf("renewed %v after it was taken", renewed)
		}
		if ctx.Err() != nil {
			t.Error(context.Cause(ctx))
		}
		lock.Release()
		lock.Release()
		if leaseIn(t, clientset) != nil || ctx.Err() == nil {
			t.Error("still there")
		}
	})
}

func TestLock_sentAwayNamesTheHolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(fake.NewClientset(), nobody{})
		_, lock, err := c.Lock(t.Context(), lockOf("up"))
		if err != nil {
			t.Fatal(err)
		}
		defer lock.Release()
		_, _, err = c.Lock(t.Context(), lockOf("down"))
		var locked *LockedError
		if !errors.As(err, &locked) || locked.Holder.Command != "up" || locked.Holder.PID != 4711 || locked.Holder.Since.IsZero() {
			t.Fatalf("got %v", err)
		}
	})
}

func TestLock_waitsForTheHolderAndSaysSoOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(fake.NewClientset(), nobody{})
		_, first, err := c.Lock(t.Context(), lockOf("up"))
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(20*time.Second, first.Release)
		start, said := time.Now(), 0
		opts := lockOf("down")
		opts.Wait, opts.Say = time.Minute, func(string) { said++ }
		_, second, err := c.Lock(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		defer second.Release()
		if waited := time.Since(start); waited < 20*time.Second || waited > 22*time.Second || said != 1 {
			t.Errorf("waited %v, said so %d times", waited, said)
		}
	})
}

func TestLock_givesUpWhenTheHolderKeepsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(fake.NewClientset(), nobody{})
		_, lock, err := c.Lock(t.Context(), lockOf("up"))
		if err != nil {
			t.Fatal(err)
		}
		defer lock.Release()
		opts, start := lockOf("down"), time.Now()
		opts.Wait = 40 * time.Second
		_, _, err = c.Lock(t.Context(), opts)
		var locked *LockedError
		if !errors.As(err, &locked) || locked.Holder.Token != "token-up" || time.Since(start) != opts.Wait {
			t.Fatalf("after %v: %v", time.Since(start), err)
		}
	})
}

func TestLock_takesOverAnExpiredHolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(fake.NewClientset(), nobody{})
		abandon(t, c, lockOf("up"))
		pass(16 * time.Second)
		if _, _, err := c.Lock(t.Context(), lockOf("down")); err == nil {
			t.Error("taken within the margin for clocks that differ")
		}
		pass(2 * time.Second)
		_, lock, err := c.Lock(t.Context(), lockOf("down"))
		if err != nil {
			t.Fatal(err)
		}
		lock.Release()
	})
}

// A holder whose clock is far ahead writes renewals that never seem old.
func TestLock_takesOverAHolderThatStandsStillWhateverItsClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(fake.NewClientset(), nobody{})
		c.clock.ahead.Store(int64(time.Hour))
		abandon(t, c, lockOf("up"))
		c.clock.ahead.Store(0)
		start, opts := time.Now(), lockOf("down")
		opts.Wait = time.Minute
		_, lock, err := c.Lock(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		defer lock.Release()
		if waited := time.Since(start); waited < leaseDuration || waited > leaseDuration+2*leaseMargin {
			t.Errorf("waited %v", waited)
		}
	})
}

func TestLock_takesOverADeadProcessOfThisHostAtOnce(t *testing.T) {
	ended := exec.Command(os.Args[0], "-test.run=^$")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(fake.NewClientset(), nobody{})
		dead, next := lockOf("up"), lockOf("down")
		dead.Holder.Host, dead.Holder.PID, next.Holder.Host = "here", ended.Process.Pid, "here"
		abandon(t, c, dead)
		start := time.Now()
		_, lock, err := c.Lock(t.Context(), next)
		if err != nil || time.Since(start) != 0 {
			t.Fatalf("after %v: %v", time.Since(start), err)
		}
		lock.Release()
	})
}

func TestLock_respectsALivingProcessOfThisHost(t *testing.T) {
	alive := Holder{Host: "here", PID: os.Getppid()}
	if alive.dead("here") {
		t.Error("the parent process is said to be dead")
	}
	if (Holder{Host: "elsewhere", PID: 1 << 30}).dead("here") {
		t.Error("judged a process of another host")
	}
}

func TestLock_endsTheContextWhenSomebodyElseTakesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clientset := fake.NewClientset()
		var stolen atomic.Bool // the fake clientset does not know resource versions
		clientset.PrependReactor("update", "leases", func(clienttesting.Action) (bool, runtime.Object, error) {
			return stolen.Load(), nil, apierrors.NewConflict(resource("leases"), "cockroachdb-lock", errors.New("modified"))
		})
		ctx, lock, err := NewWith(clientset, nobody{}).Lock(t.Context(), lockOf("up"))
		if err != nil {
			t.Fatal(err)
		}
		thief := leaseIn(t, clientset)
		identity := lockOf("down").Holder.identity()
		thief.Spec.HolderIdentity = &identity
		if _, err := clientset.CoordinationV1().Leases("db").Update(t.Context(), thief, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		stolen.Store(true)
		pass(6 * time.Second)
		var lost *LockLostError
		if !errors.As(context.Cause(ctx), &lost) || lost.Holder.Command != "down" {
			t.Errorf("got %v", context.Cause(ctx))
		}
		lock.Release()
		if leaseIn(t, clientset) == nil {
			t.Error("released the lock of somebody else")
		}
	})
}

func TestLock_isMadeAgainWhenSomebodyDeletesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clientset := fake.NewClientset()
		ctx, lock, err := NewWith(clientset, nobody{}).Lock(t.Context(), lockOf("up"))
		if err != nil {
			t.Fatal(err)
		}
		if err := clientset.CoordinationV1().Leases("db").Delete(t.Context(), "cockroachdb-lock", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		pass(6 * time.Second)
		if leaseIn(t, clientset) == nil || ctx.Err() != nil {
			t.Error("not made again")
		}
		lock.Release()
	})
}

func TestRelease_worksAfterAnInterruption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clientset := fake.NewClientset()
		ctx, interrupt := context.WithCancel(t.Context())
		held, lock, err := NewWith(clientset, nobody{}).Lock(ctx, lockOf("up"))
		if err != nil {
			t.Fatal(err)
		}
		interrupt()
		if held.Err() == nil {
			t.Error("the context goes on")
		}
		pass(time.Minute)
		if leaseIn(t, clientset).Spec.RenewTime.Before(&metav1.MicroTime{Time: time.Now().Add(-leaseDuration)}) {
			t.Error("not renewed while the command cleans up")
		}
		lock.Release()
		if leaseIn(t, clientset) != nil {
			t.Error("still there")
		}
	})
}

func TestRelease_ofNoLockDoesNothing(*testing.T) { (*Lock)(nil).Release() }

func TestHolder_readsWhatItWrote(t *testing.T) {
	now := metav1.NewMicroTime(time.Now())
	for _, identity := range []string{"up@host/12/abc", "some-other-tool"} {
		h := holderOf(&coordinationv1.Lease{Spec: coordinationv1.LeaseSpec{HolderIdentity: &identity, AcquireTime: &now}})
		if h.Command == "" {
			if h.Token != identity || h.String() != `"some-other-tool"` {
				t.Errorf("got %+v", h)
			}
			continue
		}
		if h.identity() != identity || !h.Since.Equal(now.Time) {
			t.Errorf("got %+v of %s", h, identity)
		}
	}
}

func TestRelease_deletesTheLeaseThoughRenewalsArriveMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clientset := fake.NewClientset()
		late := 2 // renewals that change the lease just before it is deleted
		clientset.PrependReactor("delete", "leases", func(clienttesting.Action) (bool, runtime.Object, error) {
			if late == 0 {
				return false, nil, nil
			}
			late--
			return true, nil, apierrors.NewConflict(coordinationv1.Resource("leases"), "cockroachdb-lock", errors.New("the resourceVersion is another"))
		})
		_, lock, err := NewWith(clientset, nobody{}).Lock(t.Context(), lockOf("up"))
		if err != nil {
			t.Fatal(err)
		}
		lock.Release()
		if lease := leaseIn(t, clientset); lease != nil || late != 0 {
			t.Errorf("the lease stays after %d late renewals less: %v", late, lease)
		}
	})
}
