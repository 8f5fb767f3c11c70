//go:build long

package e2e

import (
	"strings"
	"testing"
	"time"
)

// Machines that no pod may go to, that fall silent, and that are gone for good,
// under a cluster whose data lies on them.

func TestCauses_ofMachines(t *testing.T) {
	p := arrive(t, ownVolumesAlone)
	p.alone()
	p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods")
	p.step("all are tainted while it is stopped, and up says so", func(p place) {
		p.crdb("down").ok("stopped in")
		p.kubectl("taint", "nodes", "--all", "team=other:NoSchedule")
		defer p.kubectl("taint", "nodes", "--all", "team:NoSchedule-")
		p.crdb("up", "--grace", "5s").fails(1, "(UNTOLERATED_TAINT)", "team")
	})
	p.crdb("up").ok("ready in", "3 pods")
	lost := p.pods()[2].Spec.NodeName
	p.step("that of a pod falls silent", func(p place) {
		p.powerless(lost)
		p.statusComesTo("(NODE_NOT_READY)", "node "+lost)
	})
	p.step("its pod is told to end, and nobody hears of it again", func(p place) {
		p.kubectl("delete", "pod", "cockroachdb-2", "--grace-period=1", "--wait=false")
		p.statusComesTo("(POD_STUCK_TERMINATING)", lost)
	})
	p.step("its node is deleted, and its pod with it: the data is out of reach", func(p place) {
		p.kubectl("delete", "node", lost)
		p.kubectl("delete", "pod", "cockroachdb-2", "--force", "--grace-period=0", "--ignore-not-found")
		p.crdb("up", "--grace", "20s").fails(1, "(VOLUME_NODE_GONE)", lost)
		p.statusComesTo("(VOLUME_NODE_GONE)", lost)
	})
	second := p.pods()[1].Spec.NodeName
	p.step("another falls silent, and one of three cannot serve", func(p place) {
		p.powerless(second)
		p.statusComesTo("(NO_QUORUM)")
	})
	p.step("both are back, and so is the cluster", func(p place) {
		p.powered(lost)
		p.powered(second)
		p.crdb("up").ok("ready in", "3 pods")
		p.oneCluster(3)
	})
}

// statusComesTo waits until status is not content, for this reason, and says
// what to do next.
func (p place) statusComesTo(words ...string) {
	p.t.Helper()
	var last result
	p.idle(func() {
		p.await(90*time.Second, func() string {
			last = p.crdb("status")
			for _, word := range words {
				if !strings.Contains(last.stdout, word) {
					return word + " is not said\n" + last.all()
				}
			}
			return ""
		})
	})
	last.says(last.stdout, "  next  ")
	if last.code != 4 {
		p.t.Errorf("exit code %d, want 4\n%s", last.code, last.all())
	}
}
