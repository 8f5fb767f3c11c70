package deploy

import (
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/crdb-kube/crdb-kube/internal/kube"
)

func (w *world) restart(change ...func(*RestartOptions)) (RestartResult, error) {
	opts := RestartOptions{Context: "here", Lock: LockOptions{Holder: kube.Holder{Command: "restart", Host: "here", PID: 1, Token: "t"}}, Grace: DefaultGrace, Now: time.Now}
	for _, one := range change {
		one(&opts)
	}
	ctx, cancel := w.run()
	defer cancel()
	return Restart(ctx, w.client, target(), opts, w.record)
}

func TestRestart_refusesWhatItCannotDoSafely(t *testing.T) {
	t.Run("there is none", func(t *testing.T) {
		_, err := newWorld(t).restart()
		wantError(t, err, Absent, "there is none")
	})
	t.Run("stopped", func(t *testing.T) {
		w, _ := running(t)
		_, err := w.down(Unasked)
		wantNoError(t, err)
		_, err = w.restart()
		wantError(t, err, Failed, "is stopped")
	})
	t.Run("a pod of nobody's", func(t *testing.T) {
		w, _ := running(t)
		_, err := w.restart(func(o *RestartOptions) { o.Pod = "cockroachdb-3" })
		wantError(t, err, Failed, "is none of cluster cockroachdb")
	})
	t.Run("scaled by somebody else", func(t *testing.T) {
		w, _ := running(t)
		set, err := w.tracker.Get(appsv1.SchemeGroupVersion.WithResource("statefulsets"), "default", "cockroachdb")
		wantNoError(t, err)
		scaled := set.DeepCopyObject().(*appsv1.StatefulSet)
		scaled.Spec.Replicas = new(int32(5))
		wantNoError(t, w.tracker.Update(appsv1.SchemeGroupVersion.WithResource("statefulsets"), scaled, "default"))
		before := w.count
		_, err = w.restart()
		wantError(t, err, Refused, "5 replicas")
		if !strings.Contains(err.Error(), "settings say 3") || w.count > before+2 { // the lock
			t.Errorf("%v, %d writes", err, w.count-before)
		}
	})
}
