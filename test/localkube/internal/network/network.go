// Package network makes a cluster's network on the host: a bridge with the
// host's own address, a cable (veth) to each real machine, and the routes to
// the machines' pods.
//
// Machines reach each other's pods over the bridge directly, so the host need
// not forward anything, and nothing of the cluster is reachable from outside.
package network

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/vishvananda/netlink"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

// Choosing is the work of which one localkube at a time has its turn.
const Choosing = "choosing its addresses"

// firstBlock and lastBlock bound the second byte of the 10.X.0.0/16 that a
// cluster takes.
const firstBlock, lastBlock = 64, 254

// Choose returns a block that no address and no route of the host touches.
// Hold turn.Take(ctx, Choosing) until the bridge has its address.
func Choose(preferred byte) (int, error) {
	taken, err := inUse()
	if err != nil {
		return 0, err
	}
	count := lastBlock - firstBlock + 1
	for i := range count {
		n := state.Network{Block: firstBlock + (int(preferred)+i)%count}
		_, all, err := net.ParseCIDR(n.All())
		if err != nil {
			return 0, err
		}
		if !overlaps(all, taken) {
			return n.Block, nil
		}
	}
	return 0, errors.New("no free range in 10.64.0.0 to 10.254.255.255: remove unused links or routes")
}

// inUse lists the ranges of the host's addresses and routes.
func inUse() ([]*net.IPNet, error) {
	addresses, err := whole(func() ([]netlink.Addr, error) { return netlink.AddrList(nil, netlink.FAMILY_V4) })
	if err != nil {
		return nil, fmt.Errorf("addresses of this host: %w", err)
	}
	routes, err := whole(func() ([]netlink.Route, error) { return netlink.RouteList(nil, netlink.FAMILY_V4) })
	if err != nil {
		return nil, fmt.Errorf("routes of this host: %w", err)
	}
	var taken []*net.IPNet
	for _, a := range addresses {
		taken = append(taken, a.IPNet)
	}
	for _, r := range routes {
		if r.Dst == nil {
			continue
		}
		if ones, _ := r.Dst.Mask.Size(); ones > 0 { // the default route is not a use
			taken = append(taken, r.Dst)
		}
	}
	return taken, nil
}

func overlaps(n *net.IPNet, others []*net.IPNet) bool {
	for _, o := range others {
		if n.Contains(o.IP) || o.Contains(n.IP) {
			return true
		}
	}
	return false
}

// MakeBridge makes the bridge and gives it the host's address.
func MakeBridge(n state.Network) error {
	attributes := netlink.NewLinkAttrs()
	attributes.Name = n.Bridge
	bridge := &netlink.Bridge{LinkAttrs: attributes}
	if err := netlink.LinkAdd(bridge); err != nil {
		return fmt.Errorf("bridge %s: %w", n.Bridge, err)
	}
	address, err := netlink.ParseAddr(n.Gateway() + "/24")
	if err != nil {
		return err
	}
	if err := netlink.AddrAdd(bridge, address); err != nil {
		return fmt.Errorf("bridge %s: %w", n.Bridge, err)
	}
	if err := netlink.LinkSetUp(bridge); err != nil {
		return fmt.Errorf("bridge %s: %w", n.Bridge, err)
	}
	return nil
}

// Attach lays the cable from the bridge to the machine whose first process has
// this number, where its end is called eth0, and the route to its pods.
func Attach(n state.Network, m state.Machine, pid int) error {
	bridge, err := netlink.LinkByName(n.Bridge)
	if err != nil {
		return fmt.Errorf("bridge %s: %w", n.Bridge, err)
	}
	attributes := netlink.NewLinkAttrs()
	attributes.Name = m.Link
	attributes.MasterIndex = bridge.Attrs().Index
	cable := &netlink.Veth{LinkAttrs: attributes, PeerName: "eth0", PeerNamespace: netlink.NsPid(pid)}
	if err := netlink.LinkAdd(cable); err != nil {
		return fmt.Errorf("link %s: %w", m.Link, err)
	}
	if err := netlink.LinkSetUp(cable); err != nil {
		return fmt.Errorf("link %s: %w", m.Link, err)
	}
	return addRoute(bridge, n.PodRange(m.Index), n.MachineAddress(m.Index))
}

func addRoute(link netlink.Link, to, through string) error {
	_, destination, err := net.ParseCIDR(to)
	if err != nil {
		return err
	}
	route := &netlink.Route{LinkIndex: link.Attrs().Index, Dst: destination, Gw: net.ParseIP(through)}
	if err := netlink.RouteReplace(route); err != nil {
		return fmt.Errorf("route to %s through %s: %w", to, through, err)
	}
	return nil
}

// Inside sets up the network in a machine: loopback, its address on eth0, and
// the ways to the host and to the other machines' pods, whether they exist yet
// or not. It runs in the machine's own namespaces.
func Inside(n state.Network, index, machines int) error {
	for _, name := range []string{"lo", "eth0"} {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return fmt.Errorf("link %s: %w", name, err)
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return fmt.Errorf("link %s: %w", name, err)
		}
	}
	eth0, err := netlink.LinkByName("eth0")
	if err != nil {
		return err
	}
	address, err := netlink.ParseAddr(n.MachineAddress(index) + "/24")
	if err != nil {
		return err
	}
	if err := netlink.AddrAdd(eth0, address); err != nil {
		return fmt.Errorf("address %s: %w", address, err)
	}
	if err := addRoute(eth0, "0.0.0.0/0", n.Gateway()); err != nil {
		return err
	}
	for i := range machines {
		if i == index {
			continue
		}
		if err := addRoute(eth0, n.PodRange(i), n.MachineAddress(i)); err != nil {
			return err
		}
	}
	return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644)
}

// Remove takes away the cluster's links, and with them its routes. What is not
// there is no fault.
func Remove(s *state.State) error {
	var faults []error
	for _, name := range Left(s) {
		if err := remove(name); err != nil {
			faults = append(faults, err)
		}
	}
	if s.Network.ForwardRule {
		for forwardRule("-C", s.Network.Bridge) == nil {
			if err := forwardRule("-D", s.Network.Bridge); err != nil {
				faults = append(faults, err)
				break
			}
		}
	}
	return errors.Join(faults...)
}

// whole asks the kernel for a list again as long as it says that the list
// changed while it was read, and may lack something: other clusters come and
// go at the same time.
func whole[T any](list func() (T, error)) (T, error) {
	const tries = 50
	for range tries - 1 {
		if all, err := list(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			return all, err
		}
	}
	return list()
}

// Left lists the links on the host whose names are the cluster's; where they
// cannot be listed, the one that is surely among them.
func Left(s *state.State) []string {
	links, err := whole(netlink.LinkList)
	if err != nil {
		return []string{s.Bridge()}
	}
	var left []string
	for _, l := range links {
		if name := l.Attrs().Name; name == s.Bridge() || strings.HasPrefix(name, s.Bridge()+"-") {
			left = append(left, name)
		}
	}
	return left
}

// FilteredByHost says whether what crosses a bridge is shown to the host's
// FORWARD chain and that chain is not empty (Docker makes it so): then the
// machines need a rule to reach each other.
func FilteredByHost() bool {
	shown, err := os.ReadFile("/proc/sys/net/bridge/bridge-nf-call-iptables")
	if err != nil || strings.TrimSpace(string(shown)) != "1" {
		return false
	}
	rules, err := exec.Command("iptables", "-w", "-S", "FORWARD").Output()
	return err == nil && strings.TrimSpace(string(rules)) != "-P FORWARD ACCEPT"
}

// Admit puts a rule in the FORWARD chain that lets pass what stays on the
// bridge. Remove takes it away.
func Admit(bridge string) error { return forwardRule("-I", bridge) }

func forwardRule(verb, bridge string) error {
	out, err := exec.Command("iptables", "-w", verb, "FORWARD", "-i", bridge, "-o", bridge,
		"-m", "comment", "--comment", "localkube", "-j", "ACCEPT").CombinedOutput()
	if err != nil {
		return fmt.Errorf("iptables %s FORWARD: %w: %s", verb, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// Detach takes away the cable to a machine, and with it nothing but that; no
// cable is no fault.
func Detach(m state.Machine) error {
	return remove(m.Link)
}

// remove takes away one link, if it is there. A machine's cable goes with the
// machine's end of it, at any moment: also between being seen and being removed.
func remove(name string) error {
	link, err := netlink.LinkByName(name)
	if errors.As(err, new(netlink.LinkNotFoundError)) {
		return nil
	}
	if err == nil {
		err = netlink.LinkDel(link)
	}
	if err != nil && !errors.Is(err, syscall.ENODEV) {
		return fmt.Errorf("link %s: %w", name, err)
	}
	return nil
}
