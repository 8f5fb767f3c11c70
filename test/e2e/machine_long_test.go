//go:build long

package e2e

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// What lies on a machine that is down cannot be deleted, and is not said to be.

func TestDown_saysWhatLiesOnAMachineThatIsDown(t *testing.T) {
	p := arrive(t, ownVolumesAlone)
	p.alone()
	p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods")
	p.writeRow()
	machine := p.pods()[2].Spec.NodeName
	p.crdb("down").ok("stopped in")
	p.step("the machine of pod 2 loses its power", func(p place) { p.powerless(machine) })
	deletion := []string{"down", "--delete-data", "--yes"}
	p.step("down --delete-data --yes names its directory, and it is not counted as deleted", func(p place) {
		p.crdb(deletion...).fails(1, p.hostPath+"/", "/2 on node "+machine, "the node does not answer")
		p.remainsOf("cockroachdb-2")
	})
	p.step("the same again, while it is still down, says the same", func(p place) {
		p.crdb(deletion...).fails(1, "/2 on node "+machine)
		p.remainsOf("cockroachdb-2")
	})
	p.step("up before it is back says what is left to do", func(p place) {
		p.crdb("up").fails(5, "--delete-data")
	})
	p.step("the machine is back, and the same command deletes the rest", func(p place) {
		p.powered(machine)
		p.emptied(deletion)
	})
	p.step("of a running pod there nobody knows whether it has stopped: it is named, and not waited for", func(p place) {
		p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods")
		machine := p.pods()[2].Spec.NodeName
		p.powerless(machine)
		got := p.crdb(deletion...).fails(1, "cockroachdb-2", machine)
		if got.took > time.Minute {
			p.t.Errorf("took %s", got.took)
		}
		p.remainsOf("cockroachdb-2")
		p.powered(machine)
		p.emptied(deletion)
	})
}

// emptied wants that this command deletes all data that is left.
func (p place) emptied(command []string) {
	p.t.Helper()
	p.crdb(command...).ok("gone in")
	p.noVolumes()
	if left := remains(p.directories()); left != "" {
		p.t.Errorf("left: %s", left)
	}
	if left := p.labelled(); len(left) > 0 {
		p.t.Errorf("left: %v", left)
	}
}

// alone keeps other scenarios that disturb machines away until this one ends.
func (p place) alone() {
	p.t.Helper()
	p.idle(p.cluster.disturbed.Lock)
	p.t.Cleanup(p.cluster.disturbed.Unlock)
}

// powerless cuts a machine's power and waits until Kubernetes knows.
func (p place) powerless(machine string) {
	p.t.Helper()
	p.machine("stop", machine)
	p.idle(func() {
		p.await(2*time.Minute, func() string {
			if p.answers(machine) {
				return machine + " counts as ready"
			}
			return ""
		})
	})
}

// powered gives it back.
func (p place) powered(machine string) {
	p.t.Helper()
	p.machine("start", machine)
	p.idle(func() {
		p.await(2*time.Minute, func() string {
			if !p.answers(machine) {
				return machine + " does not count as ready"
			}
			return ""
		})
	})
}

// remainsOf wants that of all volumes this pod's alone is left, with its
// directory, and that the settings are there to know it by.
func (p place) remainsOf(pod string) {
	p.t.Helper()
	volumes := p.volumes()
	if len(volumes) != 1 || !strings.HasPrefix(volumes[0].Name, pod+".") {
		p.t.Errorf("%d volumes are left, want that of %s alone", len(volumes), pod)
	}
	stores := p.stores()
	if len(stores) != 1 {
		p.t.Errorf("directories: %v, want those of one machine", stores)
	}
	p.settings()
}

// machine cuts a machine's power, or turns it on.
func (p place) machine(what, name string) {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), p.suite.program("localkube"), "machine", what, name, "--dir", p.cluster.dir)
	if said, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("localkube machine %s %s: %v\n%s", what, name, err, said)
	}
}

// answers says whether Kubernetes holds a machine for alive.
func (p place) answers(machine string) bool {
	p.t.Helper()
	for _, condition := range get[corev1.Node](p, "node", machine).Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}
