package progress

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// endingVariable tells the test program to end in the middle of a picture.
const endingVariable = "PROGRESS_TEST_ENDING"

// endBadly shows a step that runs, and ends the process without Close.
func endBadly(how string) {
	p := New(os.Stderr, Options{Mode: TTY, Width: fixed(80), Height: fixed(24)})
	p.Report(said("check", Done, "all well"))
	p.Report(said("ready", Running, "0 of 3 pods"))
	<-time.After(3*frameTime + frameTime/2)
	switch how {
	case "panic":
		panic("on purpose")
	case "panic with close":
		defer p.Close()
		panic("on purpose")
	case "panic in another goroutine":
		go panic("on purpose")
	case "exit":
		os.Exit(3)
	case "kill":
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			_ = self.Kill()
		}
	}
	select {}
}

func TestTTY_leavesTheTerminalAsItWasHoweverTheProgramEnds(t *testing.T) {
	for _, how := range []string{"panic", "panic with close", "panic in another goroutine", "exit", "kill"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), endingVariable+"="+how)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			if err := cmd.Run(); err == nil {
				t.Error("it ended well")
			}
			frames, trace, panicked := strings.Cut(stderr.String(), "panic: ")
			if panicked != strings.HasPrefix(how, "panic") || panicked && !strings.HasPrefix(trace, "on purpose") {
				t.Errorf("no readable panic:\n%s", &stderr)
			}
			if strings.Contains(trace, "\x1b") {
				t.Errorf("it was painted over the panic: %q", trace)
			}
			m := newTerminal(t, 80, 24)
			fmt.Fprint(m, frames) // m looks how it is left
			if !strings.HasPrefix(m.String(), "✓ check     all well\n") || !strings.Contains(m.String(), " ready     0 of 3 pods") {
				t.Errorf("the screen says\n%s", m)
			}
		})
	}
}
