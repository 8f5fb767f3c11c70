package e2e

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Volumes of our own outlive their claims: whoever deletes a claim by mistake
// gets the data back, and nobody gets that of an earlier cluster.

func TestVolumesOfOurOwn_comeBackToTheirPods(t *testing.T) {
	p := arrive(t, ownVolumes)
	p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods")
	id := p.oneCluster(3)
	p.writeRow()
	if p.cluster.dir != "" {
		p.step("each pod has a machine of its own, with one directory there", eachPodHasItsDirectory)
	}
	var released corev1.PersistentVolume
	p.step("a claim that is deleted while it is stopped goes, and its volume is released", func(p place) {
		p.crdb("down").ok("stopped in")
		p.kubectl("delete", "persistentvolumeclaim", "datadir-cockroachdb-1")
		p.await(20*time.Second, func() string {
			for _, volume := range p.volumes() {
				if strings.HasPrefix(volume.Name, "cockroachdb-1.") && volume.Status.Phase == corev1.VolumeReleased {
					released = volume
					return ""
				}
			}
			return "no released volume"
		})
	})
	p.step("up binds it again to the same pod, which has its rows and its node ID", func(p place) {
		got := p.crdb("up").ok("ready in", "3 pods")
		got.says(got.stderr, "1 volume bound again")
		if again := p.oneCluster(3); again != id {
			p.t.Errorf("cluster %s, want %s", again, id)
		}
		volume := get[corev1.PersistentVolume](p, "persistentvolume", released.Name)
		if volume.UID != released.UID || volume.Status.Phase != corev1.VolumeBound || volume.Spec.ClaimRef.Name != "datadir-cockroachdb-1" {
			p.t.Errorf("%s is %s to %v", volume.Name, volume.Status.Phase, volume.Spec.ClaimRef)
		}
		p.rowIn("cockroachdb-0", "cockroachdb-1", "cockroachdb-2")
		p.members(3)
	})
	p.step("a claim that is deleted under its running pod is refused as the danger it is", func(p place) {
		p.settle(3)
		p.kubectl("delete", "persistentvolumeclaim", "datadir-cockroachdb-1", "--wait=false")
		before := p.look()
		p.crdb("up").fails(5, "persistentvolumeclaim/datadir-cockroachdb-1", "being deleted")
		p.same(before)
		p.unlocked()
		got := p.crdb("status")
		if got.code != 4 {
			p.t.Errorf("exit code %d, want 4\n%s", got.code, got.all())
		}
		got.says(got.stdout, "claim datadir-cockroachdb-1 is being deleted")
	})
	if p.cluster.dir == "" {
		return
	}
	p.step("up --fresh --yes starts in new directories, and the old ones are gone", func(p place) {
		before := p.settings()["incarnation"]
		p.crdb(p.up(p.small("--fresh", "--yes")...)...).ok("ready in", "3 pods")
		if p.settings()["incarnation"] == before {
			p.t.Error("it is the same incarnation")
		}
		if again := p.oneCluster(3); again == id {
			p.t.Errorf("cluster %s is back from the dead", id)
		}
		eachPodHasItsDirectory(p)
	})
}

// members wants so many CockroachDB nodes, dead ones among them: one whose data
// was replaced comes back under another node ID.
func (p place) members(want int) {
	p.t.Helper()
	said := p.kubectl("exec", "cockroachdb-0", "-c", "cockroachdb", "--", "/cockroach/cockroach", "node", "ls", certsDir, "--format=csv")
	if got := len(strings.Fields(said)) - 1; got != want {
		p.t.Errorf("%d CockroachDB nodes, want %d:\n%s", got, want, said)
	}
}
