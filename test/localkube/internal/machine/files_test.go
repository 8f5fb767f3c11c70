package machine

import (
	"strings"
	"testing"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

func TestHostPath_leadsToTheMachineOrToWhatAllShare(t *testing.T) {
	m := state.Machine{Name: "machine-1"}
	for _, c := range []struct{ storage, path, want string }{
		{"immediate", "/tmp/hostpath-provisioner/default/a", "/d/shared/hostpath-provisioner/default/a"},
		{"immediate", "/tmp/other", "/d/machines/machine-1/root/tmp/other"},
		{"root-owned", "/tmp/hostpath-provisioner/default/a", "/d/machines/machine-1/root/tmp/hostpath-provisioner/default/a"},
		{"immediate", "/var/lib/x", "/d/machines/machine-1/root/var/lib/x"},
	} {
		s := &state.State{Dir: "/d", Storage: c.storage}
		if got := HostPath(s, m, c.path); got != c.want {
			t.Errorf("%s, %s: %s, want %s", c.storage, c.path, got, c.want)
		}
	}
}

func TestReservation_refusesMoreThanTheHostHas(t *testing.T) {
	for _, s := range []*state.State{{MachineMemory: "900Ti"}, {MachineCPU: "9000"}, {MachineMemory: "much"}} {
		if _, err := reservation(s); err == nil || !strings.Contains(err.Error(), "--machine-") {
			t.Errorf("%+v: %v", s, err)
		}
	}
	if got, err := reservation(&state.State{}); err != nil || len(got) != 0 {
		t.Errorf("nothing asked: %v, %v", got, err)
	}
}
