package deploy

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUp_twoClustersInOneNamespaceDoNotSeeEachOther(t *testing.T) {
	// Names one of which begins with the other, and with a number behind it.
	first, second := Target{"default", "db"}, Target{"default", "db-1"}
	w := newWorld(t)
	one, err := w.upOf(first)
	wantNoError(t, err)
	alone := w.objects()
	two, err := w.upOf(second)
	wantNoError(t, err)
	if one.Cluster.ClusterID == two.Cluster.ClusterID || w.inits != 2 {
		t.Errorf("%q and %q after %d inits", one.Cluster.ClusterID, two.Cluster.ClusterID, w.inits)
	}
	again, err := w.upOf(first)
	wantNoError(t, err)
	if again.Changed != 0 {
		t.Errorf("the second cluster changed %d objects of the first", again.Changed)
	}
	_, err = w.downOf(second, Given)
	wantNoError(t, err)
	if diff := cmp.Diff(alone, w.objects()); diff != "" {
		t.Errorf("objects of the first (-before +after):\n%s", diff)
	}
}

func TestUp_sameNameInTwoNamespacesAreTwoClusters(t *testing.T) {
	here, there := Target{"default", "db"}, Target{"other", "db"}
	hostPath := wish(Wish{HostPath: new("/data")})
	w := newWorldWithout(t, "")
	_, err := w.upOf(here, hostPath)
	wantNoError(t, err)
	_, err = w.upOf(there, hostPath)
	wantNoError(t, err)
	_, err = w.downOf(here, Given)
	wantNoError(t, err)
	left := w.objects()
	if slices.ContainsFunc(left, func(name string) bool {
		return strings.HasPrefix(name, "default/") || strings.Contains(name, ".default.")
	}) {
		t.Errorf("not deleted:\n%s", lines(left))
	}
	again, err := w.upOf(there)
	wantNoError(t, err)
	if again.Changed != 0 || again.Cluster.ClusterID != clusterB {
		t.Errorf("the other cluster changed: %d objects, ID %q", again.Changed, again.Cluster.ClusterID)
	}
}

func TestUp_refusesANameWhoseServiceIsAnothersAlready(t *testing.T) {
	w := newWorld(t)
	_, err := w.upOf(Target{"default", "db"})
	wantNoError(t, err)
	w.writes()
	_, err = w.upOf(Target{"default", "db-public"})
	wantError(t, err, Refused, "service/db-public")
	if diff := cmp.Diff([]string(nil), w.writes()); diff != "" {
		t.Errorf("written:\n%s", diff)
	}
}
