package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/machine"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

// Load imports images, given as docker-archive files, into every real machine
// that is up.
func Load(ctx context.Context, s *state.State, images []string, progress io.Writer) error {
	if len(images) == 0 {
		return nil
	}
	if len(s.Machines) == 0 {
		return errors.New("simulated machines run no images")
	}
	for _, path := range images {
		if _, err := os.Stat(path); err != nil {
			return err
		}
	}
	faults := make([]error, len(s.Machines))
	loaded := make([]string, len(s.Machines))
	var all sync.WaitGroup
	for i, m := range s.Machines {
		all.Go(func() { loaded[i], faults[i] = loadInto(ctx, s, m, images) })
	}
	all.Wait()
	if err := errors.Join(faults...); err != nil {
		return err
	}
	fmt.Fprintf(progress, "loaded into %d machines: %s\n", len(s.Machines), loaded[0])
	return nil
}

// loadInto imports images into one machine and returns their names.
func loadInto(ctx context.Context, s *state.State, m state.Machine, images []string) (string, error) {
	ref, known := s.Process(m.Name)
	if !known || !ref.Alive() {
		return "", fmt.Errorf("%s: does not run; start it: localkube machine start %s --dir %s", m.Name, m.Name, s.Dir)
	}
	// The machine's own /run, seen from the host.
	socket := filepath.Join("/proc", strconv.Itoa(ref.PID), "root", machine.Socket)
	var names []string
	for _, path := range images {
		out, err := importImage(ctx, socket, path)
		if err != nil {
			return "", fmt.Errorf("%s: %s: ctr: %w: %s", m.Name, path, err, strings.TrimSpace(string(out)))
		}
		names = append(names, imported(string(out), path))
	}
	return strings.Join(names, ", "), nil
}

// importImage makes the image, or writes over it. ctr looks whether it is there
// before it does either: where another load made it in between, once more is
// right.
func importImage(ctx context.Context, socket, path string) (out []byte, err error) {
	for range 2 {
		out, err = exec.CommandContext(ctx, "ctr", "--address", socket, "--namespace", "k8s.io", "images", "import", path).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "already exists") {
			break
		}
	}
	return out, err
}

// imported picks the image's name out of what ctr says, else it is the file's.
func imported(out, path string) string {
	for line := range strings.Lines(out) {
		if name, ok := strings.CutPrefix(line, "unpacking "); ok {
			return strings.Fields(name)[0]
		}
	}
	return path
}
