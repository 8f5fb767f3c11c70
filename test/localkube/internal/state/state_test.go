package state

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/process"
)

func TestNetwork_rangesDoNotOverlap(t *testing.T) {
	n := Network{Block: 100}
	ranges := []string{n.Gateway() + "/24", n.Services(), n.SimulatedPods(), n.Pods()}
	var nets []*net.IPNet
	for _, r := range ranges {
		_, parsed, err := net.ParseCIDR(r)
		if err != nil {
			t.Fatal(err)
		}
		for i, other := range nets {
			if parsed.Contains(other.IP) || other.Contains(parsed.IP) {
				t.Errorf("%s overlaps %s", r, ranges[i])
			}
		}
		nets = append(nets, parsed)
	}
	_, pods, _ := net.ParseCIDR(n.Pods())
	_, machines, _ := net.ParseCIDR(n.Gateway() + "/24")
	for i := range MaxReal {
		ip, _, err := net.ParseCIDR(n.PodRange(i))
		if err != nil || !pods.Contains(ip) || !machines.Contains(net.ParseIP(n.MachineAddress(i))) {
			t.Fatalf("machine %d: pods %s, address %s (%v)", i, n.PodRange(i), n.MachineAddress(i), err)
		}
	}
	for _, address := range []string{n.APIService(), n.DNSService()} {
		if !nets[1].Contains(net.ParseIP(address)) {
			t.Errorf("%s is no Service address", address)
		}
	}
}

func TestState_isReadAsItWasWritten(t *testing.T) {
	s := &State{Dir: t.TempDir(), Storage: "none", Ports: map[string]int{"etcd": 1}}
	if _, err := Load(s.Dir); !errors.Is(err, ErrNone) {
		t.Errorf("an empty folder: %v", err)
	}
	for _, pid := range []int{7, 8} { // the second takes the place of the first
		if err := s.Record(process.Ref{Name: "etcd", PID: pid}); err != nil {
			t.Fatal(err)
		}
	}
	read, err := Load(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if ref, ok := read.Process("etcd"); !ok || ref.PID != 8 || len(read.Processes) != 1 || read.Ports["etcd"] != 1 {
		t.Errorf("read %+v", read)
	}
}

func TestState_namesFitIntoTheKernels(t *testing.T) {
	s := &State{Dir: "/a/long/path/of/some/cluster"}
	if name := s.Bridge() + "-100"; len(name) > 15 || !strings.HasPrefix(name, "lk") {
		t.Errorf("%s is too long for a link", name)
	}
	if other := (&State{Dir: "/another"}); other.Tag() == s.Tag() {
		t.Error("two folders share a tag")
	}
}
