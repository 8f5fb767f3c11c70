package e2e

import (
	"syscall"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

// A rolling restart under a client that writes: nothing is lost, writes go on,
// and one that is killed is finished by the next.

func TestRestart_oneByOneAndNothingIsLost(t *testing.T) {
	p := arriveEarly(t, defaultClass)
	p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods")
	w := p.startSteadyWriter()
	p.step("all pods are replaced, and the writer hardly notices", func(p place) {
		before := p.uids()
		p.patiently("restart").ok("restarted in", "3 pods, one by one")
		p.replaced(before, "cockroachdb-0", "cockroachdb-1", "cockroachdb-2")
		p.crdb("status").ok("healthy")
		p.crdb("up").ok("nothing to change")
	})
	p.step("killed after the first pod, it goes on with the others", func(p place) {
		before := p.uids()
		p.idle(func() {
			going := p.start("restart", "--progress", "json")
			going.until(func(e event) bool { return e.Subject == "pod/cockroachdb-2" && e.State == "ready" })
			going.signal(syscall.SIGKILL)
			going.wait()
		})
		first := p.uids()
		p.replaced(before, "cockroachdb-2")
		p.patiently("restart").ok("finished in", "2 pods restarted")
		p.replaced(before, "cockroachdb-0", "cockroachdb-1", "cockroachdb-2")
		if p.uids()["cockroachdb-2"] != first["cockroachdb-2"] {
			p.t.Error("a pod that was done was restarted again")
		}
	})
	p.step("one pod alone", func(p place) {
		before := p.uids()
		p.patiently("restart", "cockroachdb-1").ok("restarted in", "1 pod")
		p.replaced(before, "cockroachdb-1")
		p.crdb("restart", "cockroachdb-7").fails(1, "is none of cluster")
	})
	w.finish()
	p.step("a stopped cluster has nothing to restart", func(p place) {
		p.crdb("down").ok("stopped in")
		p.crdb("restart").fails(1, "is stopped")
		p.crdb("restart", "--name", "other").fails(6, "there is none")
	})
}

// uids are which pods there are.
func (p place) uids() map[string]types.UID {
	p.t.Helper()
	all := map[string]types.UID{}
	for _, pod := range p.pods() {
		all[pod.Name] = pod.UID
	}
	return all
}

// replaced wants that these pods, and no others, are other ones than before.
func (p place) replaced(before map[string]types.UID, pods ...string) {
	p.t.Helper()
	expected := map[string]bool{}
	for _, pod := range pods {
		expected[pod] = true
	}
	for pod, uid := range p.uids() {
		if (before[pod] != uid) != expected[pod] {
			p.t.Errorf("%s: replaced: %t, want %t", pod, before[pod] != uid, expected[pod])
		}
	}
}
