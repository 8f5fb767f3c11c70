package e2e

import (
	"strings"
	"syscall"
	"testing"
)

// To a patch release; to the next series, back, forward again and finalised:
// under a client that writes.

func TestUpgrade_patchReleaseAndBackAndNothingIsLost(t *testing.T) {
	p := arriveEarly(t, defaultClass)
	p.releases()
	p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods")
	w := p.startSteadyWriter()
	p.step("what cannot follow is refused", func(p place) {
		before := p.look()
		p.crdb("upgrade").fails(2, "a VERSION is wanted")
		p.crdb("upgrade", "latest").fails(2, "is not a release")
		p.crdb("upgrade", "v20.2.1").fails(2, "is older than v21.1.0")
		p.crdb("upgrade", "v21.1.3", "--finalize").fails(2, "only one of")
		p.crdb("upgrade", "v22.1.0").fails(5, "v22.1.0 cannot follow v21.1.2", "a release of v21.2 first")
		p.crdb("upgrade", "v21.1.1").fails(5, "an older release of the same series")
		p.crdb("upgrade", "--rollback").fails(5, "no upgrade is recorded")
		p.crdb("up", "--image", imageOf("v22.1.0")).fails(5, "v22.1.0 cannot follow v21.1.2")
		p.same(before)
	})
	p.step("a patch release", func(p place) {
		p.patiently("upgrade", "v21.1.3").ok("upgraded in", "3 pods").telling("a patch upgrade needs no finalising")
		p.runs("v21.1.3")
		p.crdb("upgrade", "21.1.3").ok("nothing to change")
	})
	p.step("one that never comes up stops at the first pod, and is taken back", func(p place) {
		before := p.uids()
		p.patiently("upgrade", "v21.1.9", "--grace", "5s").fails(1, "cockroachdb-2 does not come back", "--rollback")
		p.replaced(before, "cockroachdb-2")
		if got := p.crdb("status"); got.code != 4 {
			p.t.Errorf("exit code %d, want 4", got.code)
		} else {
			got.says(got.stdout, "not all pods have v21.1.9", "--rollback goes back to v21.1.3")
		}
		before = p.uids()
		p.patiently("upgrade", "--rollback").ok("rolled back in", "v21.1.3")
		p.replaced(before, "cockroachdb-2")
		p.runs("v21.1.3")
	})
	w.finish()
}

func TestUpgrade_toTheNextSeriesAndBackAndForGood(t *testing.T) {
	p := arriveEarly(t, defaultClass)
	p.releases()
	p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods")
	w := p.startSteadyWriter()
	p.step("to the next series, killed on the way, and back", func(p place) {
		p.idle(func() {
			going := p.start("upgrade", "v21.2.0", "--progress", "json")
			going.until(func(e event) bool { return e.Step == "roll" && e.Subject == "pod/cockroachdb-2" && e.State == "ready" })
			going.signal(syscall.SIGKILL)
			going.wait()
		})
		p.crdb("status").ok("not all pods have v21.2.0")
		p.patiently("upgrade", "v21.2.0").ok("upgraded in", "2 pods").telling("not finalised")
		p.runs("v21.2.0")
		p.works("21.1")
		p.crdb("status").ok("not finalised")
		p.patiently("upgrade", "--rollback").ok("rolled back in", "3 pods")
		p.runs("v21.1.2")
	})
	p.step("and there again, by up, for good", func(p place) {
		p.patiently("up", "--image", imageOf("v21.2.0")).ok("ready in").telling("not finalised")
		p.crdb("upgrade", "v22.1.0").fails(5, "was not finalised")
		p.crdb("upgrade", "--finalize").ok("finalised in", "21.1 → 21.2")
		p.works("21.2")
		p.crdb("upgrade", "--finalize").ok("nothing to finalise")
		p.crdb("upgrade", "--rollback").fails(5, "no upgrade is recorded")
		p.crdb("upgrade", "v21.1.3").fails(5, "v21.1.3 cannot follow v21.2.0")
		p.crdb("up").ok("nothing to change")
	})
	w.finish()
}

// runs wants that the database of every pod is this release.
func (p place) runs(release string) {
	p.t.Helper()
	p.crdb("status").ok("healthy", release)
	table := p.inPod("cockroachdb-0", "/cockroach/cockroach", "node", "status", "--format=csv", "--host=localhost", certsDir)
	if n := strings.Count(table, ","+release+","); n != 3 {
		p.t.Errorf("%d of 3 run %s:\n%s", n, release, table)
	}
}

// works wants that the cluster works at a version.
func (p place) works(version string) {
	p.t.Helper()
	if got := p.sql("cockroachdb-0", "SHOW CLUSTER SETTING version"); got != "version\n"+version {
		p.t.Errorf("works at %q, want %s", got, version)
	}
}
