package deploy

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

func TestUp_makesAClusterStepByStepAndChangesNothingTheSecondTime(t *testing.T) {
	w := newWorld(t)
	first, err := w.up()
	wantNoError(t, err)
	golden(t, "up-first.txt", w.transcript())
	if first.Cluster.ClusterID != clusterA || w.inits != 1 {
		t.Errorf("cluster ID %q after %d inits", first.Cluster.ClusterID, w.inits)
	}
	if first.Changed == 0 || first.ThrottledFrom.IsZero() {
		t.Errorf("changed %d, throttled from %v", first.Changed, first.ThrottledFrom)
	}
	second, err := w.up()
	wantNoError(t, err)
	golden(t, "up-second.txt", w.transcript())
	if second.Changed != 0 || w.inits != 1 {
		t.Errorf("the second up changed %d objects, after %d inits", second.Changed, w.inits)
	}
}

func TestUp_makesVolumesOfItsOwnWhereThereIsNoClass(t *testing.T) {
	w := newWorldWithout(t, "")
	_, err := w.up(wish(Wish{HostPath: new("/data")}))
	wantNoError(t, err)
	golden(t, "up-host-path.txt", w.transcript())
	golden(t, "up-host-path-objects.txt", lines(w.objects()))
	again, err := w.up()
	wantNoError(t, err)
	if again.Changed != 0 || w.inits != 1 {
		t.Errorf("the second up changed %d objects, after %d inits:\n%s", again.Changed, w.inits, w.transcript())
	}
}

func TestUp_leavesNoLockBehind(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	leases, err := w.api.CoordinationV1().Leases("default").List(t.Context(), metav1.ListOptions{})
	wantNoError(t, err)
	if len(leases.Items) != 0 {
		t.Errorf("%d leases left", len(leases.Items))
	}
}

func TestUp_asksForTheIdentityBySQLWhereHTTPDoesNotTellIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login = true
	result, err := w.up(insecurely)
	wantNoError(t, err)
	if result.Cluster.ClusterID != clusterA {
		t.Errorf("cluster ID %q, want %q", result.Cluster.ClusterID, clusterA)
	}
}

func TestUp_refusesWhatItDidNotMake(t *testing.T) {
	w := newWorld(t, &corev1.Service{ObjectMeta: metav1.ObjectMeta{
		Name: "cockroachdb-public", Namespace: "default", UID: "theirs",
		ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl-create"}},
	}})
	_, err := w.up()
	refused := theError(t, err, Refused, "service/cockroachdb-public")
	if len(refused.Seen) != 1 || refused.Next == "" {
		t.Errorf("seen %q, next %q", refused.Seen, refused.Next)
	}
	if diff := cmp.Diff([]string(nil), w.writes()); diff != "" {
		t.Errorf("written beside the foreign object:\n%s", diff)
	}
}

func TestUp_doesNotInitialiseEmptyStoresOfARecordedCluster(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	_, err = w.down(Unasked)
	wantNoError(t, err)
	w.emptyStores()
	_, err = w.up()
	wantError(t, err, Refused, "empty store", "63dcc5b7")
	if w.asked != 1 {
		t.Errorf("asked for %d inits", w.asked)
	}
}

func TestUp_doesNotInitialiseAgainAfterAnInitWhoseEndWasLost(t *testing.T) {
	w := newWorld(t)
	w.afterInit = errCutOff
	_, err := w.up()
	if !errors.Is(err, errCutOff) {
		t.Fatalf("got %v, want the lost connection", err)
	}
	w.afterInit = nil
	result, err := w.up()
	wantNoError(t, err)
	if w.asked != 1 || result.Cluster.ClusterID != clusterA {
		t.Errorf("cluster ID %q, asked for %d inits", result.Cluster.ClusterID, w.asked)
	}
}

func TestUp_asksBeforeFreshAndDoesNothingOnRefusal(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	before := w.objects()
	w.writes()
	var losing []string
	declined := &Error{Message: "declined"}
	_, err = w.up(fresh(declined, &losing))
	if !errors.Is(err, declined) {
		t.Fatalf("got %v, want the refusal", err)
	}
	golden(t, "losing.txt", lines(losing))
	if diff := cmp.Diff([]string(nil), w.writes()); diff != "" {
		t.Errorf("written although declined:\n%s", diff)
	}
	if diff := cmp.Diff(before, w.objects()); diff != "" {
		t.Errorf("objects (-before +after):\n%s", diff)
	}
}

func TestUp_freshStartsEmpty(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	var losing []string
	result, err := w.up(fresh(nil, &losing))
	wantNoError(t, err)
	golden(t, "up-fresh.txt", w.transcript())
	if w.inits != 2 || result.Cluster.ClusterID != clusterB || result.Cluster.Incarnation != "12345678" {
		t.Errorf("%d inits, cluster %+v", w.inits, result.Cluster)
	}
}

func TestUp_freshKeepsWhatWasDecidedAndIsNotNamed(t *testing.T) {
	w := newWorldWithout(t, "")
	_, err := w.up(wish(Wish{HostPath: new("/data"), Memory: quantity("4Gi"), Image: new("cockroachdb/cockroach:v24.1.1")}))
	wantNoError(t, err)
	var losing []string
	result, err := w.up(wish(Wish{Nodes: new(1)}), fresh(nil, &losing))
	wantNoError(t, err)
	c := result.Cluster
	if c.HostPath != "/data" || c.Memory.String() != "4Gi" || c.Image != "cockroachdb/cockroach:v24.1.1" || c.Nodes != 1 {
		t.Errorf("got %+v", c)
	}
	if c.Incarnation != "12345678" || c.ClusterID == clusterA {
		t.Errorf("not empty: %+v", c)
	}
}

func TestUp_freshOnAHostPathLeavesTheClass(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	var losing []string
	result, err := w.up(wish(Wish{HostPath: new("/data")}), fresh(nil, &losing))
	wantNoError(t, err)
	if c := result.Cluster; c.HostPath != "/data" || c.StorageClass != "" {
		t.Errorf("got %+v", c)
	}
}

func TestUp_freshIsTheWayOutWhereUpRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*testing.T, *world) func(*UpOptions){
		"settings lost": func(t *testing.T, w *world) func(*UpOptions) {
			t.Helper()
			_, err := w.down(Unasked)
			wantNoError(t, err)
			wantNoError(t, w.api.CoreV1().ConfigMaps("default").Delete(t.Context(), "cockroachdb-cluster", metav1.DeleteOptions{}))
			return wish(Wish{})
		},
		"another size of the claims": func(*testing.T, *world) func(*UpOptions) {
			return wish(Wish{Storage: quantity("20Gi")})
		},
		"fewer nodes": func(*testing.T, *world) func(*UpOptions) { return wish(Wish{Nodes: new(1)}) },
		"deletion interrupted": func(t *testing.T, w *world) func(*UpOptions) {
			t.Helper()
			settings, err := w.api.CoreV1().ConfigMaps("default").Get(t.Context(), "cockroachdb-cluster", metav1.GetOptions{})
			wantNoError(t, err)
			settings.Annotations = map[string]string{cockroach.AnnotationDeleting: "2026-11-22T10:00:00Z"}
			_, err = w.api.CoreV1().ConfigMaps("default").Update(t.Context(), settings, metav1.UpdateOptions{})
			wantNoError(t, err)
			return wish(Wish{})
		},
	}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			_, err := w.up()
			wantNoError(t, err)
			asked := prepare(t, w)
			_, err = w.up(asked)
			wantError(t, err, Refused)
			var losing []string
			result, err := w.up(asked, fresh(nil, &losing))
			wantNoError(t, err)
			if len(losing) == 0 || result.Cluster.ClusterID != clusterB {
				t.Errorf("lost %q, cluster %q", losing, result.Cluster.ClusterID)
			}
		})
	}
}
