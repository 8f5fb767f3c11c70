package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

func TestSignal_endsACommandThatWaitsForAServer(t *testing.T) {
	for signal, code := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143} {
		for _, command := range []string{"up", "down", "status"} {
			t.Run(command+" "+signal.String(), func(t *testing.T) {
				t.Parallel()
				s := newServer()
				t.Cleanup(s.Close)
				cmd := exec.Command("crdb-kube", command, "--server", s.URL+"/silent")
				cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "KUBECONFIG=")
				var stderr strings.Builder
				cmd.Stderr = &stderr
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				ended := make(chan error, 1)
				go func() { ended <- cmd.Wait() }()
				select {
				case <-s.asked:
				case err := <-ended:
					t.Fatalf("ended before it asked the server: %v\n%s", err, &stderr)
				}
				if err := cmd.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				var exit *exec.ExitError
				if err := <-ended; !errors.As(err, &exit) || exit.ExitCode() != code {
					t.Errorf("got %v, want exit code %d", err, code)
				}
				if out := stderr.String(); !strings.Contains(out, "error: interrupted (") || !strings.Contains(out, "next  ") {
					t.Errorf("stderr:\n%s", out)
				}
			})
		}
	}
}
