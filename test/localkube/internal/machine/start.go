package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/cgroup"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/network"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/process"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

// namespaces are what a machine has for itself. Its first process is number 1
// of its own process namespace: when that ends, the kernel ends all others,
// containers included, and with the last of them go the machine's mounts and
// network. So killing one process is a power cut, and leaves nothing.
const namespaces = syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC

// Start starts a machine whose files are written, and records it. It returns
// when the machine has its network; its programs are then starting.
func Start(s *state.State, m state.Machine) (*process.Running, error) {
	if err := folders(s, m); err != nil {
		return nil, err
	}
	if err := cgroup.Make(s.Cgroup(), m.Name); err != nil {
		return nil, err
	}
	self, err := Self()
	if err != nil {
		return nil, err
	}
	wait, attached, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer attached.Close()
	running, err := process.Start(process.Command{
		Name: m.Name, Dir: s.Dir, Log: s.Log(m.Name + "/machine"), Namespaces: namespaces, Input: wait,
		Args: []string{self, "machine-init", "--dir", s.Dir, "--name", m.Name},
	})
	_ = wait.Close()
	if err != nil {
		if errors.Is(err, syscall.EPERM) {
			return nil, fmt.Errorf("%w: making namespaces needs the rights of root on the host, not of a confined container", err)
		}
		return nil, err
	}
	if err := s.Record(running.Ref); err != nil {
		return nil, err
	}
	if err := network.Attach(s.Network, m, running.PID); err != nil {
		return running, fmt.Errorf("%s: %w", m.Name, err)
	}
	if _, err := attached.Write([]byte{1}); err != nil {
		return running, fmt.Errorf("%s: %w", m.Name, err)
	}
	return running, nil
}

// folders makes the machine's root directory; what is there stays, as on a
// disk.
func folders(s *state.State, m state.Machine) error {
	root := s.Root(m.Name)
	for path, mode := range map[string]os.FileMode{
		"": 0o755, "tmp": 0o777 | os.ModeSticky, "var/tmp": 0o777 | os.ModeSticky, "run": 0o755, "root": 0o700,
		"mnt": 0o755, "opt": 0o755, "srv": 0o755, "home": 0o755, "var/lib": 0o755, "var/log": 0o755,
	} {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(full, 0o755); err != nil {
			return err
		}
		if err := os.Chmod(full, mode); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(s.Path("logs", m.Name), 0o755); err != nil {
		return err
	}
	// What an earlier life of the machine said of its failure is over.
	return ignoreAbsent(os.Remove(Fault(s, m)))
}

func ignoreAbsent(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// Fault is the file in which a machine says which of its programs does not
// stay up.
func Fault(s *state.State, m state.Machine) string {
	return filepath.Join(s.Root(m.Name), Folder, "fault")
}

// Stop cuts a machine's power: nothing in it gets to say goodbye, its disk
// stays.
func Stop(ctx context.Context, s *state.State, m state.Machine) error {
	ref, known := s.Process(m.Name)
	if !known {
		return fmt.Errorf("%s: not started", m.Name)
	}
	if err := process.End(ctx, []process.Ref{ref}, 0); err != nil {
		return err
	}
	if err := network.Detach(m); err != nil {
		return err
	}
	short, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return cgroup.Remove(short, filepath.Join(s.Cgroup(), m.Name))
}
