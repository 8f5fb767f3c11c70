package torture

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// hung is when a call of the program counts as one that never ends.
const hung = 3 * time.Minute

// program is crdb-kube with all that a call of it needs.
type program struct {
	binary, kubeconfig, namespace string
	home                          string // where its files go; empty: with those of everybody
}

// call is one call of the program.
type call struct {
	args    []string
	cmd     *exec.Cmd
	stdout  bytes.Buffer
	stderr  bytes.Buffer
	started time.Time
	cancel  context.CancelFunc
	begun   chan struct{} // closed when there is a process, or never will be
	ended   chan struct{} // closed when it is no more
	err     error         // why it ended; to be read after that
	after   time.Duration
}

// prepare makes a call that begins with start, so that a proxy can be told of
// it before.
func (p program) prepare(ctx context.Context, args ...string) *call {
	ctx, cancel := context.WithTimeout(ctx, hung)
	where := slices.Index(args, "--") // what stands behind it is for another program
	if where < 0 {
		where = len(args)
	}
	args = slices.Insert(slices.Clone(args), where, "--namespace", p.namespace, "--progress", "plain")
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "{namespace}", p.namespace)
	}
	c := &call{args: args, cancel: cancel, begun: make(chan struct{}), ended: make(chan struct{})}
	c.cmd = exec.CommandContext(ctx, p.binary, args...)
	home := cmp.Or(p.home, os.TempDir())
	c.cmd.Env = []string{"HOME=" + home, "TMPDIR=" + home, "PATH=" + os.Getenv("PATH"), "KUBECONFIG=" + p.kubeconfig}
	c.cmd.Stdout, c.cmd.Stderr = &c.stdout, &c.stderr
	return c
}

// run calls the program and waits for its end.
func (p program) run(ctx context.Context, args ...string) *call {
	return p.prepare(ctx, args...).start().wait()
}

// start begins the call.
func (c *call) start() *call {
	c.started = time.Now()
	err := c.cmd.Start()
	close(c.begun)
	go func() {
		defer close(c.ended)
		if err == nil {
			err = c.cmd.Wait()
		}
		c.err, c.after = err, time.Since(c.started)
		c.cancel()
	}()
	return c
}

// kill ends it as a power cut does, and returns when the process is no more.
func (c *call) kill() {
	<-c.begun
	if c.cmd.Process != nil {
		_ = c.cmd.Process.Kill() // one that has ended is dead enough
	}
	<-c.ended
}

// wait is the call when it has ended.
func (c *call) wait() *call {
	<-c.ended
	return c
}

// code is the exit code; -1: killed, or not begun.
func (c *call) code() int {
	var exit *exec.ExitError
	switch {
	case c.err == nil:
		return 0
	case errors.As(c.err, &exit):
		return exit.ExitCode()
	}
	return -1
}

// hangs tells whether it had to be ended because it did not end itself.
func (c *call) hangs() bool { return c.after >= hung }

func (c *call) String() string {
	return fmt.Sprintf("$ crdb-kube %s   [%d, %.1fs]\n%s%s",
		strings.Join(c.args, " "), c.code(), c.after.Seconds(), c.stdout.String(), c.stderr.String())
}

// faults says what is wrong with how a disturbed call ended: it may end well,
// or with an error that has one of the words and says what to do next.
func (c *call) faults(words []string) []string {
	said := c.stderr.String()
	names := len(words) == 0 || slices.ContainsFunc(words, func(word string) bool { return strings.Contains(said, word) })
	switch {
	case c.hangs():
		return []string{"it hung"}
	case c.code() == 0:
		return nil
	case strings.Contains(said, "panic:") || strings.Contains(said, "goroutine "):
		return []string{"it panicked"}
	case !strings.Contains(said, "error: ") || !strings.Contains(said, "  next  "):
		return []string{fmt.Sprintf("exit code %d without an error and a hint", c.code())}
	case !names:
		return []string{fmt.Sprintf("the error names none of %q", words)}
	}
	return nil
}
