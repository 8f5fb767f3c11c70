package deploy

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
)

// stepping is a clock that goes on by so much at each look.
func stepping(by time.Duration) func() time.Time {
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	return func() time.Time {
		now = now.Add(by)
		return now
	}
}

func watchedIn(w *world, now func() time.Time) *watched {
	return &watched{up: &up{client: w.client, target: target(), cluster: sample(), opts: UpOptions{Now: now}}}
}

func TestVanished_saysWhoIsGoneAfterAWhile(t *testing.T) {
	w := newWorld(t)
	watched := watchedIn(w, stepping(2*time.Second))
	wantNoError(t, watched.vanished(t.Context()))
	wantNoError(t, watched.vanished(t.Context()))
	wantNoError(t, watched.vanished(t.Context()))
	wantError(t, watched.vanished(t.Context()), Failed, "statefulset/cockroachdb: was deleted by somebody")
	w.endNamespace()
	wantError(t, watched.vanished(t.Context()), Failed, "namespace default: is being deleted")
}

func TestSeen_wakesTheControllerThatLeavesAPodOut(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	set, err := w.api.AppsV1().StatefulSets("default").Get(t.Context(), "cockroachdb", metav1.GetOptions{})
	wantNoError(t, err)
	w.writes()
	watched := watchedIn(w, stepping(2*time.Second))
	all := diagnose.Rollout{Pods: []diagnose.Pod{well("cockroachdb-0")}}
	one := diagnose.Rollout{Pods: []diagnose.Pod{well("cockroachdb-0"), {Name: "cockroachdb-1", Phase: diagnose.Missing}}}
	for _, test := range []struct {
		rollout diagnose.Rollout
		writes  int
	}{{one, 0}, {one, 0}, {all, 0}, {one, 0}, {one, 0}, {one, 1}} {
		wantNoError(t, watched.seen(t.Context(), set, test.rollout))
		if got := w.writes(); len(got) != test.writes {
			t.Fatalf("wrote %q, want %d", got, test.writes)
		}
	}
	for range 100 { // 200 s
		wantNoError(t, watched.seen(t.Context(), set, one))
	}
	if got := w.writes(); len(got) != 5 { // after 6, 12, 24, 48, 96 s
		t.Errorf("nudged %d times more, want 5", len(got))
	}
}

func TestSeen_saysThatTheNamespaceGoesWhileTheSetIsStillThere(t *testing.T) {
	for _, phase := range []diagnose.Phase{diagnose.Missing, diagnose.Terminating} {
		w := newWorld(t)
		watched := watchedIn(w, stepping(2*time.Second))
		w.endNamespace()
		rollout := diagnose.Rollout{Pods: []diagnose.Pod{well("cockroachdb-0"), {Name: "cockroachdb-1", Phase: phase}}}
		set := &appsv1.StatefulSet{}
		wantNoError(t, watched.seen(t.Context(), set, rollout))
		wantNoError(t, watched.seen(t.Context(), set, rollout))
		wantError(t, watched.seen(t.Context(), set, rollout), Failed, "namespace default: is being deleted")
	}
}

// stuckPods are pods that do not end, on a machine that does not answer.
func (w *world) stuckPods() {
	w.Helper()
	w.api.PrependReactor("delete", "pods", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, nil })
	node, err := w.api.CoreV1().Nodes().Get(w.Context(), "m1", metav1.GetOptions{})
	wantNoError(w.T, err)
	node.Status.Conditions[0].Status = corev1.ConditionUnknown
	_, err = w.api.CoreV1().Nodes().Update(w.Context(), node, metav1.UpdateOptions{})
	wantNoError(w.T, err)
}

func TestDown_doesNotWaitForAPodOnAMachineThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]Consent{"keeping the data": Unasked, "with the data": Given} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			_, err := w.up()
			wantNoError(t, err)
			w.stuckPods()
			w.now = stepping(time.Second)
			_, err = w.down(data)
			own := theError(t, err, Failed, "pod cockroachdb-0 on node m1", "may still run: the node does not answer")
			if own.Next != "the same command again, when the node is back, finishes it" {
				t.Errorf("next %q", own.Next)
			}
			settings, err := w.api.CoreV1().ConfigMaps("default").Get(t.Context(), "cockroachdb-cluster", metav1.GetOptions{})
			wantNoError(t, err)
			if marked := settings.Annotations[cockroach.AnnotationDeleting] != ""; marked != (data == Given) {
				t.Errorf("marked as being deleted: %v", marked)
			}
			claims, err := w.api.CoreV1().PersistentVolumeClaims("default").List(t.Context(), metav1.ListOptions{})
			wantNoError(t, err)
			if len(claims.Items) != 3 {
				t.Errorf("%d claims are left, though their pods may still run", len(claims.Items))
			}
		})
	}
}

func TestEdited_saysThatSomebodyChangedTheTemplate(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	set, err := w.api.AppsV1().StatefulSets("default").Get(t.Context(), "cockroachdb", metav1.GetOptions{})
	wantNoError(t, err)
	watched := watchedIn(w, time.Now)
	watched.up.applied = set
	other := set.DeepCopy()
	other.Generation++
	other.Spec.UpdateStrategy.RollingUpdate.Partition = new(int32(2))
	wantNoError(t, watched.edited(other))
	other.Spec.Template.Spec.TerminationGracePeriodSeconds = new(int64(17))
	wantError(t, watched.edited(other), Failed, "statefulset/cockroachdb: its pod template was changed by somebody")
}
