package kube

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

func names(refs []Ref) []string {
	var all []string
	for _, ref := range refs {
		all = append(all, ref.String())
	}
	return all
}

func TestLookup_keepsTheOrderAndTellsWhatIsAbsent(t *testing.T) {
	c := NewWith(fake.NewClientset(pod("a", nil), pod("c", nil)), nobody{})
	ask := []Ref{
		{Kind: Pod, Namespace: "db", Name: "c"}, {Kind: Pod, Namespace: "db", Name: "b"}, {Kind: Pod, Namespace: "db", Name: "a"},
	}
	found, err := c.Lookup(t.Context(), ask...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"pod/c", "pod/b", "pod/a"}, names(found)); diff != "" {
		t.Error(diff)
	}
	if !found[0].Exists() || found[1].Exists() || !found[2].Exists() {
		t.Errorf("got %+v", found)
	}
}

func TestLookup_namesThePermissionThatIsMissing(t *testing.T) {
	clientset := fake.NewClientset()
	fail(clientset, "get", "configmaps", forbidden("get", "configmaps"))
	_, err := NewWith(clientset, nobody{}).Lookup(t.Context(), Ref{Kind: ConfigMap, Namespace: "db", Name: "settings"})
	if !IsForbidden(err) || !apierrors.IsForbidden(err) {
		t.Fatalf("got %#v", err)
	}
	if got, want := err.Error(), "forbidden: get configmaps in namespace db"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestList_givesOnlyTheKindsAskedForSorted(t *testing.T) {
	ours := map[string]string{"app": "db"}
	c := NewWith(fake.NewClientset(
		pod("b", ours), pod("a", ours), pod("foreign", nil),
		&corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "db", Name: "s", Labels: ours}},
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "db", Name: "not-asked-for", Labels: ours}},
		&corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "v", Labels: ours}},
	), nobody{})
	found, err := c.List(t.Context(), "db", "app=db", Service, Pod, PersistentVolume)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"service/s", "pod/a", "pod/b", "persistentvolume/v"}
	if diff := cmp.Diff(want, names(found)); diff != "" {
		t.Error(diff)
	}
}

func TestDelete_isForOneUIDOnly(t *testing.T) {
	clientset := fake.NewClientset(pod("a", nil))
	c := NewWith(clientset, nobody{})
	grace := int64(5)
	ref := Ref{Kind: Pod, Namespace: "db", Name: "a", UID: "uid-a"}
	if err := c.Delete(t.Context(), ref, DeleteOptions{Grace: &grace, Propagation: metav1.DeletePropagationOrphan}); err != nil {
		t.Fatal(err)
	}
	sent := clientset.Actions()[0].(clienttesting.DeleteAction).GetDeleteOptions()
	if *sent.Preconditions.UID != "uid-a" || sent.Preconditions.ResourceVersion != nil ||
		*sent.GracePeriodSeconds != 5 || *sent.PropagationPolicy != metav1.DeletePropagationOrphan {
		t.Errorf("sent %+v", sent)
	}
	if err := c.Delete(t.Context(), ref, DeleteOptions{}); err != nil {
		t.Errorf("deleting what is gone: %v", err)
	}
	if err := c.Delete(t.Context(), Ref{Kind: Pod, Name: "a"}, DeleteOptions{}); err == nil {
		t.Error("deleted without knowing which")
	}
}

func TestDelete_ofAnObjectThatWasReplacedIsDone(t *testing.T) {
	clientset := fake.NewClientset()
	fail(clientset, "delete", "pods", apierrors.NewConflict(resource("pods"), "a", errors.New("UID in precondition: x, UID in object meta: y")))
	err := NewWith(clientset, nobody{}).Delete(t.Context(), Ref{Kind: Pod, Namespace: "db", Name: "a", UID: "x"}, DeleteOptions{})
	if err != nil {
		t.Error(err)
	}
}

func TestRemaining_countsOnlyTheSameObject(t *testing.T) {
	c := NewWith(fake.NewClientset(pod("a", nil), pod("b", nil)), nobody{})
	remaining, err := c.Remaining(t.Context(), []Ref{
		{Kind: Pod, Namespace: "db", Name: "a", UID: "uid-a"},
		{Kind: Pod, Namespace: "db", Name: "b", UID: "an-earlier-b"},
		{Kind: Pod, Namespace: "db", Name: "c", UID: "uid-c"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"pod/a"}, names(remaining)); diff != "" {
		t.Error(diff)
	}
}

func TestRead_absentIsNilAndNoError(t *testing.T) {
	c := NewWith(fake.NewClientset(), nobody{})
	settings, err := c.ConfigMap(t.Context(), "db", "settings")
	if settings != nil || err != nil {
		t.Errorf("got %v, %v", settings, err)
	}
	pod, err := c.Pod(t.Context(), "db", "a")
	if pod != nil || err != nil {
		t.Errorf("got %v, %v", pod, err)
	}
	namespace, err := c.Namespace(t.Context(), "db")
	if namespace != nil || err != nil {
		t.Errorf("got %v, %v", namespace, err)
	}
}

func TestNodePods_leavesOutWhatIsFinished(t *testing.T) {
	done := pod("done", nil)
	done.Status.Phase = corev1.PodSucceeded
	pods, err := NewWith(fake.NewClientset(done, pod("b", nil), pod("a", nil)), nobody{}).NodePods(t.Context())
	if err != nil || len(pods) != 2 || pods[0].Name != "a" {
		t.Errorf("got %v, %v", pods, err)
	}
}

func TestCreate_leavesAlreadyExistsRecognisable(t *testing.T) {
	c := NewWith(fake.NewClientset(pod("a", nil)), nobody{})
	_, err := c.Create(t.Context(), pod("a", nil))
	if !apierrors.IsAlreadyExists(err) {
		t.Fatalf("got %v", err)
	}
	made, err := c.Create(t.Context(), pod("b", nil))
	if err != nil || made.String() != "pod/b" || made.UID != "uid-b" {
		t.Errorf("got %+v, %v", made, err)
	}
}

func TestRefTo_namesWhatAnApplyConfigurationIsFor(t *testing.T) {
	got := RefTo(settings("3"))
	if diff := cmp.Diff(Ref{Kind: ConfigMap, Namespace: "db", Name: "settings"}, got); diff != "" {
		t.Error(diff)
	}
	if got := RefOf(Pod, pod("a", nil)); got.UID != "uid-a" || got.String() != "pod/a" {
		t.Errorf("got %+v", got)
	}
}

func TestRead_listsComeSorted(t *testing.T) {
	meta := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: "db", Name: name, Labels: ours()}
	}
	c := NewWith(fake.NewClientset(
		&corev1.PersistentVolumeClaim{ObjectMeta: meta("b")}, &corev1.PersistentVolumeClaim{ObjectMeta: meta("a")},
		&corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "b", Labels: ours()}}, &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "foreign"}},
		&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "b"}}, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "a"}},
		&storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "b"}}, &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "a"}},
	), nobody{})
	claims, err := c.Claims(t.Context(), "db", "app=db")
	if err != nil || len(claims) != 2 || claims[0].Name != "a" {
		t.Errorf("claims %v, %v", claims, err)
	}
	volumes, err := c.Volumes(t.Context(), "app=db")
	if err != nil || len(volumes) != 1 || volumes[0].Name != "b" {
		t.Errorf("volumes %v, %v", volumes, err)
	}
	nodes, err := c.Nodes(t.Context())
	if err != nil || len(nodes) != 2 || nodes[0].Name != "a" {
		t.Errorf("nodes %v, %v", nodes, err)
	}
	classes, err := c.Classes(t.Context())
	if err != nil || len(classes) != 2 || classes[0].Name != "a" {
		t.Errorf("classes %v, %v", classes, err)
	}
}
