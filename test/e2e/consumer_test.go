package e2e

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// A class that binds only when a pod needs the volume, as kind and k3d have
// it: whoever waits for Bound before making pods waits for ever, and a spare
// claim is Pending all its life.

func TestCluster_livesOnAClassThatWaitsForItsPods(t *testing.T) {
	p := arrive(t, waitsForConsumer)
	p.step("a class that does not exist is named with those that do, and nothing is made", func(p place) {
		before := p.look()
		p.crdb(p.up("--storage-class", "absent")...).fails(1, "storageclass absent: not found", "standard")
		p.same(before)
		p.unlocked()
	})
	p.step("up does not wait for Bound before it makes the pods", func(p place) {
		got := p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods")
		got.says(got.stderr, "class standard binds when a pod needs it")
		p.oneCluster(3)
		p.writeRow()
	})
	p.step("a changed flag changes only what it names", func(p place) {
		before, pods := p.settings(), p.pods()
		p.crdb("up", "--spare-volumes", "1").ok("ready in")
		before["spare-volumes"] = "1"
		if diff := cmp.Diff(before, p.settings()); diff != "" {
			p.t.Errorf("settings (-want +got):\n%s", diff)
		}
		p.untouched(pods)
	})
	p.step("a spare claim that is Pending is healthy", func(p place) {
		if claim := p.claims()[3]; claim.Status.Phase != corev1.ClaimPending {
			p.t.Fatalf("%s is %s, want Pending", claim.Name, claim.Status.Phase)
		}
		p.crdb("status").ok("healthy", "3 of 3 CockroachDB nodes live")
		before := p.look()
		p.crdb("up").ok("nothing to change")
		p.same(before)
	})
	p.step("down keeps the spare claim too, and up goes on with all of them", func(p place) {
		p.crdb("down").ok("stopped in", "4 claims of 10Gi")
		p.crdb("up").ok("ready in", "3 pods")
		p.rowIn("cockroachdb-0", "cockroachdb-1", "cockroachdb-2")
	})
	p.step("down --delete-data --yes deletes the spare claim too", func(p place) {
		p.crdb("down", "--delete-data", "--yes").ok("gone in")
		if left := p.labelled(); len(left) > 0 {
			p.t.Errorf("left: %v", left)
		}
		p.noVolumes()
	})
}

// settings is the recorded data.
func (p place) settings() map[string]string {
	p.t.Helper()
	return maps.Clone(get[corev1.ConfigMap](p, "configmap", "cockroachdb-cluster").Data)
}

// untouched wants that these very pods run on, without a restart.
func (p place) untouched(before []corev1.Pod) {
	p.t.Helper()
	describe := func(pods []corev1.Pod) []string {
		var lines []string
		for _, pod := range pods {
			restarts := int32(-1)
			if len(pod.Status.ContainerStatuses) > 0 {
				restarts = pod.Status.ContainerStatuses[0].RestartCount
			}
			lines = append(lines, fmt.Sprintf("%s %s, %d restarts", pod.Name, pod.UID, restarts))
		}
		return slices.Sorted(slices.Values(lines))
	}
	if diff := cmp.Diff(describe(before), describe(p.pods())); diff != "" {
		p.t.Errorf("pods were touched (-before +after):\n%s", diff)
	}
}
