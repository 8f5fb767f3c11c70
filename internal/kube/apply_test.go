package kube

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	appsac "k8s.io/client-go/applyconfigurations/apps/v1"
	coreac "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

func settings(value string) *coreac.ConfigMapApplyConfiguration {
	return coreac.ConfigMap("settings", "db").WithData(map[string]string{"nodes": value})
}

func TestApply_createsAndThenOwnsItsFields(t *testing.T) {
	c := NewWith(fake.NewClientset(), nobody{})
	applied, err := c.Apply(t.Context(), settings("3"), Ref{}, KeepOthers)
	if err != nil {
		t.Fatal(err)
	}
	if applied.Outcome != Created || applied.Ref.String() != "configmap/settings" || applied.Ref.Namespace != "db" {
		t.Errorf("got %+v", applied)
	}
	if got := applied.Object.(*corev1.ConfigMap).Data["nodes"]; got != "3" {
		t.Errorf("the server has %q", got)
	}
	if !cmp.Equal(applied.Ref.Managers, []string{FieldManager}) || applied.Ref.Applied.IsZero() {
		t.Errorf("managers %v, applied %v", applied.Ref.Managers, applied.Ref.Applied)
	}
}

func TestApply_namesTheOtherManagerAndItsField(t *testing.T) {
	clientset := fake.NewClientset()
	c := NewWith(clientset, nobody{})
	_, err := clientset.CoreV1().ConfigMaps("db").Apply(t.Context(), settings("5"), metav1.ApplyOptions{FieldManager: "helm"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Apply(t.Context(), settings("3"), Ref{}, KeepOthers)
	var conflict *ConflictError
	if !errors.As(err, &conflict) || !apierrors.IsConflict(err) {
		t.Fatalf("got %v", err)
	}
	if diff := cmp.Diff([]Conflict{{Manager: "helm", Field: ".data.nodes"}}, conflict.Conflicts); diff != "" {
		t.Error(diff)
	}
	if got, want := err.Error(), "configmap/settings: helm owns .data.nodes"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	applied, err := c.Apply(t.Context(), settings("3"), Ref{}, TakeOver)
	if err != nil || applied.Object.(*corev1.ConfigMap).Data["nodes"] != "3" {
		t.Errorf("taking over: %+v, %v", applied, err)
	}
}

func TestManager_readsTheServersSentence(t *testing.T) {
	for message, want := range map[string]string{
		`conflict with "kubectl-edit" using apps/v1`:                                               "kubectl-edit",
		`conflict with "crdb-kube" with subresource "scale" using apps/v1 at 2026-11-22T10:00:00Z`: "crdb-kube (scale)",
		`conflict with "argo"`: "argo",
		`something new`:        "something new",
	} {
		if got := manager(message); got != want {
			t.Errorf("%s: got %q, want %q", message, got, want)
		}
	}
}

// A server answers 200 to an apply onto an object that is being deleted.
func TestApply_isNoSuccessOnAnObjectThatIsBeingDeleted(t *testing.T) {
	clientset := fake.NewClientset()
	clientset.PrependReactor("patch", "statefulsets", func(clienttesting.Action) (bool, runtime.Object, error) {
		set := statefulSet("cockroachdb")
		set.DeletionTimestamp = &metav1.Time{Time: time.Now()}
		return true, set, nil
	})
	_, err := NewWith(clientset, nobody{}).Apply(t.Context(), appsac.StatefulSet("cockroachdb", "db"), Ref{}, KeepOthers)
	var deleting *DeletingError
	if !errors.As(err, &deleting) || deleting.Ref.UID != "uid-cockroachdb" {
		t.Fatalf("got %v", err)
	}
}

func TestOutcome_comparesWithWhatWasThereBefore(t *testing.T) {
	then, now := time.Unix(100, 0), time.Unix(200, 0)
	was := Ref{Kind: StatefulSet, UID: "a", ResourceVersion: "10", Generation: 1, Applied: then}
	for name, test := range map[string]struct {
		change func(*Ref)
		want   Outcome
	}{
		"nothing moved":          {func(*Ref) {}, Unchanged},
		"only a status moved":    {func(r *Ref) { r.ResourceVersion = "11" }, Unchanged},
		"the spec moved":         {func(r *Ref) { r.ResourceVersion, r.Generation, r.Applied = "11", 2, now }, Configured},
		"a label moved":          {func(r *Ref) { r.ResourceVersion, r.Applied = "11", now }, Configured},
		"it is another object":   {func(r *Ref) { r.UID = "b" }, Created},
		"a ConfigMap's rv moved": {func(r *Ref) { r.Kind, r.ResourceVersion = ConfigMap, "11" }, Configured},
	} {
		t.Run(name, func(t *testing.T) {
			after := was
			test.change(&after)
			if got := outcome(was, after); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	if got := outcome(Ref{}, was); got != Created {
		t.Errorf("what was not there is %s", got)
	}
}

func TestApply_refusesWhatItDoesNotKnow(t *testing.T) {
	_, err := NewWith(fake.NewClientset(), nobody{}).Apply(t.Context(), coreac.Node("n"), Ref{}, KeepOthers)
	if err == nil {
		t.Fatal("a Node was applied")
	}
}

func TestAnnotate_patchesOnlyTheObjectThatIsMeant(t *testing.T) {
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{
		Namespace: "db", Name: "datadir-0", UID: "u1", Annotations: map[string]string{"theirs": "stays"},
	}}
	clientset := fake.NewClientset(claim)
	c := NewWith(clientset, nobody{})
	ref := Ref{Kind: PersistentVolumeClaim, Namespace: "db", Name: "datadir-0", UID: "u1"}
	if err := c.Annotate(t.Context(), ref, map[string]string{"cluster": "63dc"}); err != nil {
		t.Fatal(err)
	}
	refs, err := c.Lookup(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"theirs": "stays", "cluster": "63dc"}, refs[0].Annotations); diff != "" {
		t.Error(diff)
	}
	if uid := sentUID(t, clientset); uid != "u1" {
		t.Errorf("the patch is for UID %q", uid)
	}
	ref.UID = ""
	if err := c.Annotate(t.Context(), ref, nil); err == nil {
		t.Error("annotated an object without knowing which")
	}
}

func TestUnbind_forgetsTheClaimButNotItsName(t *testing.T) {
	volume := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "v", UID: "u1"}}
	volume.Spec.ClaimRef = &corev1.ObjectReference{Namespace: "db", Name: "datadir-0", UID: "gone", ResourceVersion: "7"}
	clientset := fake.NewClientset(volume)
	c := NewWith(clientset, nobody{})
	if err := c.Unbind(t.Context(), RefOf(PersistentVolume, volume)); err != nil {
		t.Fatal(err)
	}
	got, err := c.Volume(t.Context(), "v")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&corev1.ObjectReference{Namespace: "db", Name: "datadir-0"}, got.Spec.ClaimRef); diff != "" {
		t.Errorf("claimRef (-want +got):\n%s", diff)
	}
	if uid := sentUID(t, clientset); uid != "u1" {
		t.Errorf("the patch is for UID %q", uid)
	}
	if err := c.Unbind(t.Context(), Ref{Kind: PersistentVolume, Name: "v"}); err == nil {
		t.Error("unbound a volume without knowing which")
	}
}

func TestPreview_asksWithoutDoing(t *testing.T) {
	clientset := fake.NewClientset()
	_, err := NewWith(clientset, nobody{}).Preview(t.Context(), coreac.ConfigMap("c", "db"), Ref{}, TakeOver)
	if err != nil {
		t.Fatal(err)
	}
	patch, ok := clientset.Actions()[0].(clienttesting.PatchActionImpl)
	if !ok || !slices.Equal(patch.PatchOptions.DryRun, []string{metav1.DryRunAll}) || !*patch.PatchOptions.Force {
		t.Errorf("sent %+v", clientset.Actions()[0])
	}
}

// Recorded from a Kubernetes v1.37.2.
func TestAnnotate_saysThatAnotherObjectStandsThere(t *testing.T) {
	clientset := fake.NewClientset()
	fail(clientset, "patch", "persistentvolumeclaims", apierrors.NewInvalid(
		schema.GroupKind{Kind: "PersistentVolumeClaim"}, "datadir-0",
		field.ErrorList{field.Invalid(field.NewPath("metadata", "uid"), "u1", "field is immutable")},
	))
	ref := Ref{Kind: PersistentVolumeClaim, Namespace: "db", Name: "datadir-0", UID: "u1"}
	if err := NewWith(clientset, nobody{}).Annotate(t.Context(), ref, nil); !apierrors.IsConflict(err) {
		t.Errorf("got %v", err)
	}
}

// sentUID reads the UID out of the patch that was sent.
func sentUID(t *testing.T, clientset *fake.Clientset) types.UID {
	t.Helper()
	for _, action := range clientset.Actions() {
		if patch, ok := action.(clienttesting.PatchAction); ok {
			var sent struct{ Metadata struct{ UID types.UID } }
			if err := json.Unmarshal(patch.GetPatch(), &sent); err != nil {
				t.Fatal(err)
			}
			return sent.Metadata.UID
		}
	}
	t.Fatal("no patch was sent")
	return ""
}
