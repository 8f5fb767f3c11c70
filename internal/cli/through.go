package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Exit codes for a command that could not be started, as shells have them.
const (
	exitCannotRun = 126
	exitNoCommand = 127
	// signalled is what the number of a signal is added to that ended a command.
	signalled = 128
)

// commandError is why a command was not started.
type commandError struct {
	code    int
	message string
	next    string
}

func (e *commandError) Error() string { return e.message }

// endPatience is how long a command may take to end after it was told that the
// time is up.
const endPatience = 10 * time.Second

// runThrough runs the command with the forward, which stays until the command
// has ended: it may need the database to clean up.
func (a *app) runThrough(ctx context.Context, f forwardFlags) error {
	program, err := findProgram(f.command[0])
	if err != nil {
		return err
	}
	o, err := a.open(ctx, f.port)
	if err != nil {
		return err
	}
	defer o.close()
	client, err := newClientFiles(ctx, o, f.user(o.access.Cluster))
	if err != nil {
		return err
	}
	defer client.remove()
	tunnel, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	stop := context.AfterFunc(ctx, end) // while the command is not there
	return a.forwarding(tunnel, o, cockroach.SQLPort, func(context.Context, string) error {
		if !stop() {
			return context.Cause(ctx)
		}
		return a.runCommand(ctx, program, f.command, client.connection)
	})
}

// findProgram looks for the command before anything else is done.
func findProgram(name string) (string, error) {
	program, err := exec.LookPath(name)
	switch {
	case err == nil:
		return program, nil
	case errors.Is(err, os.ErrPermission):
		return "", &commandError{exitCannotRun, name + ": may not be run", "chmod +x " + name}
	}
	return "", &commandError{exitNoCommand, name + ": there is no such command", "the command behind -- is looked for in PATH"}
}

// runCommand gives the command its streams and passes signals on. Its exit code
// is that of the program.
func (a *app) runCommand(ctx context.Context, program string, args []string, c cockroach.Connection) error {
	cmd := exec.CommandContext(ctx, program)
	cmd.Args = args
	cmd.Env = environment(os.Environ(), c)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.streams.In, file(a.streams.Out), a.streams.ErrOut
	var timedOut bool
	cmd.Cancel = func() error {
		if interrupted, ok := interruption(ctx); ok {
			return a.passOn(cmd.Process, interrupted.Signal)
		}
		timedOut = true
		time.AfterFunc(endPatience, func() { _ = cmd.Process.Kill() })
		return tell(cmd.Process, syscall.SIGTERM)
	}
	err := cmd.Run()
	switch exit := new(exec.ExitError); {
	case timedOut:
		return &deploy.Error{Kind: deploy.TimedOut, Message: "timed out: " + args[0] + " was ended", Next: "--timeout sets how long it may take"}
	case cmd.ProcessState == nil:
		return &commandError{exitCannotRun, fmt.Sprintf("%s: %v", args[0], err), "try it without crdb-kube forward"}
	case errors.As(err, &exit), err == nil, ctx.Err() != nil:
	default:
		return fmt.Errorf("%s: %w", args[0], err)
	}
	code := endCode(cmd.ProcessState)
	if code == 0 {
		return nil
	}
	a.said = progress.End{Message: fmt.Sprintf("%s ended with exit code %d", args[0], code)}
	return &exitError{code}
}

// file is what the command gets as its stdout: the same, so that it finds a
// terminal where there is one.
func file(out io.Writer) io.Writer {
	if has, ok := out.(interface{ File() *os.File }); ok {
		return has.File()
	}
	return out
}

// passOn hands a signal to the command. What the terminal's keys send has
// reached it already: it is of the same group of processes.
func (a *app) passOn(process *os.Process, signal os.Signal) error {
	if signal == os.Interrupt && progress.StreamOf(a.streams.In) == progress.Terminal {
		return nil
	}
	return tell(process, signal)
}

// tell signals a process, on systems without signals by ending it.
func tell(process *os.Process, signal os.Signal) error {
	err := process.Signal(signal)
	if err == nil || errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return process.Kill()
}

func endCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return signalled + int(status.Signal())
	}
	return state.ExitCode()
}

// environment is base with what a client needs, and without what would lead it
// elsewhere.
func environment(base []string, c cockroach.Connection) []string {
	variables := c.Variables(cockroach.Shown)
	env := slices.DeleteFunc(slices.Clone(base), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.ContainsFunc(variables, func(v cockroach.Variable) bool { return v.Name == name })
	})
	for _, one := range variables {
		if one.Value != "" {
			env = append(env, one.Name+"="+one.Value)
		}
	}
	return env
}
