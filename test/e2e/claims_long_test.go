//go:build long

package e2e

import "testing"

// What is deleted while a cluster is stopped.

func TestUp_sendsNoInitWhenClaimsWereDeletedWhileItWasStopped(t *testing.T) {
	p := arrive(t, waitsForConsumer)
	p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods")
	id := p.oneCluster(3)
	p.step("all claims are deleted while it is stopped, and up refuses before it makes anything", func(p place) {
		p.crdb("down").ok("stopped in")
		p.kubectl("delete", "persistentvolumeclaims", "--all")
		before := p.look()
		p.crdb("up").fails(5, "of its claims none is left", "--fresh")
		p.same(before)
		p.unlocked()
	})
	p.step("up --fresh --yes starts empty, as another cluster", func(p place) {
		p.crdb(p.up(p.small("--fresh", "--yes")...)...).ok("ready in", "3 pods")
		if again := p.oneCluster(3); again == id {
			p.t.Errorf("cluster %s is back from the dead", id)
		}
		p.writeRow()
	})
	p.step("the claim of pod 0 is deleted while it is stopped, and up makes it without another init", func(p place) {
		id := p.oneCluster(3)
		p.crdb("down").ok("stopped in")
		p.kubectl("delete", "persistentvolumeclaim", "datadir-cockroachdb-0")
		got := p.crdb("up").ok("ready in", "3 pods")
		got.says(got.stderr, "no claim is left of cockroachdb-0")
		p.sentInits(id, 2)
	})
}
