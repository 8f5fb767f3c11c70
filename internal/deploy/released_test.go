package deploy

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clienttesting "k8s.io/client-go/testing"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

// release makes a volume what it is after its claim was deleted.
func (w *world) release(claim string) {
	w.Helper()
	volumes := w.api.CoreV1().PersistentVolumes()
	list, err := volumes.List(w.Context(), metav1.ListOptions{})
	wantNoError(w.T, err)
	for i := range list.Items {
		volume := &list.Items[i]
		if volume.Spec.ClaimRef.Name == claim {
			volume.Spec.ClaimRef.UID = "gone"
			volume.Status.Phase = corev1.VolumeReleased
			_, err = volumes.Update(w.Context(), volume, metav1.UpdateOptions{})
			wantNoError(w.T, err)
		}
	}
	w.deleteClaim(claim)
}

// onOwnVolumes is a stopped cluster with volumes of our own.
func onOwnVolumes(t *testing.T) *world {
	t.Helper()
	w := newWorldWithout(t, "")
	_, err := w.up(wish(Wish{HostPath: new("/data")}))
	wantNoError(t, err)
	_, err = w.down(Unasked)
	wantNoError(t, err)
	return w
}

func TestUp_givesAReleasedVolumeBackToItsClaim(t *testing.T) {
	w := onOwnVolumes(t)
	w.release("datadir-cockroachdb-1")
	_, err := w.up()
	wantNoError(t, err)
	volume, err := w.api.CoreV1().PersistentVolumes().Get(t.Context(), "cockroachdb-1.default.0badcafe", metav1.GetOptions{})
	wantNoError(t, err)
	if ref := volume.Spec.ClaimRef; ref.UID != "" || ref.Name != "datadir-cockroachdb-1" {
		t.Errorf("claimRef %+v", ref)
	}
	if !strings.Contains(w.transcript(), "1 volume bound again") {
		t.Errorf("cleanup does not say it:\n%s", w.transcript())
	}
	if notes := w.notes(); len(notes) > 0 {
		t.Errorf("notes %q, though no data was lost", notes)
	}
}

// earlierCluster is a world in which a cluster's claims and settings are gone,
// as with the deletion of its namespace, and its volumes are left.
func earlierCluster(t *testing.T) *world {
	t.Helper()
	w := onOwnVolumes(t)
	for _, claim := range []string{"datadir-cockroachdb-0", "datadir-cockroachdb-1", "datadir-cockroachdb-2"} {
		w.release(claim)
	}
	wantNoError(t, w.api.CoreV1().ConfigMaps("default").Delete(t.Context(), "cockroachdb-cluster", metav1.DeleteOptions{}))
	return w
}

func TestUp_leavesVolumesOfAnEarlierClusterAlone(t *testing.T) {
	w := earlierCluster(t)
	_, err := w.up(wish(Wish{HostPath: new("/data")}), func(o *UpOptions) { o.Incarnation = "12345678" })
	wantNoError(t, err)
	w.wantNote("left as they are, with the data of an earlier cluster of this name: persistentvolume/cockroachdb-0.default.0badcafe (cluster 63dcc5b7), " +
		"persistentvolume/cockroachdb-1.default.0badcafe (cluster 63dcc5b7) and persistentvolume/cockroachdb-2.default.0badcafe (cluster 63dcc5b7)")
	volume, err := w.api.CoreV1().PersistentVolumes().Get(t.Context(), "cockroachdb-1.default.0badcafe", metav1.GetOptions{})
	wantNoError(t, err)
	if volume.Spec.ClaimRef.UID != "gone" || volume.Status.Phase != corev1.VolumeReleased {
		t.Errorf("touched: %+v", volume)
	}
}

func TestDown_deletesTheDirectoriesOfEarlierClustersToo(t *testing.T) {
	w := earlierCluster(t)
	_, err := w.up(wish(Wish{HostPath: new("/data")}), func(o *UpOptions) { o.Incarnation = "12345678" })
	wantNoError(t, err)
	wiped := w.wiped()
	_, err = w.down(Given)
	wantNoError(t, err)
	if left := w.objects(); len(left) > 0 {
		t.Errorf("left:\n%s", lines(left))
	}
	if got := wiped(); got != "/data/0badcafe /data/12345678" {
		t.Errorf("wiped %q", got)
	}
}

// wiped tells which parent directories were mounted to delete something below
// them, from now on.
func (w *world) wiped() func() string {
	w.api.ClearActions()
	return func() string {
		var found []string
		for _, action := range w.api.Actions() {
			create, ok := action.(clienttesting.CreateAction)
			if !ok {
				continue
			}
			if volume, ok := create.GetObject().(*corev1.PersistentVolume); ok && volume.Labels[cockroach.LabelPurpose] == cockroach.PurposeWipe {
				found = append(found, volume.Spec.Local.Path)
			}
		}
		slices.Sort(found)
		return strings.Join(found, " ")
	}
}

func TestHeapOf_takesOnlyDirectoriesThatWeMade(t *testing.T) {
	own := func(change func(*corev1.PersistentVolume)) *corev1.PersistentVolume {
		v := volumeOf("0badcafe", clusterA)
		v.Annotations[cockroach.AnnotationOrdinal] = "1"
		v.Spec.Local = &corev1.LocalVolumeSource{Path: "/data/0badcafe/1"}
		change(&v)
		return &v
	}
	at, n, ok := heapOf(own(func(*corev1.PersistentVolume) {}))
	if !ok || n != 1 || at.hostPath != "/data" || at.incarnation != "0badcafe" {
		t.Errorf("got %+v, %d, %v", at, n, ok)
	}
	for name, change := range map[string]func(*corev1.PersistentVolume){
		"another path":        func(v *corev1.PersistentVolume) { v.Spec.Local.Path = "/data/0badcafe/2" },
		"another incarnation": func(v *corev1.PersistentVolume) { v.Spec.Local.Path = "/data/12345678/1" },
		"no incarnation":      func(v *corev1.PersistentVolume) { v.Annotations[cockroach.AnnotationIncarnation] = ".." },
		"no ordinal":          func(v *corev1.PersistentVolume) { delete(v.Annotations, cockroach.AnnotationOrdinal) },
		"a way out":           func(v *corev1.PersistentVolume) { v.Spec.Local.Path = "/data/0badcafe/1/../../.." },
		"no local volume":     func(v *corev1.PersistentVolume) { v.Spec.Local = nil },
		"the root itself":     func(v *corev1.PersistentVolume) { v.Spec.Local.Path = "0badcafe/1" },
	} {
		if _, _, ok := heapOf(own(change)); ok {
			t.Errorf("%s: would be deleted", name)
		}
	}
}
