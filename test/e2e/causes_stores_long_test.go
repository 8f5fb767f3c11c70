//go:build long

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// What lies on a volume is not what the cluster left there, and what only
// takes long is no failure.

func TestCauses_ofDataMadeAnew(t *testing.T) {
	p := arrive(t, waitsForConsumer)
	p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods")
	p.step("a claim and its pod are deleted, and both are made again, empty", func(p place) {
		p.kubectl("delete", "persistentvolumeclaim", "datadir-cockroachdb-1", "--wait=false")
		p.kubectl("delete", "pod", "cockroachdb-1", "--grace-period=1")
		p.statusComesTo("(DATA_REPLACED)", "cockroachdb-1")
	})
	p.step("up takes it as it is now", func(p place) {
		p.crdb("up").ok("ready in", "3 pods")
		p.crdb("status").ok("healthy")
	})
}

func TestCauses_ofTheStoreOfAnotherCluster(t *testing.T) {
	p := arrive(t, defaultClass)
	p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods")
	p.step("a volume is exchanged for that of another cluster", func(p place) {
		p.crdb(p.up(p.small("--name", "other")...)...).ok("ready in", "3 pods")
		p.crdb("down").ok("stopped in")
		p.crdb("down", "--name", "other").ok("stopped in")
		exchange(p.t, p.store("datadir-cockroachdb-2"), p.store("datadir-other-2"))
		began := time.Now()
		got := p.crdb("up", "--grace", "2m").fails(1, "(STORE_OF_OTHER_CLUSTER)", "cockroachdb-2", "doesn't match")
		started := p.pods()[2].Status.ContainerStatuses[0].State.Running.StartedAt
		// Kubernetes tells the time in whole seconds.
		if took := began.Add(got.took).Sub(started.Time); took > 6*time.Second {
			p.t.Errorf("said %s after the container ran", took)
		}
	})
	p.step("exchanged back, up goes on", func(p place) {
		p.crdb("down").ok("stopped in")
		exchange(p.t, p.store("datadir-cockroachdb-2"), p.store("datadir-other-2"))
		p.crdb("down", "--name", "other", "--delete-data", "--yes").ok("gone in")
		p.crdb("up").ok("ready in", "3 pods")
		p.oneCluster(3)
	})
}

func TestUp_waitsForPodsThatOnlyTakeLong(t *testing.T) {
	p := arrive(t, defaultClass)
	patch := file(t, "patch.yaml", []byte(patchOf("", "readinessProbe: {initialDelaySeconds: 45}")))
	p.idle(func() {
		got := p.crdb(p.up(p.small("--patch", patch, "--grace", "1s")...)...).ok("ready in", "3 pods")
		if got.took < 45*time.Second {
			t.Errorf("took %s: this shows nothing", got.took)
		}
	})
}

// store is the directory behind a claim of the class that binds at once.
func (p place) store(claim string) string {
	p.t.Helper()
	if names := p.directories()["all machines"]; !slices.Contains(names, claim) {
		p.t.Fatalf("no %s in %s", claim, names)
	}
	return filepath.Join(p.cluster.dir, "shared", "hostpath-provisioner", p.namespace, claim)
}

// exchange gives each of two directories the content of the other.
func exchange(t *testing.T, a, b string) {
	t.Helper()
	aside := a + ".aside"
	for _, move := range [][2]string{{a, aside}, {b, a}, {aside, b}} {
		if err := os.Rename(move[0], move[1]); err != nil {
			t.Fatal(err)
		}
	}
}
