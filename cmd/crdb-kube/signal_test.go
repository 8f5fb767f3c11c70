//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// going is a command that waits for a server which never answers.
type going struct {
	*exec.Cmd
	t      *testing.T
	server *server
	ended  chan error
}

// begin starts a command and returns when it waits. The end of the test is the
// end of the command, too.
func begin(t *testing.T, stderr any, name string, args ...string) going {
	t.Helper()
	s := newServer()
	t.Cleanup(s.Close)
	cmd := exec.CommandContext(t.Context(), name, append(args, "--server", s.URL+"/silent")...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "KUBECONFIG=", "GITHUB_ACTIONS=", "GITLAB_CI=")
	switch to := stderr.(type) {
	case *strings.Builder:
		cmd.Stderr = to
	case *os.File:
		cmd.Stderr = to
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	g := going{cmd, t, s, make(chan error, 1)}
	go func() { g.ended <- cmd.Wait() }()
	select {
	case <-s.asked:
	case err := <-g.ended:
		t.Fatalf("ended before it asked the server: %v\n%v", err, stderr)
	}
	return g
}

func (g going) signal(one os.Signal) {
	g.t.Helper()
	if err := g.Process.Signal(one); err != nil {
		g.t.Fatal(err)
	}
}

// exits wants the command to end soon, with this code.
func (g going) exits(code int) {
	g.t.Helper()
	var exit *exec.ExitError
	select {
	case err := <-g.ended:
		if !errors.As(err, &exit) || exit.ExitCode() != code {
			g.t.Errorf("got %v, want exit code %d", err, code)
		}
	case <-time.After(20 * time.Second):
		g.t.Errorf("it goes on, want exit code %d", code)
	}
}

func TestSignal_endsACommandThatWaitsForAServer(t *testing.T) {
	// A terminal that is closed means the same as SIGTERM.
	for signal, code := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 143} {
		for _, command := range []string{"up", "down", "status"} {
			t.Run(command+" "+signal.String(), func(t *testing.T) {
				t.Parallel()
				var stderr strings.Builder
				g := begin(t, &stderr, "crdb-kube", command)
				g.signal(signal)
				g.exits(code)
				if out := stderr.String(); !strings.Contains(out, "error: interrupted by ") || !strings.Contains(out, "next  ") {
					t.Errorf("stderr:\n%s", out)
				}
			})
		}
	}
}

func TestSignal_isTheLastJSONLine(t *testing.T) {
	for signal, code := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			var stderr strings.Builder
			g := begin(t, &stderr, "crdb-kube", "up", "--progress", "json")
			g.signal(signal)
			g.exits(code)
			lines := strings.Split(strings.TrimSuffix(stderr.String(), "\n"), "\n")
			var last struct {
				State, Message, Next string
				ExitCode             int
			}
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
				t.Fatalf("%v:\n%s", err, &stderr)
			}
			if last.State != "end" || last.ExitCode != code || !strings.HasPrefix(last.Message, "interrupted by ") || last.Next == "" {
				t.Errorf("the last line is %s", lines[len(lines)-1])
			}
		})
	}
}

// Who ends a watch has seen enough: that is no failure to speak of.
func TestSignal_endsAWatchWithoutAWord(t *testing.T) {
	for signal, code := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			var stderr strings.Builder
			g := begin(t, &stderr, "crdb-kube", "status", "--watch")
			g.signal(signal)
			g.exits(code)
			if out := stderr.String(); out != "" {
				t.Errorf("stderr:\n%s", out)
			}
		})
	}
}

// TestSignal_theSecondEndsWhatHangs lets the command hang at the words about
// its end, which nobody reads.
func TestSignal_theSecondEndsWhatHangs(t *testing.T) {
	for second, code := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 143} {
		t.Run(second.String(), func(t *testing.T) {
			t.Parallel()
			g := begin(t, fullPipe(t), "crdb-kube", "up", "--progress", "none")
			g.signal(os.Interrupt)
			<-g.server.left
			g.signal(second)
			g.exits(code)
		})
	}
}

// fullPipe is the end to write to of a pipe into which nothing more goes.
func fullPipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Close(), w.Close() })
	if err := w.SetWriteDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 4<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the pipe took everything: %v", err)
	}
	return w
}

// TestSignal_thatIsIgnoredStaysIgnored starts as nohup does, and as shell
// scripts do with what runs behind.
func TestSignal_thatIsIgnoredStaysIgnored(t *testing.T) {
	for ignored, trap := range map[os.Signal]string{syscall.SIGHUP: "HUP", os.Interrupt: "INT"} {
		t.Run(trap, func(t *testing.T) {
			t.Parallel()
			var stderr strings.Builder
			g := begin(t, &stderr, "sh", "-c", `trap "" `+trap+`; exec crdb-kube "$@"`, "sh", "up")
			g.signal(ignored)
			other, code, word := syscall.SIGINT, 130, "interrupted by SIGINT"
			if ignored == os.Interrupt {
				other, code, word = syscall.SIGTERM, 143, "interrupted by SIGTERM"
			}
			g.signal(other)
			g.exits(code)
			if !strings.Contains(stderr.String(), word) {
				t.Errorf("stderr does not say %q:\n%s", word, &stderr)
			}
		})
	}
}
