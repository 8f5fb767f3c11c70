//go:build long

package e2e

import "testing"

// Pod Security "restricted" on the storage that the whole life does not run
// on: a class that waits for its pods, and volumes of our own where the class
// gives directories that only root may write.

func TestRestricted_isKeptOnAClassThatWaitsForItsPods(t *testing.T) {
	liveRestricted(arrive(t, waitsForConsumer))
}

func TestRestricted_isKeptOnVolumesOfOurOwnBesideAClass(t *testing.T) {
	p := arrive(t, rootOwned)
	p.hostPath = "/var/lib/crdb-kube-e2e/" + p.namespace
	liveRestricted(p)
}

func liveRestricted(p place) {
	for _, mode := range []string{"enforce", "warn", "audit"} {
		p.kubectl("label", "namespace", p.namespace, "pod-security.kubernetes.io/"+mode+"=restricted")
	}
	p.step("a pod that is not restricted is turned away", func(p place) {
		if got := p.try(p.t.Context(), "run", "plain", "--image", p.suite.image, "--dry-run=server"); got.code == 0 {
			p.t.Fatal("Pod Security restricted is not enforced")
		}
	})
	p.step("up and status", func(p place) {
		p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods, TLS")
		p.crdb("status").ok("healthy", "3 of 3 CockroachDB nodes live")
		p.oneCluster(3)
		p.writeRow()
		p.allShow(certsSecret)
	})
	p.step("certs rotate", func(p place) {
		before := p.secrets()
		p.crdb("certs", "rotate").ok("renewed in", "3 pods")
		p.renewed(before)
		p.allShow(certsSecret)
	})
	p.step("down and up", func(p place) {
		before := p.secrets()
		p.crdb("down").ok("stopped in", "3 claims")
		p.crdb("up").ok("ready in", "3 pods")
		p.keeps(before)
		p.rowIn("cockroachdb-0", "cockroachdb-1", "cockroachdb-2")
	})
	p.step("down --delete-data", func(p place) {
		p.crdb("down", "--delete-data", "--yes").ok("gone in")
		if left := p.labelled(); len(left) > 0 {
			p.t.Errorf("left: %v", left)
		}
		p.noVolumes()
		p.await(hung/6, func() string { return remains(p.directories()) })
	})
}
