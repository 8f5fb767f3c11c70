// Package cluster is the verbs: what `localkube up`, `down`, `load`, `status`
// and the faults do, and in which order.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/api"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/control"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/host"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/machine"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/network"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/process"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/storage"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/turn"
)

// Options say what cluster to start.
type Options struct {
	// Dir is the cluster's folder, absolute.
	Dir string
	// Bin is the folder with the components' binaries.
	Bin string
	// Real and Simulated are the numbers of machines.
	Real, Simulated int
	// Storage is one of storage.SetUps.
	Storage string
	// Images are docker-archive files to load into every real machine.
	Images []string
	// MachineMemory and MachineCPU bound what a real machine reports, as
	// Kubernetes quantities; empty: all that the host has.
	MachineMemory, MachineCPU string
	// Progress gets a line for each step and for what is waited for.
	Progress io.Writer
}

// up is one run of Up.
type up struct {
	Options
	state   *state.State
	client  kubernetes.Interface
	running []*process.Running
	began   time.Time
}

// Up starts a cluster and returns when its machines are Ready, its DNS
// answers, and pods can be made in the namespace default. On a running cluster
// it changes nothing. What an earlier run left in the folder is removed first.
func Up(ctx context.Context, o Options) error {
	u := &up{Options: o, began: time.Now()}
	if err := u.check(); err != nil {
		return err
	}
	unlock, err := lock(ctx, o.Dir, o.Progress)
	if err != nil {
		return err
	}
	defer unlock()
	if done, err := u.already(ctx); done || err != nil {
		return err
	}
	if o.Real > 0 {
		if err := host.NewInstaller(u.say, o.Progress).Provide(ctx); err != nil {
			return err
		}
		host.RaiseWatchLimit(o.Real, u.say)
	}
	for _, step := range []func(context.Context) error{u.prepare, u.startAll, u.awaitAll, u.finish} {
		if err := step(ctx); err != nil {
			if context.Cause(ctx) != nil {
				err = fmt.Errorf("interrupted: %w", err)
			}
			return fmt.Errorf("%w\nwhat was begun stays for a look; remove it: localkube down --dir %s", err, o.Dir)
		}
	}
	return nil
}

func (u *up) say(line string) {
	fmt.Fprintf(u.Progress, "%5.1fs  %s\n", time.Since(u.began).Seconds(), line)
}

// check finds wrong use and what is missing before anything is made.
func (u *up) check() error {
	if u.Real < 0 || u.Simulated < 0 || u.Real > state.MaxReal {
		return fmt.Errorf("--real %d --simulated %d: from 0, and at most %d real ones", u.Real, u.Simulated, state.MaxReal)
	}
	if u.Real+u.Simulated == 0 {
		return errors.New("--real 0 --simulated 0: a cluster needs a machine")
	}
	if err := storage.Check(u.Storage, u.Real); err != nil {
		return err
	}
	if len(u.Images) > 0 && u.Real == 0 {
		return errors.New("--image: simulated machines run no images")
	}
	for _, image := range u.Images {
		if _, err := os.Stat(image); err != nil {
			return fmt.Errorf("--image: %w", err)
		}
	}
	if u.Real > 0 {
		if err := host.RequireRoot(); err != nil {
			return err
		}
	}
	return control.RequireBinaries(u.Bin, u.needs()...)
}

// needs lists the binaries that this cluster is made of.
func (u *up) needs() []string {
	names := []string{"localkube-components"}
	if u.Real > 0 {
		names = append(names, control.CoreDNS, "localkube-pod")
	}
	if u.Simulated > 0 {
		names = append(names, control.Kwok)
	}
	if u.Storage == storage.WaitForConsumer {
		names = append(names, control.LocalPath)
	}
	return names
}

// already deals with what is in the folder: a running cluster is left alone,
// anything else removed.
func (u *up) already(ctx context.Context) (done bool, err error) {
	old, err := state.Load(u.Dir)
	if err != nil && !errors.Is(err, state.ErrNone) {
		return false, err
	}
	found, err := process.Find(u.Dir)
	if err != nil {
		return false, err
	}
	if old == nil && len(found) == 0 {
		return false, nil
	}
	if old != nil && old.Ready && len(found) > 0 {
		u.say(fmt.Sprintf("it runs already: %s; nothing is changed", describe(old)))
		u.say("stop it: localkube down --dir " + u.Dir)
		return true, nil
	}
	u.say("removing what an earlier run left in " + u.Dir)
	return false, remove(ctx, u.Dir)
}

func describe(s *state.State) string {
	parts := []string{}
	if n := len(s.Machines); n > 0 {
		parts = append(parts, fmt.Sprintf("%d real", n))
	}
	if s.Simulated > 0 {
		parts = append(parts, fmt.Sprintf("%d simulated", s.Simulated))
	}
	return strings.Join(parts, " and ") + " machines, storage " + s.Storage
}

// prepare chooses addresses and writes all files.
func (u *up) prepare(ctx context.Context) error {
	if err := os.MkdirAll(u.Dir, 0o755); err != nil {
		return err
	}
	// The new run's logs are not to be taken for the old one's.
	if err := os.RemoveAll((&state.State{Dir: u.Dir}).Path("logs")); err != nil {
		return err
	}
	u.state = &state.State{
		Dir: u.Dir, Bin: u.Bin, Storage: u.Storage, Simulated: u.Simulated,
		MachineMemory: u.MachineMemory, MachineCPU: u.MachineCPU,
	}
	for i := range u.Real {
		u.state.Machines = append(u.state.Machines, state.Machine{
			Name: fmt.Sprintf("machine-%d", i+1), Index: i, Zone: fmt.Sprintf("z%d", i%3+1),
			Link: fmt.Sprintf("%s-%d", u.state.Bridge(), i+1),
		})
	}
	if err := u.takeAddresses(ctx); err != nil {
		return err
	}
	if err := control.WriteCredentials(u.state); err != nil {
		return err
	}
	if err := control.WriteConfig(u.state); err != nil {
		return err
	}
	if u.Storage == storage.Immediate {
		if err := os.MkdirAll(u.state.Shared(), 0o755); err != nil {
			return err
		}
	}
	for _, m := range u.state.Machines {
		if err := machine.Write(u.state, m); err != nil {
			return err
		}
	}
	client, err := api.Connect(u.state.Kubeconfig())
	u.client = client
	return err
}

// takeAddresses chooses addresses and ports that are free, alone among all
// localkubes, and takes them.
func (u *up) takeAddresses(ctx context.Context) error {
	release, err := turn.Take(ctx, network.Choosing)
	if err != nil {
		return err
	}
	defer release()
	s := u.state
	if s.Network.Block, err = network.Choose(s.Tag()[0]); err != nil {
		return err
	}
	if s.Ports, err = network.FreePorts(control.PortNames()...); err != nil {
		return err
	}
	if u.Real == 0 {
		return s.Save()
	}
	s.Network.Bridge = s.Bridge()
	s.Network.ForwardRule = network.FilteredByHost()
	if err := s.Save(); err != nil {
		return err
	}
	if err := network.MakeBridge(s.Network); err != nil {
		return err
	}
	if s.Network.ForwardRule {
		return network.Admit(s.Network.Bridge)
	}
	return nil
}

// finish loads the images and notes that the cluster is there.
func (u *up) finish(ctx context.Context) error {
	if err := Load(ctx, u.state, u.Images, u.Progress); err != nil {
		return err
	}
	u.state.Ready = true
	if err := u.state.Save(); err != nil {
		return err
	}
	u.say("ready: " + describe(u.state))
	u.say("export KUBECONFIG=" + u.state.Kubeconfig())
	return nil
}
