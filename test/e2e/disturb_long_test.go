//go:build long

package e2e

import (
	"testing"
	"time"
)

// What somebody else does while `up` runs.

func TestUp_isDisturbedWhileItWaits(t *testing.T) {
	p := arrive(t, defaultClass)
	p.step("a pod that is deleted meanwhile comes back, and up ends ready", func(p place) {
		going := p.start(p.up(p.small("--progress", "json")...)...)
		going.until(func(e event) bool {
			return e.Step == "start" && e.Subject == "pod/cockroachdb-1" && e.Message != "waiting to be made"
		})
		p.kubectl("delete", "pod", "cockroachdb-1", "--grace-period=0", "--force")
		going.wait().ok("ready in", "3 pods")
		p.oneCluster(3)
		if n := p.inits(); p.cluster.dir != "" && n != 1 {
			p.t.Errorf("%d inits, want 1", n)
		}
	})
	p.crdb("down").ok("stopped in")
	p.step("the namespace is deleted meanwhile, and up ends with that as the reason", func(p place) {
		going := p.start("up", "--progress", "json")
		going.until(func(e event) bool { return e.Step == "apply" && e.Subject == "" && e.State == "done" })
		p.kubectl("delete", "namespace", p.namespace, "--wait=false")
		got := going.wait().fails(1, "namespace "+p.namespace, "being deleted")
		if got.took > 30*time.Second {
			p.t.Errorf("took %s", got.took)
		}
	})
	p.step("another up says the same at once", func(p place) {
		got := p.crdb("up")
		if got.code != 1 {
			p.t.Errorf("exit code %d, want 1\n%s", got.code, got.all())
		}
		got.says(got.stderr, "namespace "+p.namespace)
	})
}
