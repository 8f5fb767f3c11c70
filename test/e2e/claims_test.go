package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// On a class the data goes with its claim: here on one that gives each claim a
// directory of its own. Whatever is lost, an initialised
// cluster is never initialised again, and what happened is said.

func TestUp_sendsNoInitWhenTheClaimOfPod0IsLost(t *testing.T) {
	p := arrive(t, waitsForConsumer)
	p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods")
	id := p.oneCluster(3)
	p.writeRow()
	p.step("the claim of pod 0 is deleted in a living cluster, and made again empty with the pod", loseClaimOfPod0)
	p.step("up says that its data was replaced, and sends no init", func(p place) {
		got := p.crdb("up").ok("ready", "3 pods")
		got.says(got.stderr, "the data of cockroachdb-0 was replaced")
		p.sentInits(id, 1)
	})
	p.step("said once, it is not said again", func(p place) {
		if got := p.crdb("up").ok("nothing to change"); strings.Contains(got.stderr, "replaced") {
			p.t.Errorf("said again:\n%s", got.all())
		}
	})
}

// loseClaimOfPod0 deletes the claim with its volume, and the pod that holds
// it, as somebody does whose disk is broken.
func loseClaimOfPod0(p place) {
	claim, pod := p.claims()[0], p.pods()[0]
	p.kubectl("delete", "persistentvolumeclaim", claim.Name, "--wait=false")
	p.kubectl("delete", "pod", pod.Name, "--grace-period=1", "--wait=false")
	p.await(time.Minute, func() string {
		claims, pods := p.claims(), p.pods()
		switch {
		case len(claims) < 3 || claims[0].UID == claim.UID:
			return "the claim is not made again"
		case len(pods) < 3 || pods[0].UID == pod.UID || !ready(pods[0]):
			return "the pod is not back"
		}
		return ""
	})
}

// sentInits wants this cluster with its rows in all pods, and that init was sent
// so often in this namespace.
func (p place) sentInits(id string, want int) {
	p.t.Helper()
	if again := p.oneCluster(3); again != id {
		p.t.Errorf("cluster %s, want %s", again, id)
	}
	p.rowIn("cockroachdb-0", "cockroachdb-1", "cockroachdb-2")
	if n := p.inits(); p.cluster.dir != "" && n != want {
		p.t.Errorf("%d inits were sent, want %d", n, want)
	}
}

func TestUp_refusesClaimsThatWereNotMadeForThisCluster(t *testing.T) {
	p := arrive(t, defaultClass)
	p.step("a claim of somebody else under the name of ours", func(p place) {
		p.claim("", "10Gi", "")
		before := p.look()
		p.crdb(p.up("--nodes", "1")...).fails(5, "persistentvolumeclaim/datadir-cockroachdb-0", "was not made by crdb-kube", "kubectl-create")
		p.crdb("down", "--delete-data", "--yes").ok("nothing to do")
		p.same(before)
		p.unlocked()
	})
	p.kubectl("delete", "persistentvolumeclaim", "datadir-cockroachdb-0")
	p.crdb(p.up(p.small("--nodes", "1")...)...).ok("ready in", "1 pod")
	p.writeRow()
	p.crdb("down").ok("stopped in")
	mine := p.claims()[0]
	of := func(annotation string) string { return mine.Annotations["crdb-kube.github.io/"+annotation] }

	const other = "00000000-0000-4000-8000-000000000000"
	p.step("a claim with the data of another cluster", func(p place) {
		p.annotate("cluster-id", other)
		p.refused("belongs to cluster "+other, "belongs to cluster "+of("cluster-id"))
		p.annotate("cluster-id", of("cluster-id"))
	})
	p.step("a claim of an earlier cluster of this name", func(p place) {
		p.annotate("incarnation", "0badcafe")
		p.refused("datadir-cockroachdb-0 belongs to an earlier cluster of this name")
		p.annotate("incarnation", of("incarnation"))
	})
	p.step("with its own marks it is taken, with its rows", func(p place) {
		p.crdb("up").ok("ready in")
		p.rowIn("cockroachdb-0")
		p.crdb("down").ok("stopped in")
	})
	p.step("a claim of another size than the recorded one", func(p place) {
		p.kubectl("delete", "persistentvolumeclaim", mine.Name)
		p.claim(ours+",app.kubernetes.io/name=cockroachdb,app.kubernetes.io/instance=cockroachdb", "5Gi", of("incarnation"))
		p.refused("persistentvolumeclaim/datadir-cockroachdb-0", "5Gi", "10Gi")
	})
}

// claim makes one for pod 0 by hand, with these labels.
func (p place) claim(labels, size, incarnation string) {
	p.t.Helper()
	var marks strings.Builder
	if incarnation != "" {
		fmt.Fprintf(&marks, "  annotations: {crdb-kube.github.io/incarnation: %q, crdb-kube.github.io/ordinal: \"0\"}\n", incarnation)
	}
	if labels != "" {
		fmt.Fprintf(&marks, "  labels: {%s}\n", strings.NewReplacer("=", ": ", ",", ", ").Replace(labels))
	}
	p.kubectlWith(fmt.Sprintf(`
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: datadir-cockroachdb-0
%sspec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: %s}}
`, marks.String(), size), "create", "-f", "-")
	p.await(20*time.Second, func() string { // the binding moves its version
		if claim := p.claims()[0]; claim.Status.Phase != corev1.ClaimBound {
			return string(claim.Status.Phase)
		}
		return ""
	})
}

func (p place) annotate(what, value string) {
	p.t.Helper()
	p.kubectl("annotate", "--overwrite", "persistentvolumeclaim", "datadir-cockroachdb-0", "crdb-kube.github.io/"+what+"="+value)
}

// refused wants that a plain `up` says all this and touches nothing.
func (p place) refused(words ...string) {
	p.t.Helper()
	before := p.look()
	p.crdb("up").fails(5, words...)
	p.same(before)
	p.unlocked()
}
