package conformance

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// buffer collects a stream of a running process.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// result is how a command ended.
type result struct {
	stdout, stderr string
	exit           int // stopped: it was ended after its time
}

// execute runs the program; after limit it is ended.
func execute(t *testing.T, limit time.Duration, stdin string, args ...string) result {
	t.Helper()
	return executeAs(t, "", limit, stdin, args...)
}

// executeAs runs it as a release.
func executeAs(t *testing.T, release string, limit time.Duration, stdin string, args ...string) result {
	t.Helper()
	if err := watchSources(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "STANDIN_RELEASE="+release)
	var out, errs buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	code := 0
	switch {
	case ctx.Err() != nil:
		code = stopped
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		t.Fatalf("%v: %v", args, err)
	}
	return result{out.String(), errs.String(), code}
}
