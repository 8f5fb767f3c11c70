package network

import (
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

func TestOverlaps_inBothDirections(t *testing.T) {
	parse := func(text string) *net.IPNet {
		_, n, err := net.ParseCIDR(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, c := range []struct {
		one, other string
		want       bool
	}{
		{"10.64.0.0/16", "10.64.3.0/24", true},
		{"10.64.0.0/16", "10.0.0.0/8", true},
		{"10.64.0.0/16", "10.65.0.0/16", false},
		{"10.64.0.0/16", "192.168.0.0/16", false},
	} {
		if got := overlaps(parse(c.one), []*net.IPNet{parse(c.other)}); got != c.want {
			t.Errorf("%s and %s: %t", c.one, c.other, got)
		}
	}
}

func TestChoose_takesABlockThatTheHostDoesNotUse(t *testing.T) {
	block, err := Choose(7)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := inUse()
	if err != nil {
		t.Fatal(err)
	}
	_, all, err := net.ParseCIDR(state.Network{Block: block}.All())
	if err != nil {
		t.Fatal(err)
	}
	if overlaps(all, taken) {
		t.Errorf("%s is in use: %v", all, taken)
	}
}

func TestFreePorts_areDifferentAndCanBeListenedOn(t *testing.T) {
	ports, err := FreePorts("a", "b", "c", "d")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for name, port := range ports {
		if seen[port] {
			t.Errorf("%s has a port of another", name)
		}
		seen[port] = true
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Error(err)
			continue
		}
		_ = listener.Close()
	}
	if len(ports) != 4 {
		t.Errorf("got %v", ports)
	}
}

func TestWhole_asksAgainForAListThatChangedWhileItWasRead(t *testing.T) {
	asked := 0
	got, err := whole(func() (int, error) {
		if asked++; asked < 3 {
			return 1, fmt.Errorf("links: %w", netlink.ErrDumpInterrupted)
		}
		return 2, nil
	})
	if got != 2 || err != nil || asked != 3 {
		t.Errorf("got %d, %v, asked %d times", got, err, asked)
	}
	if _, err := whole(func() (int, error) { return 0, netlink.ErrDumpInterrupted }); err == nil {
		t.Error("it never gives up")
	}
	refused := errors.New("refused")
	if _, err := whole(func() (int, error) { return 0, refused }); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
}
