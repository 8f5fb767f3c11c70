package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// What older ways to run CockroachDB left behind: found, explained, refused,
// and deleted only where the user says so.

func TestUp_explainsAndDeletesWhatTheManifestsOf2026Left(t *testing.T) {
	p := arrive(t, defaultClass)
	p.kubectlWith(fixture(t, "recipe-2026.yaml"), "apply", "-f", "-")
	p.boundClaims(3)
	p.refuseRecipe("v26.1.3", "BACKUP and RESTORE", "job/cluster-init", "pod/cockroachdb-2", "persistentvolumeclaim/datadir-cockroachdb-2")
	p.wipeRecipe("job/cluster-init", "statefulset/cockroachdb", "persistentvolumeclaim/datadir-cockroachdb-2")
}

func fixture(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (p place) boundClaims(want int) {
	p.t.Helper()
	p.await(20*time.Second, func() string {
		bound := 0
		for _, claim := range p.claims() {
			if claim.Status.Phase == corev1.ClaimBound {
				bound++
			}
		}
		if bound != want {
			return fmt.Sprintf("%d of %d claims bound", bound, want)
		}
		return ""
	})
}

// refuseRecipe wants that nothing of the recipe is touched unasked.
func (p place) refuseRecipe(words ...string) {
	p.t.Helper()
	p.step("up refuses, and says what it is, who made it and what to do", func(p place) {
		words := append(slices.Clone(words), "left by the recipe", "kubectl-c", "statefulset/cockroachdb", "service/cockroachdb-public",
			"poddisruptionbudget/cockroachdb-budget", "--fresh", "--name cockroachdb-2")
		p.untouchedBy(func() { p.crdb(p.up(p.small()...)...).fails(5, words...) })
	})
	p.step("up --fresh off a terminal refuses without --yes", func(p place) {
		p.untouchedBy(func() { p.crdb(p.up(p.small("--fresh")...)...).fails(5, "--yes") })
	})
	p.step("down finds nothing of its own", func(p place) {
		p.untouchedBy(func() { p.crdb("down", "--delete-data", "--yes").ok("nothing to do") })
	})
}

// untouchedBy wants that nothing is made, changed or removed.
func (p place) untouchedBy(do func()) {
	p.t.Helper()
	before := p.lookStill()
	do()
	if diff := cmp.Diff(before, p.lookStill()); diff != "" {
		p.t.Errorf("objects were touched (-before +after):\n%s", diff)
	}
	p.unlocked()
}

// lookStill is look without the versions that move by themselves where pods
// try their image for ever.
func (p place) lookStill() state {
	p.t.Helper()
	seen := p.look()
	for name, at := range seen {
		if kind, _, _ := strings.Cut(name, "/"); slices.Contains([]string{"pod", "statefulset", "poddisruptionbudget"}, kind) {
			seen[name], _, _ = strings.Cut(at, " at ")
		}
	}
	return seen
}

// wipeRecipe wants that all of it is listed and deleted, and the cluster ready.
func (p place) wipeRecipe(words ...string) {
	p.t.Helper()
	p.step("up --fresh --yes lists it, deletes all of it and ends ready", func(p place) {
		got := p.crdb(p.up(p.small("--fresh", "--yes")...)...).ok("ready in", "3 pods")
		got.says(got.stderr, words...)
		p.oneCluster(3)
		if left := p.kubectl("get", "statefulsets,services,poddisruptionbudgets,persistentvolumeclaims,jobs", "-l", "app=cockroachdb", "-o", "name"); left != "" {
			p.t.Errorf("left:\n%s", left)
		}
		p.await(20*time.Second, func() string { // those of the Job are the garbage collector's
			return strings.TrimSpace(p.kubectl("get", "pods", "-l", "app=cockroachdb", "-o", "name") +
				p.kubectl("get", "pods", "-l", "batch.kubernetes.io/job-name=cluster-init", "-o", "name"))
		})
		p.crdb("status").ok("healthy")
	})
}
