// Package boot is the first process of a real machine: it runs as number 1 in
// the machine's own namespaces, makes its root directory and network, starts
// containerd, kubelet and kube-proxy, and keeps them up until it is killed.
package boot

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/machine"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/network"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

// attachedFD is where the host says that the machine has its cable.
const attachedFD = 3

// Run is the whole life of a machine. It returns only with a fault.
func Run(ctx context.Context, dir, name string) error {
	s, err := state.Load(dir)
	if err != nil {
		return err
	}
	m, err := s.Machine(name)
	if err != nil {
		return err
	}
	if os.Getpid() != 1 {
		return fmt.Errorf("machine-init: meant to be started by localkube only")
	}
	if err := awaitCable(); err != nil {
		return err
	}
	if err := unix.Sethostname([]byte(m.Name)); err != nil {
		return fmt.Errorf("host name: %w", err)
	}
	// Opened here since the cluster's folder is not to be seen in the machine.
	programs, err := services(s, m)
	if err != nil {
		return err
	}
	if err := enterRoot(s, m); err != nil {
		return err
	}
	if err := network.Inside(s.Network, m.Index, len(s.Machines)); err != nil {
		return err
	}
	sup := newSupervisor()
	say("root and network are there")
	return live(ctx, sup, programs, s)
}

// awaitCable waits until the host has laid the cable. If the host's side died
// instead, so does the machine.
func awaitCable() error {
	f := os.NewFile(attachedFD, "attached")
	defer f.Close()
	if n, _ := f.Read(make([]byte, 1)); n != 1 {
		return fmt.Errorf("localkube ended before the machine had its network")
	}
	return nil
}

// live starts the programs in order and keeps them up.
func live(ctx context.Context, sup *supervisor, programs set, s *state.State) error {
	sup.keep(programs.containerd)
	if err := sup.awaitSocket(ctx, machine.Socket, 30*time.Second); err != nil {
		return err
	}
	say("containerd answers")
	if status := sup.once(programs.pause); status != 0 {
		return fmt.Errorf("image %s: ctr ended with %d", machine.PauseImage, status)
	}
	awaitAPI(ctx, s, 20*time.Second)
	sup.keep(programs.proxy)
	sup.keep(programs.kubelet)
	<-ctx.Done()
	return context.Cause(ctx)
}

// say writes a line to the machine's own log.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s %s\n", time.Now().UTC().Format("15:04:05.000"), fmt.Sprintf(format, args...))
}
