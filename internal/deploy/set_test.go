package deploy

import (
	"errors"
	"fmt"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// changeSet changes the StatefulSet behind crdb-kube's back.
func (w *world) changeSet(change func(*appsv1.StatefulSet)) {
	w.Helper()
	sets := w.api.AppsV1().StatefulSets("default")
	set, err := sets.Get(w.Context(), "cockroachdb", metav1.GetOptions{})
	wantNoError(w.T, err)
	change(set)
	_, err = sets.Update(w.Context(), set, metav1.UpdateOptions{})
	wantNoError(w.T, err)
}

func (w *world) partition() int32 {
	w.Helper()
	set, err := w.api.AppsV1().StatefulSets("default").Get(w.Context(), "cockroachdb", metav1.GetOptions{})
	wantNoError(w.T, err)
	return *set.Spec.UpdateStrategy.RollingUpdate.Partition
}

const heldBack = "the pods keep the template that they were started with; crdb-kube restart gives it to them one by one"

func takeOver(o *UpOptions) { o.Conflicts = kube.TakeOver }

func TestUp_aChangedTemplateReplacesNoPodOfALiveDatabase(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	w.changeSet(func(set *appsv1.StatefulSet) { set.Spec.Template.Spec.TerminationGracePeriodSeconds = new(int64(30)) })
	_, err = w.up(takeOver)
	wantNoError(t, err)
	if got := w.partition(); got != 3 {
		t.Errorf("partition %d, want 3: all pods would be replaced at once", got)
	}
	w.wantNote(heldBack)
}

func TestUp_keepsPodsThatAnEarlierChangeHasNotReached(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	w.changeSet(func(set *appsv1.StatefulSet) { set.Status.CurrentRevision, set.Status.UpdateRevision = "old", "new" })
	_, err = w.up(takeOver)
	wantNoError(t, err)
	if got := w.partition(); got != 3 {
		t.Errorf("partition %d, want 3", got)
	}
	w.wantNote(heldBack)
	_, err = w.down(Unasked)
	wantNoError(t, err)
	_, err = w.up()
	wantNoError(t, err)
	if got := w.partition(); got != 0 {
		t.Errorf("partition %d after a stop, want 0", got)
	}
}

// A server refuses a change of an immutable field, and a value that it takes
// from nobody, with the same kind of error.
func TestImmutable_isNotWhateverTheServerRefuses(t *testing.T) {
	kind := schema.GroupKind{Group: "apps", Kind: "StatefulSet"}
	fixed := field.Forbidden(field.NewPath("spec"), "updates to statefulset spec for fields other than 'replicas' are forbidden")
	named := field.Invalid(field.NewPath("spec", "podManagementPolicy"), "Parallel", "field is immutable")
	wrong := field.Invalid(field.NewPath("spec", "minReadySeconds"), -1, "must be greater than or equal to 0")
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"an immutable field":         {apierrors.NewInvalid(kind, "cockroachdb", field.ErrorList{fixed}), true},
		"a field by its name":        {apierrors.NewInvalid(kind, "cockroachdb", field.ErrorList{named}), true},
		"a value that is wrong":      {apierrors.NewInvalid(kind, "cockroachdb", field.ErrorList{wrong}), false},
		"both":                       {apierrors.NewInvalid(kind, "cockroachdb", field.ErrorList{fixed, wrong}), false},
		"an answer without causes":   {apierrors.NewInvalid(kind, "cockroachdb", nil), false},
		"something else":             {apierrors.NewForbidden(schema.GroupResource{}, "x", errors.New("no")), false},
		"nothing":                    {nil, false},
		"the same, told by somebody": {fmt.Errorf("statefulset/cockroachdb: %w", apierrors.NewInvalid(kind, "x", field.ErrorList{fixed})), true},
	} {
		if got := immutable(test.err); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestUp_namesWhoScaledTheSet(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	w.changeSet(func(set *appsv1.StatefulSet) { set.Spec.Replicas = new(int32(2)) })
	_, err = w.up()
	own := theError(t, err, Refused, "statefulset/cockroachdb: 1 field set by someone else")
	if len(own.Seen) != 1 || own.Next != "crdb-kube up --force-conflicts takes the fields over" {
		t.Errorf("seen %q, next %q", own.Seen, own.Next)
	}
}

func TestUp_neverTakesPodsAwayThatSomebodyAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	w.changeSet(func(set *appsv1.StatefulSet) { set.Spec.Replicas = new(int32(5)) })
	w.writes()
	_, err = w.up(takeOver)
	own := theError(t, err, Refused, "statefulset/cockroachdb: was scaled to 5 pods by somebody else, and going back to 3 would lose what only the others hold")
	if own.Next != "crdb-kube up --nodes 5 takes them as they are" || len(w.writes()) > 0 {
		t.Errorf("next %q", own.Next)
	}
	result, err := w.up(wish(Wish{Nodes: new(5)}))
	wantNoError(t, err)
	if result.Cluster.Nodes != 5 || result.Cluster.Served != 5 {
		t.Errorf("got %+v", result.Cluster)
	}
}
