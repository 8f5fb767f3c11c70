//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// unread is the end to write to of a pipe whose reader is gone.
func unread(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// finished runs a command to its end and returns its exit code; -1 is the end
// by a signal.
func finished(t *testing.T, stdout, stderr *os.File, args ...string) (code int, heard string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "crdb-kube", args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "KUBECONFIG=", "GITHUB_ACTIONS=", "GITLAB_CI=")
	if stdout != nil {
		cmd.Stdout = stdout
	}
	var said strings.Builder
	cmd.Stderr = &said
	if stderr != nil {
		cmd.Stderr = stderr
	}
	err := cmd.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), said.String()
}

func TestStdout_thatNobodyReadsEndsTheProgramWithoutAWord(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"--help"}, {"up", "--help"}} {
		code, said := finished(t, unread(t), nil, args...)
		if code != exitSIGPIPE || said != "" {
			t.Errorf("%v: exit code %d, want %d; on stderr %q", args, code, exitSIGPIPE, said)
		}
	}
}

func TestStdout_thatIsFullIsAFailure(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		t.Log("this system has no /dev/full: only the stream that is closed is tried")
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	code, said := finished(t, full, nil, "version")
	if code != 1 || !strings.HasPrefix(said, "error: ") || !strings.Contains(said, "no space left") {
		t.Errorf("exit code %d; on stderr:\n%s", code, said)
	}
}

// TestStderr_thatNobodyReadsStopsNoWork has a command that says something,
// then asks a server, and says what that answered.
func TestStderr_thatNobodyReadsStopsNoWork(t *testing.T) {
	for _, mode := range []string{"json", "plain", "tty"} {
		t.Run(mode, func(t *testing.T) {
			s := newServer()
			t.Cleanup(s.Close)
			code, _ := finished(t, nil, unread(t), "up", "--progress", mode, "--server", s.URL+"/unknown")
			if code != 1 || s.count.Load() == 0 {
				t.Errorf("exit code %d, want that of the failure, 1; %d requests", code, s.count.Load())
			}
		})
	}
}
