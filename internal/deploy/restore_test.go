package deploy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

func (w *world) deleteSettings() {
	w.Helper()
	wantNoError(w.T, w.api.CoreV1().ConfigMaps("default").Delete(w.Context(), "cockroachdb-cluster", metav1.DeleteOptions{}))
}

const settingsAgain = "the settings of the cluster were gone; they are made again from what there is"

func TestUp_makesLostSettingsAgainFromWhatRuns(t *testing.T) {
	t.Parallel()
	for name, asked := range map[string]Wish{
		"on a class":               {Memory: quantity("4Gi"), SpareVolumes: new(1)},
		"on volumes of our own":    {HostPath: new("/data"), Image: new("cockroachdb/cockroach:v24.1.1")},
		"a single node, no change": {Nodes: new(1)},
		"insecure":                 {Security: new(cockroach.Insecure)},
		"without a user":           {AppUser: new("")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			first, err := w.up(wish(asked))
			wantNoError(t, err)
			w.deleteSettings()
			again, err := w.up()
			wantNoError(t, err)
			w.wantNote(settingsAgain)
			if diff := cmp.Diff(first.Cluster.Record(), again.Cluster.Record()); diff != "" {
				t.Errorf("settings (-first +again):\n%s", diff)
			}
			if again.Changed != 1 || w.asked > 1 {
				t.Errorf("%d objects changed, %d inits", again.Changed, w.asked)
			}
		})
	}
}

func TestDown_makesLostSettingsAgainBeforeTheSetGoes(t *testing.T) {
	w := newWorld(t)
	first, err := w.up()
	wantNoError(t, err)
	w.deleteSettings()
	_, err = w.down(Unasked)
	wantNoError(t, err)
	w.wantNote("configmap/cockroachdb-cluster was gone, and is made again from what there is")
	again, err := w.up()
	wantNoError(t, err)
	if diff := cmp.Diff(first.Cluster.Record(), again.Cluster.Record()); diff != "" {
		t.Errorf("settings (-first +again):\n%s", diff)
	}
}

func TestUp_takesClaimsWithoutSettingsUpAsItIsTold(t *testing.T) {
	w := newWorld(t)
	first, err := w.up()
	wantNoError(t, err)
	_, err = w.down(Unasked)
	wantNoError(t, err)
	w.deleteSettings()
	_, err = w.up()
	own := theError(t, err, Refused, "has 3 claims, but configmap/cockroachdb-cluster with its settings is gone")
	if own.Next != "crdb-kube up --nodes N --image IMAGE, with what they were, takes the claims up again; crdb-kube up --fresh deletes them with their data" {
		t.Errorf("next %q", own.Next)
	}
	again, err := w.up(wish(Wish{Nodes: new(3), Image: new(first.Cluster.Image)}))
	wantNoError(t, err)
	if diff := cmp.Diff(first.Cluster.Record(), again.Cluster.Record()); diff != "" || w.asked != 1 {
		t.Errorf("%d inits, settings (-first +again):\n%s", w.asked, diff)
	}
}

func TestDown_refusesToStopPodsThatHoldClaimsWhichAreBeingDeleted(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	claims := w.api.CoreV1().PersistentVolumeClaims("default")
	claim, err := claims.Get(t.Context(), "datadir-cockroachdb-2", metav1.GetOptions{})
	wantNoError(t, err)
	claim.DeletionTimestamp, claim.Finalizers = new(metav1.Now()), []string{"kubernetes.io/pvc-protection"}
	_, err = claims.Update(t.Context(), claim, metav1.UpdateOptions{})
	wantNoError(t, err)
	w.writes()
	_, err = w.down(Unasked)
	wantError(t, err, Refused, "1 claim being deleted, and only the pods that run still hold the data")
	if diff := cmp.Diff([]string(nil), w.writes()); diff != "" {
		t.Errorf("written all the same:\n%s", diff)
	}
}
