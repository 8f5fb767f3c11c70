package e2e

import (
	"strings"
	"syscall"
	"testing"
)

// An `up` that is interrupted in three places and in three ways comes to the
// same end as one that is not.

func TestUp_goesOnAfterInterruptionsOnVolumesOfOurOwn(t *testing.T) {
	interruptThrice(arrive(t, ownVolumes))
}

func TestUp_goesOnAfterInterruptionsOnAClass(t *testing.T) {
	interruptThrice(arrive(t, defaultClass))
}

func interruptThrice(p place) {
	up := p.up(p.small("--progress", "json")...)
	for _, one := range []struct {
		sentence string
		signal   syscall.Signal
		code     int
		at       func(event) bool
	}{
		{"SIGINT while the storage is made", syscall.SIGINT, 130, func(e event) bool {
			return e.Step == "storage" && (p.hostPath == "" || strings.Contains(e.Message, "cockroachdb-0-make"))
		}},
		{"SIGTERM while the pods start", syscall.SIGTERM, 143, func(e event) bool {
			return e.Step == "start"
		}},
		{"SIGKILL between init and the record of it", syscall.SIGKILL, -1, func(e event) bool {
			return e.Step == "init" && strings.Contains(e.Message, "cluster's ID")
		}},
	} {
		p.step(one.sentence, func(p place) {
			going := p.start(up...)
			going.until(one.at)
			going.signal(one.signal)
			got := going.wait()
			if one.signal != syscall.SIGKILL {
				got.fails(one.code, "interrupted", "crdb-kube up")
			} else if got.code != one.code {
				p.t.Errorf("exit code %d, want the signal\n%s", got.code, got.all())
			}
		})
	}
	p.step("the same command then comes to its end, with one init", func(p place) {
		p.crdb(p.up(p.small()...)...).ok("3 pods")
		p.crdb("status").ok("healthy")
		p.oneCluster(3)
		if p.cluster.dir == "" {
			return
		}
		if n := p.inits(); n != 1 {
			p.t.Errorf("%d inits were sent, want 1", n)
		}
	})
	p.step("nothing else is left of the interrupted runs", func(p place) {
		got := p.crdb(p.up(p.small("--progress", "json")...)...).ok("nothing to change")
		if labelled, reported := p.labelled(), objectsIn(got.events()); len(labelled) != len(reported) {
			p.t.Errorf("labelled as ours: %v\nreported: %v", labelled, reported)
		}
		if pods := p.kubectl("get", "pods", "-l", "crdb-kube.github.io/purpose", "-o", "name"); pods != "" {
			p.t.Errorf("throw-away pods are left: %s", pods)
		}
	})
}
