//go:build long

package e2e

import (
	"syscall"
	"testing"
)

// Killed at the beginning and at the end of every step, one after the other,
// each command still comes to its right end.

func TestEveryStep_canBeKilledOnVolumesOfOurOwn(t *testing.T) { killEverywhere(arrive(t, ownVolumes)) }

func TestEveryStep_canBeKilledOnAClass(t *testing.T) { killEverywhere(arrive(t, defaultClass)) }

func TestEveryStep_canBeKilledOnAClassThatWaitsForItsPods(t *testing.T) {
	killEverywhere(arrive(t, waitsForConsumer))
}

// Where the database cannot write, up never comes to its end; everything that
// it made must go all the same.
func TestEveryStep_canBeKilledWhereDirectoriesBelongToRoot(t *testing.T) {
	p := arrive(t, rootOwned)
	up := p.up(p.small("--progress", "json")...)
	p.step("up", func(p place) {
		hits := 0
		for _, step := range []string{"check", "cleanup", "storage", "apply"} {
			hits += p.killed(up, step)
		}
		if hits < 7 {
			p.t.Errorf("only %d of 8 were killed in time", hits)
		}
		p.crdb(p.up(p.small()...)...).fails(1, "STORE_NOT_WRITABLE")
	})
	p.step("down", func(p place) {
		for _, step := range []string{"stop", "remove"} {
			p.killed([]string{"down", "--progress", "json"}, step)
		}
		p.crdb("down").ok()
		if pods := p.pods(); len(pods) > 0 {
			p.t.Errorf("%d pods still run", len(pods))
		}
	})
	p.step("down --delete-data", killDeletion)
}

func killEverywhere(p place) {
	up := p.up(p.small("--progress", "json")...)
	p.step("up", func(p place) {
		hits := 0
		for _, step := range []string{"check", "cleanup", "storage", "apply", "start", "init", "ready"} {
			hits += p.killed(up, step)
		}
		if hits < 12 { // the last steps may end before the signal is there
			p.t.Errorf("only %d of 14 were killed in time", hits)
		}
		p.crdb(up...).ok("3 pods")
		p.crdb("status").ok("healthy")
	})
	id := ""
	p.step("made one cluster, and holds a row", func(p place) {
		id = p.oneCluster(3)
		rowSurvivesItsPod(p)
	})
	p.step("down", func(p place) {
		down := []string{"down", "--progress", "json"}
		for _, step := range []string{"stop", "remove"} {
			p.killed(down, step)
		}
		p.crdb(down...).ok()
		if pods := p.pods(); len(pods) > 0 {
			p.t.Errorf("%d pods still run", len(pods))
		}
	})
	p.step("up after that has the row", func(p place) {
		p.crdb("up").ok("ready in")
		if again := p.oneCluster(3); again != id {
			p.t.Errorf("cluster %s, want %s", again, id)
		}
		rowIsThere(p)
	})
	p.step("down --delete-data", killDeletion)
}

func killDeletion(p place) {
	down := []string{"down", "--delete-data", "--yes", "--progress", "json"}
	for _, step := range []string{"stop", "remove", "delete data"} {
		p.killed(down, step)
	}
	p.crdb(down...).ok()
	if left := p.labelled(); len(left) > 0 {
		p.t.Errorf("left: %v", left)
	}
	p.noVolumes()
}

// killed runs a command twice: it is killed when the step begins, and when it
// has ended. Where an earlier kill left nothing to do the command may end by
// itself. It returns how many were really killed.
func (p place) killed(args []string, step string) (hits int) {
	p.t.Helper()
	begins := func(e event) bool { return e.Step == step && e.Subject == "" && e.State == "running" }
	ends := func(e event) bool {
		return e.Step == step && e.Subject == "" && (e.State == "done" || e.State == "skipped")
	}
	for _, at := range []func(event) bool{begins, ends} {
		going := p.start(args...)
		if going.comesTo(at) {
			going.kill()
		}
		switch got := going.wait(); got.code {
		case -1:
			hits++
		case 0:
		default:
			p.t.Fatalf("%s: exit code %d, killed at %s\n%s", got.command, got.code, step, got.all())
		}
	}
	return hits
}

// kill is SIGKILL; that the command has just ended is no matter.
func (r *run) kill() {
	_ = r.cmd.Process.Signal(syscall.SIGKILL)
}
