package cli

import (
	"context"
	"sync"
	"time"
)

// deadline is a context that ends after some time, of which the time that
// somebody takes to answer a question is no part.
type deadline struct {
	context.Context //nolint:containedctx // it is one itself
	done            chan struct{}

	mu    sync.Mutex
	err   error
	timer *time.Timer // nil: it never ends by itself
	ends  time.Time
	left  time.Duration // while it is paused
}

// limited is ctx with the command's own deadline; 0: none.
func limited(ctx context.Context, timeout time.Duration) (*deadline, context.CancelFunc) {
	d := &deadline{Context: ctx, done: make(chan struct{})}
	d.mu.Lock() // either end may come at once
	defer d.mu.Unlock()
	release := context.AfterFunc(ctx, func() { d.end(ctx.Err()) })
	if timeout > 0 {
		d.ends = time.Now().Add(timeout)
		d.timer = time.AfterFunc(timeout, func() { d.end(context.DeadlineExceeded) })
	}
	return d, func() {
		release()
		d.end(context.Canceled)
	}
}

// Done is closed when the context ends.
func (d *deadline) Done() <-chan struct{} { return d.done }

// Deadline is that of the parent: our own may still move.
func (d *deadline) Deadline() (time.Time, bool) { return d.Context.Deadline() }

// Err says why the context has ended; nil: it has not.
func (d *deadline) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

func (d *deadline) end(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return
	}
	d.err = err
	if d.timer != nil {
		d.timer.Stop()
	}
	close(d.done)
}

// pause stops the clock until the function that it returns is called.
func (d *deadline) pause() (resume func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer == nil || !d.timer.Stop() {
		return func() {}
	}
	d.left = time.Until(d.ends)
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.err == nil {
			d.ends = time.Now().Add(d.left)
			d.timer.Reset(d.left)
		}
	}
}
