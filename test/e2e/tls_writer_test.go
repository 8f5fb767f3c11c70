package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// writer is a client that writes rows into app.rows, 0, 1, 2 …, ten a second
// over one connection that stays open, and counts those that the database has
// acknowledged.
type writer struct {
	place place
	cmd   *exec.Cmd
	stdin io.WriteCloser
	ends  context.CancelFunc

	sent, acknowledged atomic.Int64
	stop               chan struct{}
	stopOnce           sync.Once
	both               sync.WaitGroup
	stderr             strings.Builder
	odd                []string // what the database said beside acknowledging
}

// startWriter makes the table and begins to write, in the client's container
// "plain".
func (p place) startWriter() *writer {
	p.t.Helper()
	p.getsIn("plain", "CREATE TABLE", "-e", "CREATE TABLE rows (n INT PRIMARY KEY)")
	ctx, cancel := context.WithTimeout(p.t.Context(), hung)
	w := &writer{place: p, ends: cancel, stop: make(chan struct{})}
	w.cmd = p.suite.command(ctx, p.cluster, "-n", p.namespace,
		"exec", "-i", client, "-c", "plain", "--", "/cockroach/cockroach", "sql", "--format=csv")
	w.cmd.Stderr = &w.stderr
	stdout, err := w.cmd.StdoutPipe()
	if err == nil {
		w.stdin, err = w.cmd.StdinPipe()
	}
	if err == nil {
		err = w.cmd.Start()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(w.halt)
	w.both.Go(w.write)
	w.both.Go(func() { w.read(stdout) })
	return w
}

func (w *writer) write() {
	defer w.stdin.Close()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for n := int64(0); ; n++ {
		if _, err := fmt.Fprintf(w.stdin, "INSERT INTO rows VALUES (%d);\n", n); err != nil {
			return // what it ended with is on stderr
		}
		w.sent.Store(n + 1)
		select {
		case <-tick.C:
		case <-w.stop:
			return
		}
	}
}

// read counts: answers come in the order of the statements.
func (w *writer) read(stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if lines.Text() == "INSERT 1" {
			w.acknowledged.Add(1)
			continue
		}
		w.odd = append(w.odd, lines.Text())
	}
}

// halt ends the writer however it does.
func (w *writer) halt() {
	w.stopOnce.Do(func() { close(w.stop) })
	w.ends()
	w.both.Wait()
}

// moreThan waits until so many rows more have been acknowledged.
func (w *writer) moreThan(rows int64) {
	w.place.t.Helper()
	want := w.acknowledged.Load() + rows
	w.place.await(20*time.Second, func() string {
		if got := w.acknowledged.Load(); got < want {
			return fmt.Sprintf("%d rows acknowledged of %d sent, want %d", got, w.sent.Load(), want)
		}
		return ""
	})
}

// finish ends the writer, wants that its connection has lived until then, and
// that all rows which were acknowledged are there. It returns how many.
func (w *writer) finish() int64 {
	p := w.place
	p.t.Helper()
	w.stopOnce.Do(func() { close(w.stop) })
	w.both.Wait()
	err := w.cmd.Wait()
	w.ends()
	sent, acknowledged := w.sent.Load(), w.acknowledged.Load()
	if err != nil || w.stderr.Len() > 0 || len(w.odd) > 0 || acknowledged != sent {
		p.t.Errorf("the writer's connection: %v; %d rows acknowledged of %d\n%s%v", err, acknowledged, sent, w.stderr.String(), w.odd)
	}
	p.getsIn("plain", fmt.Sprintf("count\n%d", acknowledged), "-e", fmt.Sprintf("SELECT count(*) FROM rows WHERE n < %d", acknowledged))
	return acknowledged
}

// caller connects anew again and again until it is stopped, and counts what
// went wrong.
type caller struct {
	stop, done chan struct{}
	calls      int
	failed     []string
}

// startCaller begins to call, from the client's container "verifying".
func (p place) startCaller() *caller {
	c := &caller{stop: make(chan struct{}), done: make(chan struct{})}
	tick := time.NewTicker(300 * time.Millisecond)
	go func() {
		defer close(c.done)
		defer tick.Stop()
		for {
			got := p.connect(p.t.Context(), "verifying", "-e", "SELECT 'in'")
			c.calls++
			if got.code != 0 || !strings.Contains(got.stdout, "in") {
				c.failed = append(c.failed, got.String())
			}
			select {
			case <-c.stop:
				return
			case <-tick.C:
			}
		}
	}()
	return c
}

// finish ends it and wants that every call was answered.
func (c *caller) finish(p place) {
	p.t.Helper()
	close(c.stop)
	<-c.done
	if len(c.failed) > 0 || c.calls < 2 {
		p.t.Errorf("of %d calls %d failed:\n%s", c.calls, len(c.failed), strings.Join(c.failed, "\n"))
	}
}
