package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/cgroup"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/host"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/network"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/process"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

// Logs says what Down does with the logs.
type Logs int

// What Down does with the logs.
const (
	// KeepLogs leaves the folder with its logs.
	KeepLogs Logs = iota
	// PurgeLogs removes them too, and the folder if nothing else is in it.
	PurgeLogs
)

// Down ends the cluster in dir and removes everything that belongs to it,
// whatever state it is in. It looks whether something is left, and that is an
// error. Nothing there is no error.
func Down(ctx context.Context, dir string, logs Logs, progress io.Writer) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) && len(Left(&state.State{Dir: dir})) == 0 {
		fmt.Fprintf(progress, "%s: no cluster here\n", dir)
		return nil
	}
	began := time.Now()
	unlock, err := lock(ctx, dir, progress)
	if err != nil {
		return err
	}
	defer unlock()
	if err := errors.Join(remove(ctx, dir), host.NewInstaller(nil, progress).Tidy()); err != nil {
		return err
	}
	kept := ""
	if path := filepath.Join(dir, "logs"); logs == KeepLogs {
		if _, err := os.Stat(path); err == nil {
			kept = "; kept: " + path
		}
	} else if err := purge(dir); err != nil {
		return err
	}
	fmt.Fprintf(progress, "%s: ended and removed in %.1fs%s\n", dir, time.Since(began).Seconds(), kept)
	return nil
}

func purge(dir string) error {
	if err := os.RemoveAll(filepath.Join(dir, "logs")); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, "lock")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := os.Remove(dir)
	if errors.Is(err, syscall.ENOTEMPTY) {
		return nil // what else is in it is not ours
	}
	return err
}

// remove ends and removes all of a cluster but its logs and its lock.
func remove(ctx context.Context, dir string) error {
	s, err := state.Load(dir)
	if errors.Is(err, state.ErrNone) {
		s, err = &state.State{Dir: dir}, nil
	}
	if err != nil {
		return err
	}
	if err := endAll(ctx, s); err != nil {
		return err
	}
	short, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	faults := errors.Join(network.Remove(s), cgroup.Remove(short, s.Cgroup()), unmountAll(dir))
	if left := Left(s); len(left) > 0 {
		return errors.Join(faults, fmt.Errorf("%s: left behind: %s", dir, strings.Join(left, ", ")))
	}
	if faults != nil {
		return faults
	}
	for _, name := range state.Own() {
		if name == "lock" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// endAll kills every process of the cluster: nothing of it is kept, so nobody
// need say goodbye. It looks again after, for what was just being started.
func endAll(ctx context.Context, s *state.State) error {
	for {
		found, err := process.Find(s.Dir)
		if err != nil {
			return err
		}
		for _, p := range s.Processes {
			if p.Alive() && !slices.ContainsFunc(found, func(f process.Ref) bool { return f.PID == p.PID }) {
				found = append(found, p)
			}
		}
		if len(found) == 0 {
			return nil
		}
		if err := process.End(ctx, found, 0); err != nil {
			return err
		}
	}
}

// Left lists what is still there of a cluster that was removed: processes,
// links, cgroups, mounts.
func Left(s *state.State) []string {
	var left []string
	found, _ := process.Find(s.Dir)
	for _, p := range found {
		left = append(left, fmt.Sprintf("process %d (%s)", p.PID, p.Name))
	}
	for _, name := range network.Left(s) {
		left = append(left, "link "+name)
	}
	for _, path := range cgroup.Left(s.Cgroup()) {
		left = append(left, "cgroup "+path)
	}
	for _, path := range mountsUnder(s.Dir) {
		left = append(left, "mount "+path)
	}
	return left
}

// mountsUnder lists the mount points in a folder, the last mounted first.
func mountsUnder(dir string) []string {
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	var found []string
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		path := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(fields[4])
		if strings.HasPrefix(path, dir+"/") {
			found = append(found, path)
		}
	}
	slices.Reverse(found)
	return found
}

// unmountAll takes away mounts in the folder. There should be none: a
// machine's go with it. But removing a folder must never reach through one.
func unmountAll(dir string) error {
	var faults []error
	for _, path := range mountsUnder(dir) {
		if err := syscall.Unmount(path, syscall.MNT_DETACH); err != nil {
			faults = append(faults, fmt.Errorf("unmount %s: %w", path, err))
		}
	}
	return errors.Join(faults...)
}
