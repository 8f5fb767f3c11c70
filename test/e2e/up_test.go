package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
)

func TestUp_growsFromThreeToFiveWithoutARestart(t *testing.T) {
	p := arrive(t, defaultClass)
	p.crdb(p.up(p.small()...)...).ok("ready in")
	id := p.oneCluster(3)
	before := p.pods()

	p.step("up --nodes 5 adds two pods and restarts none", func(p place) {
		p.patiently("up", "--nodes", "5").ok("ready in", "5 pods")
		if got := p.oneCluster(5); got != id {
			p.t.Errorf("cluster %s, want %s", got, id)
		}
		for i, pod := range p.pods()[:3] {
			if pod.UID != before[i].UID || pod.Status.ContainerStatuses[0].RestartCount > 0 {
				p.t.Errorf("%s was restarted", pod.Name)
			}
		}
		p.crdb("status").ok("healthy", "5 of 5 CockroachDB nodes live")
	})
	p.settle(5)
	for _, try := range []struct {
		sentence    string
		flag, value string
		words       []string
	}{
		{"many nodes do not become one", "--nodes", "1", []string{"5 nodes cannot become 1"}},
		{"an image that cannot follow is refused", "--image", "localhost:1/cockroach:v22.1.0", []string{"cannot follow"}},
		{"claims of another size are refused", "--storage", "20Gi", []string{"10Gi, not 20Gi"}},
	} {
		p.step(try.sentence, func(p place) {
			before := p.look()
			p.crdb("up", try.flag, try.value).fails(5, try.words...)
			p.same(before)
		})
	}
	p.step("after down, up without flags is five again", func(p place) {
		before := p.settings()
		p.crdb("down").ok("stopped in", "5 claims")
		p.crdb("up", "--nodes", "3").fails(5, "is stopped with 5 nodes")
		p.crdb("up").ok("ready in", "5 pods")
		if got := p.oneCluster(5); got != id {
			p.t.Errorf("cluster %s, want %s", got, id)
		}
		if diff := cmp.Diff(before, p.settings()); diff != "" {
			p.t.Errorf("settings (-want +got):\n%s", diff)
		}
	})
}

func TestUp_startsASingleNodeInANamespaceThatItCreates(t *testing.T) {
	p := arrive(t, defaultClass)
	made := p
	made.namespace = p.namespace + "-made"

	p.step("a namespace that is not there is named, and nothing is created", func(p place) {
		made := made
		made.t = p.t
		made.crdb(p.up("--nodes", "1")...).fails(1, "namespace "+made.namespace+": not found", "--create-namespace")
		if said := p.kubectl("get", "namespace", made.namespace, "--ignore-not-found"); said != "" {
			p.t.Errorf("it was created: %s", said)
		}
		made.crdb("status").fails(6)
		made.crdb("down").ok("nothing to do")
	})
	p.step("--create-namespace makes it, and one node serves", func(p place) {
		made := made
		made.t = p.t
		made.crdb(p.up(p.small("--nodes", "1", "--create-namespace")...)...).ok("ready in", "1 pod")
		made.crdb("status").ok("healthy", "1 of 1")
		made.oneCluster(1)
		set := get[appsv1.StatefulSet](made, "statefulset", "cockroachdb")
		if args := set.Spec.Template.Spec.Containers[0].Args; args[0] != "start-single-node" {
			p.t.Errorf("started with %v", args)
		}
		if p.cluster.dir != "" && made.inits() != 0 {
			p.t.Errorf("%d inits were sent to a single node", made.inits())
		}
	})
	p.step("one node does not become three", func(p place) {
		made := made
		made.t = p.t
		made.settle(1)
		before := made.look()
		made.crdb("up", "--nodes", "3").fails(5, "1 node cannot become 3")
		made.same(before)
	})
	made.t = t
	made.crdb("down", "--delete-data", "--yes").ok("gone in")
	p.kubectl("delete", "namespace", made.namespace, "--wait=false")
}

func TestUp_withoutAnyStorageClassSaysWhatToPass(t *testing.T) {
	if shared.kubeconfig != "" {
		leaveOut(t, "only localkube is known to have no StorageClass")
	}
	p := arrive(t, ownVolumes)
	before := p.look()
	p.crdb("up", "--image", p.suite.image).fails(1, "NO_STORAGE_CLASS", "--host-path")
	p.same(before)
}

func TestUp_twoAtOnceAreKeptApart(t *testing.T) {
	p := arrive(t, defaultClass)
	first := p.start(p.up(p.small("--progress", "json")...)...)
	first.until(func(e event) bool { return e.Step == "cleanup" })
	p.crdb(p.up(p.small()...)...).fails(3, "locked by up on ", "--wait-lock")
	waiting := p.start(p.up(p.small("--wait-lock", "1m")...)...)
	first.wait().ok("ready in")
	waiting.wait().ok("nothing to change")
	p.crdb(p.up(p.small()...)...).ok("nothing to change")
	p.oneCluster(3)
	if p.cluster.dir != "" && p.inits() != 1 {
		t.Errorf("%d inits, want 1", p.inits())
	}
	p.settle(3)
	p.step("--wait-lock is a limit", func(p place) {
		p.lockedElsewhere(time.Minute)
		p.idle(func() {
			got := p.crdb("up", "--wait-lock", "2s").fails(3, "locked by up on elsewhere")
			if got.took < 2*time.Second || got.took > 4*time.Second {
				p.t.Errorf("took %s, want 2s", got.took)
			}
		})
	})
	p.step("a holder that has not been heard of for the time of its lease is succeeded", func(p place) {
		p.lockedElsewhere(3 * time.Second)
		p.idle(func() {
			got := p.crdb("up", "--wait-lock", "1m", "--progress", "json").ok("nothing to change")
			got.says(got.stderr, "waiting for up on elsewhere")
			if got.took > 10*time.Second {
				p.t.Errorf("took %s, want the 3s of the lease and little more", got.took)
			}
		})
		p.unlocked()
	})
}

// lockedElsewhere makes the lock that of a command on another host, which
// renews it no more.
func (p place) lockedElsewhere(lease time.Duration) {
	p.t.Helper()
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000000Z")
	p.kubectlWith(fmt.Sprintf(`
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata:
  name: cockroachdb-lock
  labels: {app.kubernetes.io/name: cockroachdb, app.kubernetes.io/instance: cockroachdb, app.kubernetes.io/managed-by: crdb-kube}
spec: {holderIdentity: up@elsewhere/1/token, leaseDurationSeconds: %d, acquireTime: %q, renewTime: %q}
`, int(lease.Seconds()), now, now), "apply", "--server-side", "--force-conflicts", "--field-manager=elsewhere", "-f", "-")
}

// noImage is an image whose registry is not there: a closed port of the
// machine itself.
const noImage = "localhost:1/cockroach:none"

func TestUp_namesAnImageThatCannotBePulled(t *testing.T) {
	p := arriveEarly(t, defaultClass)
	up := p.up(p.small("--image", noImage)...)

	p.step("up --timeout ends in time and says which pods wait for what", func(p place) {
		got := p.crdb(slices.Concat(up, []string{"--timeout", "5s"})...).
			fails(3, "cockroachdb-0", "cockroachdb-1", "cockroachdb-2", noImage)
		if got.took > 8*time.Second {
			p.t.Errorf("took %s", got.took)
		}
	})
	p.step("status says that it is not healthy and why", func(p place) {
		got := p.crdb("status")
		if got.code != 4 {
			p.t.Errorf("exit code %d, want 4\n%s", got.code, got.all())
		}
		got.says(got.stdout, "REGISTRY_UNREACHABLE", noImage)
	})
	p.step("up ends with the cause after its grace", func(p place) {
		p.idle(func() {
			p.crdb(up...).fails(1, "3 pods: cannot pull image "+noImage, "REGISTRY_UNREACHABLE")
		})
	})
	p.step("up with an image that exists goes on to ready", func(p place) {
		p.crdb("up", "--image", p.suite.image).ok("ready in", "3 pods")
		p.oneCluster(3)
	})
	p.step("with the claims that it had", func(p place) {
		if claims := p.claims(); len(claims) != 3 {
			p.t.Errorf("%d claims, want 3", len(claims))
		}
	})
}
