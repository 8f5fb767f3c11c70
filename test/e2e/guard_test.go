package e2e

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
)

// Environment of a guard: this very program, told to watch over one cluster.
const (
	guardedDir = "E2E_GUARDED_DIR"
	guardBin   = "E2E_GUARD_BIN"
	guardKeeps = "E2E_GUARD_KEEPS"
)

// guard is a process that takes a cluster of localkube down when the tests
// end, however they end: a panic, the deadline of go test or SIGKILL close its
// standard input as an orderly end does.
type guard struct {
	cmd   *exec.Cmd
	stdin io.Closer
}

func startGuard(s settings, dir string) (*guard, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(dir + ".down.log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	g := &guard{cmd: exec.Command(self)}
	g.cmd.Env = append(os.Environ(), guardedDir+"="+dir, guardBin+"="+s.bin)
	if s.keep {
		g.cmd.Env = append(g.cmd.Env, guardKeeps+"=1")
	}
	// A file, not a pipe: it outlives us.
	g.cmd.Stdout, g.cmd.Stderr = log, log
	// Ctrl-C reaches a whole process group.
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if g.stdin, err = g.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	return g, g.cmd.Start()
}

// release lets the guard take its cluster down and waits until it has.
func (g *guard) release(dir string) error {
	err := errors.Join(g.stdin.Close(), g.cmd.Wait())
	log := dir + ".down.log"
	if err != nil {
		said, _ := os.ReadFile(log) // what is missing there is missing in the message
		return fmt.Errorf("localkube down --dir %s: %w\n%s", dir, err, said)
	}
	return os.Remove(log)
}

// guardMain is the guard's own program.
func guardMain(dir string) int {
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	args := []string{"down", "--dir", dir}
	if os.Getenv(guardKeeps) == "" {
		args = append(args, "--purge")
	}
	down := exec.Command(filepath.Join(os.Getenv(guardBin), "localkube"), args...)
	down.Stdout, down.Stderr = os.Stdout, os.Stderr
	if err := down.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
