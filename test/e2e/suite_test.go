package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// setup is what a scenario needs of its cluster.
type setup string

const (
	// ownVolumes: real machines; the data lies on volumes of our own.
	// localkube makes a cluster without any StorageClass for it.
	ownVolumes setup = "none"
	// defaultClass: real machines, and a default class that binds at once.
	defaultClass setup = "immediate"
	// waitsForConsumer: real machines, and a default class that binds when a pod
	// needs the volume.
	waitsForConsumer setup = "wait-for-consumer"
	// rootOwned: real machines, and a default class whose directories belong to
	// root and ignore fsGroup.
	rootOwned setup = "root-owned"
	// ownVolumesAlone: as ownVolumes, for a scenario that stops machines.
	ownVolumesAlone setup = "none-alone"
	// anyMachines: only the API server matters.
	anyMachines setup = "any"
)

// storage is what localkube calls the set-up.
func (s setup) storage() string { return strings.TrimSuffix(string(s), "-alone") }

// own says whether the data lies on volumes of our own.
func (s setup) own() bool { return s.storage() == string(ownVolumes) }

// suite is what all scenarios of one run have in common.
type suite struct {
	settings
	folder string // for kubeconfigs and other files
	// busy holds a token for each scenario that works now. More than this
	// machine has cores would only make each other late, and on a cluster that
	// is not ours each may take all the room that there is.
	busy chan struct{}
	// early are the scenarios that begin before the others.
	early sync.WaitGroup

	mu       sync.Mutex
	clusters map[setup]*cluster
	guards   map[string]*guard // by the cluster's folder
}

// cluster is one Kubernetes.
type cluster struct {
	setup      setup
	kubeconfig string
	// dir is localkube's folder; empty where the cluster is not localkube's.
	dir   string
	ready sync.Once
	err   error
	// disturbed is held by the one scenario that stops its machines.
	disturbed sync.Mutex
}

func newSuite(s settings) (*suite, error) {
	folder, err := os.MkdirTemp("", "crdb-kube-e2e-")
	if err != nil {
		return nil, err
	}
	all := &suite{
		settings: s,
		folder:   folder,
		busy:     make(chan struct{}, min(max(4, runtime.NumCPU()), 6)),
		clusters: map[setup]*cluster{},
		guards:   map[string]*guard{},
	}
	if s.kubeconfig != "" {
		all.busy = make(chan struct{}, 1)
	}
	return all, all.findKubectl()
}

// findKubectl puts a kubectl into the folder: localkube is one when it is
// called so.
func (s *suite) findKubectl() error {
	localkube := s.program("localkube")
	if _, err := os.Stat(localkube); err == nil {
		return os.Symlink(localkube, s.kubectl())
	}
	found, err := exec.LookPath("kubectl")
	if err != nil {
		return fmt.Errorf("neither %s nor a kubectl on PATH: make bin/localkube", localkube)
	}
	return os.Symlink(found, s.kubectl())
}

func (s *suite) kubectl() string { return filepath.Join(s.folder, "kubectl") }

// close takes all clusters down, side by side. It is safe to call twice.
func (s *suite) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for dir, g := range s.guards {
		all.Go(func() {
			err := g.release(dir)
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
		})
	}
	all.Wait()
	clear(s.guards)
	if s.keep {
		fmt.Fprintln(os.Stderr, "e2e: logs are kept in", s.folder)
		return failed
	}
	return errors.Join(failed, os.RemoveAll(s.folder))
}

// cluster is the one for this set-up, started by whoever asks first.
func (s *suite) cluster(t *testing.T, want setup) *cluster {
	t.Helper()
	c := s.choose(t, want)
	c.ready.Do(func() { c.err = s.start(c) })
	if c.err != nil {
		t.Fatal(c.err)
	}
	if want == defaultClass && c.dir == "" && !s.hasDefaultClass(t, c) {
		leaveOut(t, "this cluster has no default StorageClass")
	}
	return c
}

// choose finds the cluster for a set-up. A scenario that cannot have it is
// left out, with a line that says so.
func (s *suite) choose(t *testing.T, want setup) *cluster {
	t.Helper()
	switch {
	case s.kubeconfig != "" && needsLocalkube(want):
		leaveOut(t, "only localkube is known to have storage "+want.storage()+" and machines that may be stopped")
	case s.kubeconfig != "":
		want = "given"
	case want == anyMachines && s.real():
		want = defaultClass
	case want != anyMachines && !s.real():
		leaveOut(t, "")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clusters[want] == nil {
		s.clusters[want] = &cluster{setup: want}
	}
	return s.clusters[want]
}

// needsLocalkube says whether a cluster that is not ours cannot be known to be so.
func needsLocalkube(want setup) bool {
	return want == waitsForConsumer || want == rootOwned || want == ownVolumesAlone
}

// leaveOut ends a scenario that cannot run here. It is no success: whoever
// runs the scenarios counts these lines.
func leaveOut(t *testing.T, why string) {
	t.Helper()
	if why != "" {
		why = " (" + why + ")"
	}
	t.Skipf("needs real machines: %s%s", t.Name(), why)
}

func (s *suite) start(c *cluster) error {
	if s.kubeconfig != "" {
		c.kubeconfig = s.kubeconfig
		return nil
	}
	c.dir = filepath.Join(s.folder, string(c.setup))
	c.kubeconfig = filepath.Join(c.dir, "kubeconfig")
	args := []string{"up", "--dir", c.dir, "--real", "3", "--storage", c.setup.storage(), "--image", s.program("standin.tar")}
	if c.setup == rootOwned { // one pod of the official size fills a machine
		args = append(args, "--machine-cpu", "2", "--machine-memory", "9Gi")
	}
	if c.setup == anyMachines {
		args = []string{"up", "--dir", c.dir, "--real", "0", "--simulated", "3", "--storage", "none"}
	}
	s.mu.Lock()
	g, err := startGuard(s.settings, c.dir)
	if err == nil {
		s.guards[c.dir] = g
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	up := exec.CommandContext(ctx, s.program("localkube"), args...)
	said, err := up.CombinedOutput()
	if err != nil {
		return fmt.Errorf("localkube %s: %w\n%s", strings.Join(args, " "), err, said)
	}
	return s.untainted(ctx, c)
}

// untainted waits until every machine takes pods: the taint of one that was
// not ready goes a moment after it is.
func (s *suite) untainted(ctx context.Context, c *cluster) error {
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		said, err := s.command(ctx, c, "get", "nodes", "-o", "jsonpath={.items[*].spec.taints}").Output()
		if err != nil {
			return fmt.Errorf("kubectl get nodes: %w", err)
		}
		if len(said) == 0 || c.setup == anyMachines {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("machines do not take pods: %s", said)
		}
	}
}

func (s *suite) hasDefaultClass(t *testing.T, c *cluster) bool {
	t.Helper()
	said, err := s.command(t.Context(), c, "get", "storageclass", "-o", "json").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(said), `"storageclass.kubernetes.io/is-default-class": "true"`)
}

// command is one call of kubectl.
func (s *suite) command(ctx context.Context, c *cluster, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.kubectl(), args...)
	cmd.Env = s.environment(c.kubeconfig)
	return cmd
}

// environment is all that programs under test see: nothing of the user's own.
func (s *suite) environment(kubeconfig string) []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.folder, "KUBECONFIG=" + kubeconfig, "LANG=C.UTF-8"}
}
