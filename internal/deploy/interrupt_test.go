package deploy

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// cutEverywhere runs command again and again on a new world, cut off before
// the first request, then before one that comes so many requests later, and so
// on, until it ends uncut; after each cut it calls then.
func cutEverywhere(t *testing.T, every int, prepare func(*testing.T) *world, command func(*world) error, then func(*testing.T, *world)) {
	t.Helper()
	t.Parallel()
	const atOnce = 10
	var uncut atomic.Bool
	for first := 0; !uncut.Load() && !t.Failed(); first += atOnce * every {
		t.Run(fmt.Sprintf("from %d on", first), func(t *testing.T) {
			for n := first; n < first+atOnce*every; n += every {
				t.Run(fmt.Sprintf("after %d requests", n), func(t *testing.T) {
					t.Parallel()
					w := prepare(t)
					w.cutAfter(n)
					err := command(w)
					if !w.cutOff() {
						wantNoError(t, err)
						uncut.Store(true)
					}
					w.cutAfter(-1)
					then(t, w)
				})
			}
		})
	}
}

// upEndsRight runs up and looks whether everything is as after an up that
// was never cut off, with one init in all.
func upEndsRight(t *testing.T, w *world, objects []string, change ...func(*UpOptions)) {
	t.Helper()
	result, err := w.up(change...)
	wantNoError(t, err)
	if w.inits != 1 || result.Cluster.ClusterID != clusterA {
		t.Errorf("cluster ID %q after %d inits:\n%s", result.Cluster.ClusterID, w.inits, w.transcript())
	}
	if diff := cmp.Diff(objects, w.objects()); diff != "" {
		t.Errorf("objects (-uncut +now):\n%s", diff)
	}
}

// uncutObjects are those of an up that ran through.
func uncutObjects(t *testing.T, build func(*testing.T) *world, change ...func(*UpOptions)) []string {
	t.Helper()
	w := build(t)
	_, err := w.up(change...)
	wantNoError(t, err)
	return w.objects()
}

func withClass(t *testing.T) *world {
	t.Helper()
	return newWorld(t)
}

func withoutClass(t *testing.T) *world {
	t.Helper()
	return newWorldWithout(t, "")
}

// serving is a world with a cluster that serves.
func serving(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	return w
}

func TestUp_goesOnFromWhereverItWasCutOff(t *testing.T) {
	objects := uncutObjects(t, withClass)
	up := func(w *world) error { _, err := w.up(); return err }
	cutEverywhere(t, 2, withClass, up, func(t *testing.T, w *world) {
		upEndsRight(t, w, objects)
		if again, err := w.up(); err != nil || again.Changed != 0 {
			t.Errorf("up once more changed %d objects, error %v:\n%s", again.Changed, err, w.transcript())
		}
	})
}

func TestUp_withVolumesOfItsOwnGoesOnFromWhereverItWasCutOff(t *testing.T) {
	hostPath := wish(Wish{HostPath: new("/data")})
	objects := uncutObjects(t, withoutClass, hostPath)
	up := func(w *world) error { _, err := w.up(hostPath); return err }
	cutEverywhere(t, 5, withoutClass, up, func(t *testing.T, w *world) {
		upEndsRight(t, w, objects, hostPath)
	})
}

func TestUp_freshGoesOnFromWhereverItWasCutOffAndKeepsWhatWasDecided(t *testing.T) {
	const image = "cockroachdb/cockroach:v21.1.2"
	decided := func(t *testing.T) *world {
		t.Helper()
		w := newWorld(t)
		_, err := w.up(wish(Wish{Image: new(image), Nodes: new(1)}))
		wantNoError(t, err)
		return w
	}
	up := func(w *world) error {
		var losing []string
		_, err := w.up(fresh(nil, &losing))
		return err
	}
	cutEverywhere(t, 2, decided, up, func(t *testing.T, w *world) {
		var losing []string
		result, err := w.up(fresh(nil, &losing))
		wantNoError(t, err)
		if result.Cluster.Image != image || result.Cluster.Nodes != 1 {
			t.Errorf("%d nodes of %s", result.Cluster.Nodes, result.Cluster.Image)
		}
		if again, err := w.up(); err != nil || again.Changed != 0 {
			t.Errorf("up once more changed %d objects, error %v:\n%s", again.Changed, err, w.transcript())
		}
	})
}

func TestDown_goesOnFromWhereverItWasCutOffAndLosesNothing(t *testing.T) {
	objects := uncutObjects(t, withClass)
	down := func(w *world) error { _, err := w.down(Unasked); return err }
	cutEverywhere(t, 3, serving, down, func(t *testing.T, w *world) {
		_, err := w.down(Unasked)
		wantNoError(t, err)
		want := []string{
			"default/configmap/cockroachdb-cluster",
			"default/persistentvolumeclaim/datadir-cockroachdb-0",
			"default/persistentvolumeclaim/datadir-cockroachdb-1",
			"default/persistentvolumeclaim/datadir-cockroachdb-2",
			"default/secret/cockroachdb-app",
			"default/secret/cockroachdb-ca",
			"default/secret/cockroachdb-certs",
		}
		if diff := cmp.Diff(want, w.objects()); diff != "" {
			t.Errorf("objects after down (-want +got):\n%s", diff)
		}
		upEndsRight(t, w, objects)
	})
}

func TestUp_continuesAfterADownThatWasCutOff(t *testing.T) {
	objects := uncutObjects(t, withClass)
	down := func(w *world) error { _, err := w.down(Unasked); return err }
	cutEverywhere(t, 3, serving, down, func(t *testing.T, w *world) { upEndsRight(t, w, objects) })
}

func TestDown_deletingDataGoesOnFromWhereverItWasCutOffAndLeavesNothing(t *testing.T) {
	down := func(w *world) error { _, err := w.down(Given); return err }
	cutEverywhere(t, 3, serving, down, func(t *testing.T, w *world) {
		_, err := w.down(Given)
		wantNoError(t, err)
		if diff := cmp.Diff([]string(nil), w.objects()); diff != "" {
			t.Errorf("left:\n%s", diff)
		}
	})
}

func TestUp_afterAnInterruptedDeletionIsTheOldClusterOrANewOneOrRefuses(t *testing.T) {
	var refused atomic.Int32
	down := func(w *world) error { _, err := w.down(Given); return err }
	cutEverywhere(t, 3, serving, down, func(t *testing.T, w *world) {
		result, err := w.up()
		if err != nil {
			refused.Add(1)
			own := theError(t, err, Refused, "--delete-data was interrupted")
			if !strings.Contains(own.Next, "--delete-data") {
				t.Errorf("next %q", own.Next)
			}
			return
		}
		if want := []string{clusterA, clusterB}[w.inits-1]; result.Cluster.ClusterID != want {
			t.Errorf("cluster ID %q after %d inits", result.Cluster.ClusterID, w.inits)
		}
		for i := range 3 {
			if id := w.store("default", fmt.Sprintf("cockroachdb-%d", i)); id != result.Cluster.ClusterID {
				t.Errorf("pod %d has the store of %q", i, id)
			}
		}
	})
	if refused.Load() == 0 {
		t.Error("no cut was refused: the deletion was never half-way")
	}
}
