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

// steadyWriter is a client as applications are: it writes rows, ten a second
// where the database lets it, connects anew when its connection ends, and writes
// again what was not acknowledged. It goes through crdb-kube forward.
type steadyWriter struct {
	place   place
	forward *run
	address string
	cancel  context.CancelFunc
	both    sync.WaitGroup

	acknowledged atomic.Int64
	// longest is the longest time between two acknowledged rows.
	longest atomic.Int64
}

func (p place) startSteadyWriter() *steadyWriter {
	p.t.Helper()
	w := &steadyWriter{place: p, forward: p.startFor(10*hung, p.cluster.kubeconfig, p.here([]string{"forward", "--port", "0", "--show-secrets"})...)}
	w.address = w.forward.printing(`postgresql://\S+`)
	if said, err := w.client(p.t.Context(), "-e", "CREATE TABLE rows (n INT PRIMARY KEY)").CombinedOutput(); err != nil {
		p.t.Fatalf("%v: %s", err, said)
	}
	ctx, cancel := context.WithCancel(p.t.Context())
	w.cancel = cancel
	p.t.Cleanup(w.halt)
	w.both.Go(func() { w.write(ctx) })
	return w
}

func (w *steadyWriter) client(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, w.place.client(), append([]string{"sql", "--url", w.address, "--format=csv"}, args...)...)
}

func (w *steadyWriter) halt() {
	w.cancel()
	w.both.Wait()
}

// write goes on until ctx ends, over as many connections as it takes.
func (w *steadyWriter) write(ctx context.Context) {
	last := time.Now()
	defer func() { w.longest.Store(max(w.longest.Load(), int64(time.Since(last)))) }()
	for ctx.Err() == nil {
		cmd := w.client(ctx)
		stdin, inErr := cmd.StdinPipe()
		stdout, outErr := cmd.StdoutPipe()
		if inErr != nil || outErr != nil || cmd.Start() != nil {
			return
		}
		answers := bufio.NewScanner(stdout)
		for {
			n := w.acknowledged.Load()
			if _, err := fmt.Fprintf(stdin, "UPSERT INTO rows VALUES (%d);\n", n); err != nil {
				break
			}
			if !answers.Scan() || !strings.HasSuffix(answers.Text(), " 1") {
				break
			}
			w.acknowledged.Store(n + 1)
			w.longest.Store(max(w.longest.Load(), int64(time.Since(last))))
			last = time.Now()
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
				continue
			}
			break
		}
		_ = stdin.Close()
		_, _ = io.Copy(io.Discard, stdout)
		_ = cmd.Wait()
	}
}

// pause is the longest time without an acknowledged row that is borne: a pod's
// restart, and a lease that has to expire.
const pause = 30 * time.Second

// finish ends it, and wants all rows that were acknowledged, and no long pause.
func (w *steadyWriter) finish() {
	p := w.place
	p.t.Helper()
	w.halt()
	rows := w.acknowledged.Load()
	want := fmt.Sprintf("count\n%d\n", rows)
	said, err := w.client(p.t.Context(), "-e", fmt.Sprintf("SELECT count(*) FROM rows WHERE n < %d", rows)).CombinedOutput()
	if err != nil || string(said) != want {
		p.t.Errorf("%d rows were acknowledged, and there are %q (%v)", rows, said, err)
	}
	longest := time.Duration(w.longest.Load())
	p.t.Logf("%d rows acknowledged, %s at most between two", rows, longest.Round(time.Millisecond))
	if longest > pause || rows < 100 {
		p.t.Errorf("%d rows, and %s without an acknowledged one", rows, longest)
	}
}
