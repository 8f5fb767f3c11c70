package deploy

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

func TestDown_keepsClaimsAndSettings(t *testing.T) {
	w := serving(t)
	result, err := w.down(Unasked)
	wantNoError(t, err)
	golden(t, "down.txt", w.transcript())
	if diff := cmp.Diff([]string{"3 claims of 10Gi", "certificates", "credentials", "settings"}, result.Kept); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	up, err := w.up()
	wantNoError(t, err)
	if up.Cluster.ClusterID != clusterA || w.inits != 1 {
		t.Errorf("cluster ID %q after %d inits", up.Cluster.ClusterID, w.inits)
	}
}

func TestDown_withDataRemovesTheSettingsLast(t *testing.T) {
	w := serving(t)
	w.writes()
	result, err := w.down(Given)
	wantNoError(t, err)
	golden(t, "down-data.txt", w.transcript())
	writes := w.writes()
	if last := writes[len(writes)-1]; last != "delete configmaps" {
		t.Errorf("the last to go: %s", last)
	}
	if len(result.Kept) != 0 || len(w.objects()) != 0 {
		t.Errorf("kept %q, left %q", result.Kept, w.objects())
	}
}

func TestDown_marksTheSettingsBeforeAnyDataGoes(t *testing.T) {
	w := serving(t)
	w.writes()
	_, err := w.down(Given)
	wantNoError(t, err)
	marked := false
	for _, write := range w.writes() {
		switch write {
		case "patch configmaps":
			marked = true
		case "delete persistentvolumeclaims":
			if !marked {
				t.Fatal("a claim went before the settings were marked")
			}
		}
	}
	if !marked {
		t.Error("the settings were never marked")
	}
}

func TestDown_withDataWipesTheDirectoriesOfOwnVolumes(t *testing.T) {
	w := newWorldWithout(t, "")
	_, err := w.up(wish(Wish{HostPath: new("/data")}))
	wantNoError(t, err)
	_, err = w.down(Given)
	wantNoError(t, err)
	golden(t, "down-host-path.txt", w.transcript())
	if diff := cmp.Diff([]string(nil), w.objects()); diff != "" {
		t.Errorf("left:\n%s", diff)
	}
}

func TestDown_countsWhatLiesOnADeadMachineAsLeft(t *testing.T) {
	w := newWorldWithout(t, "")
	_, err := w.up(wish(Wish{HostPath: new("/data")}))
	wantNoError(t, err)
	node := machineNode("m1", "4", "32Gi")
	node.Status.Conditions[0].Status = corev1.ConditionUnknown
	_, err = w.api.CoreV1().Nodes().UpdateStatus(t.Context(), node, metav1.UpdateOptions{})
	wantNoError(t, err)
	result, err := w.down(Given)
	wantError(t, err, Failed, "/data/0badcafe/0 on node m1", "still there")
	if len(result.Left) != 3 {
		t.Errorf("left %q", result.Left)
	}
	kept := []string{
		"/persistentvolume/cockroachdb-0.default.0badcafe",
		"/persistentvolume/cockroachdb-1.default.0badcafe",
		"/persistentvolume/cockroachdb-2.default.0badcafe",
		"default/configmap/cockroachdb-cluster",
		"default/secret/cockroachdb-app", "default/secret/cockroachdb-ca", "default/secret/cockroachdb-certs",
	}
	if diff := cmp.Diff(kept, w.objects()); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

func TestDown_ofNothingDoesNothing(t *testing.T) {
	for _, data := range []Consent{Unasked, Given} {
		w := newWorld(t)
		result, err := w.down(data)
		wantNoError(t, err)
		if !result.Nothing {
			t.Errorf("%q: got %+v", data, result)
		}
		if diff := cmp.Diff([]string(nil), w.writes()); diff != "" {
			t.Errorf("%q: written:\n%s", data, diff)
		}
	}
}

func TestDown_doesNothingWhenDeclined(t *testing.T) {
	w := serving(t)
	w.writes()
	declined := errors.New("declined")
	ctx, cancel := w.run()
	defer cancel()
	_, err := Down(ctx, w.client, target(), DownOptions{
		Data:    Given,
		Confirm: func([]string) error { return declined },
		Lock:    LockOptions{Holder: kube.Holder{Token: "t"}},
		Now:     time.Now,
	}, w.record)
	if !errors.Is(err, declined) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff([]string(nil), w.writes()); diff != "" {
		t.Errorf("written although declined:\n%s", diff)
	}
}

func TestDown_leavesForeignObjectsAlone(t *testing.T) {
	labels := map[string]string{
		cockroach.LabelName: "cockroachdb", cockroach.LabelInstance: "cockroachdb", cockroach.LabelManagedBy: "Helm",
	}
	theirs := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Name: name, Namespace: "default", UID: "theirs", Labels: labels}
	}
	elsewhere := target().labels()
	elsewhere[cockroach.LabelNamespace] = "other"
	w := newWorld(
		t,
		&corev1.Pod{ObjectMeta: theirs("cockroachdb-client")},
		&corev1.Service{ObjectMeta: theirs("cockroachdb-nodeport")},
		&corev1.PersistentVolumeClaim{ObjectMeta: theirs("datadir-cockroachdb-7")},
		&corev1.ConfigMap{ObjectMeta: theirs("cockroachdb-init")},
		&corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "pv0", UID: "pv0", Labels: elsewhere}},
		&corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "pv1", UID: "pv1"}},
	)
	foreign := w.objects()
	// What is ours, beside them: a Service of a half-made cluster.
	ours := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "cockroachdb-public", Namespace: "default", UID: "ours", Labels: target().labels()}}
	_, err := w.api.CoreV1().Services("default").Create(t.Context(), ours, metav1.CreateOptions{})
	wantNoError(t, err)
	_, err = w.down(Given)
	wantNoError(t, err)
	if diff := cmp.Diff(foreign, w.objects()); diff != "" {
		t.Errorf("objects (-foreign +left):\n%s", diff)
	}
}

// labels are those that mark what belongs to a cluster.
func (t Target) labels() map[string]string {
	return cockroach.Cluster{Namespace: t.Namespace, Name: t.Name}.Labels()
}

func TestDown_needsNoWayToReachPods(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	w.missing = func(_, resource string) bool { return resource == "pods/proxy" || resource == "pods/portforward" }
	_, err = w.down(Unasked)
	wantNoError(t, err)
}
