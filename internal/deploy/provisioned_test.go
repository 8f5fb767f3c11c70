package deploy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// bind makes a volume of a class for one of the cluster's claims.
func (w *world) bind(claim, volume string, policy corev1.PersistentVolumeReclaimPolicy) {
	w.Helper()
	claims := w.api.CoreV1().PersistentVolumeClaims("default")
	found, err := claims.Get(w.Context(), claim, metav1.GetOptions{})
	wantNoError(w.T, err)
	found.Spec.VolumeName = volume
	_, err = claims.Update(w.Context(), found, metav1.UpdateOptions{})
	wantNoError(w.T, err)
	wantNoError(w.T, w.tracker.Add(&corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: volume, UID: "uid-of-the-volume"},
		Spec:       corev1.PersistentVolumeSpec{PersistentVolumeReclaimPolicy: policy},
	}))
}

func TestDown_saysThatTheClassKeepsTheVolumes(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	w.bind("datadir-cockroachdb-1", "pvc-1", corev1.PersistentVolumeReclaimRetain)
	result, err := w.down(Given)
	wantNoError(t, err)
	if diff := cmp.Diff([]string{"persistentvolume/pvc-1"}, result.Retained); diff != "" {
		t.Errorf("retained (-want +got):\n%s", diff)
	}
}

// A provisioner may give the next claim of the same name the directory that it
// is about to delete.
func TestDown_waitsUntilTheProvisionerHasDeletedItsVolumes(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	w.bind("datadir-cockroachdb-1", "pvc-1", corev1.PersistentVolumeReclaimDelete)
	ended := make(chan error, 1)
	go func() {
		_, err := w.down(Given)
		ended <- err
	}()
	w.until("delete data", "waiting for persistentvolume/pvc-1 to be gone")
	wantNoError(t, w.api.CoreV1().PersistentVolumes().Delete(t.Context(), "pvc-1", metav1.DeleteOptions{}))
	wantNoError(t, <-ended)
}
