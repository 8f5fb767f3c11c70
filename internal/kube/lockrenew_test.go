package kube

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

// A real client answers an error with an empty object.
func TestLock_isRenewedOnAfterARenewalThatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clientset := fake.NewClientset()
		var away atomic.Bool
		for _, verb := range []string{"update", "create", "get"} {
			clientset.PrependReactor(verb, "leases", func(clienttesting.Action) (bool, runtime.Object, error) {
				return away.Load(), &coordinationv1.Lease{}, apierrors.NewInternalError(errors.New("the server is away"))
			})
		}
		ctx, lock, err := NewWith(clientset, nobody{}).Lock(t.Context(), lockOf("up"))
		if err != nil {
			t.Fatal(err)
		}
		away.Store(true)
		pass(11 * time.Second)
		away.Store(false)
		before := leaseIn(t, clientset).Spec.RenewTime.Time
		pass(11 * time.Second)
		if after := leaseIn(t, clientset).Spec.RenewTime.Time; !after.After(before) {
			t.Errorf("renewed at %s, and never since", after)
		}
		if ctx.Err() != nil {
			t.Errorf("lost: %v", ctx.Err())
		}
		lock.Release()
		if leaseIn(t, clientset) != nil {
			t.Error("still there")
		}
	})
}
