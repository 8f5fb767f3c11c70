package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// patience is how long a command waits for another one on the same folder.
const patience = 10 * time.Second

// lock keeps other localkubes from changing the cluster in dir. The kernel
// releases it when this process ends, however that is.
func lock(ctx context.Context, dir string, progress io.Writer) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for said := false; ; {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
		}
		holder, _ := os.ReadFile(path)
		if !said {
			said = true
			fmt.Fprintf(progress, "waiting for another localkube (pid %s) on %s\n", strings.TrimSpace(string(holder)), dir)
		}
		select {
		case <-ctx.Done():
			_ = f.Close()
			return nil, fmt.Errorf("%s: another localkube (pid %s) is at work on it: wait for it or end it", dir, strings.TrimSpace(string(holder)))
		case <-tick.C:
		}
	}
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt(fmt.Appendln(nil, os.Getpid()), 0)
	}
	return func() { _ = f.Close() }, nil
}
