package e2e

import (
	"slices"
	"strings"
	"syscall"
	"testing"
)

// From three to five and back under a client that writes. What a CockroachDB
// node that left had is nowhere afterwards, and one that is called back stays.

func TestScale_upAndDownAndNothingIsLost(t *testing.T) {
	p := arriveEarly(t, defaultClass)
	p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods")
	w := p.startSteadyWriter()
	p.step("what would lose data is refused", func(p place) {
		before := p.look()
		p.crdb("scale", "2").fails(2, "cannot keep a quorum")
		p.crdb("scale", "many").fails(2, "not a number")
		p.crdb("scale").fails(2)
		p.crdb("scale", "1").fails(5, "3 nodes cannot become 1")
		p.crdb("scale", "5", "--name", "other").fails(6, "there is none")
		p.same(before)
	})
	p.step("up to five, which share the data", func(p place) {
		p.patiently("scale", "5").ok("3 → 5 nodes")
		p.crdb("status").ok("healthy", "5 of 5")
		p.crdb("scale", "5").ok("nothing to change")
	})
	p.step("killed on the way down, and called back", func(p place) {
		p.idle(func() {
			going := p.start("scale", "3", "--progress", "json")
			going.until(func(e event) bool { return e.Step == "decommission" && strings.Contains(e.Message, "still to move") })
			going.signal(syscall.SIGKILL)
			going.wait()
		})
		p.crdb("status").ok("on its way from 5 nodes to 3", "finishes that", "goes back")
		p.crdb("restart").fails(1, "on its way from 5 nodes to 3")
		p.patiently("scale", "5").ok("back in").telling("called back")
		if got := p.memberships(); !slices.Equal(got, []string{"active", "active", "active", "active", "active"}) {
			p.t.Errorf("memberships %v", got)
		}
	})
	p.step("killed again, and finished by the same command", func(p place) {
		before := p.uids()
		p.idle(func() {
			going := p.start("scale", "3", "--progress", "json")
			going.until(func(e event) bool { return e.Step == "remove" })
			going.signal(syscall.SIGKILL)
			going.wait()
		})
		p.patiently("scale", "3").ok("3 nodes")
		p.crdb("status").ok("healthy", "3 of 3")
		for _, pod := range []string{"cockroachdb-0", "cockroachdb-1", "cockroachdb-2"} {
			if p.uids()[pod] != before[pod] {
				p.t.Errorf("%s was replaced", pod)
			}
		}
		if n := len(p.claims()); n != 3 {
			p.t.Errorf("%d claims, want 3", n)
		}
	})
	p.step("and up by one more, with --nodes, on a claim that is new", func(p place) {
		p.patiently(p.up("--nodes", "4")...).ok("4 pods")
		if got := p.memberships(); len(got) != 6 || slices.Contains(got, "decommissioning") {
			p.t.Errorf("memberships %v", got)
		}
		p.patiently(p.up("--nodes", "3")...).ok("ready in", "3 pods")
		p.crdb("status").ok("healthy", "3 of 3")
	})
	w.finish()
	p.step("a stopped cluster keeps its nodes", func(p place) {
		p.crdb("down").ok("stopped in")
		p.crdb("scale", "5").fails(1, "is stopped")
		p.crdb(p.up("--nodes", "1")...).fails(5, "3 nodes cannot become 1")
	})
}

// memberships are those of all CockroachDB nodes, as pod 0 knows them.
func (p place) memberships() []string {
	p.t.Helper()
	var all []string
	table := p.inPod("cockroachdb-0", "/cockroach/cockroach", "node", "status", "--decommission", "--format=csv", "--host=localhost", certsDir)
	lines := strings.Split(strings.TrimSpace(table), "\n")
	at := slices.Index(strings.Split(lines[0], ","), "membership")
	for _, line := range lines[1:] {
		all = append(all, strings.Split(line, ",")[at])
	}
	return all
}

// inPod is what a command in a pod's database container prints.
func (p place) inPod(pod string, command ...string) string {
	p.t.Helper()
	return p.kubectl(append([]string{"exec", pod, "-c", "cockroachdb", "--"}, command...)...)
}
