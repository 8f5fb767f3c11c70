package deploy

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

const (
	// podPatience is how long a connection, or the first look, waits for a pod
	// that is ready.
	podPatience = 30 * time.Second
	// dialAgain is the pause before all ready pods are tried once more.
	dialAgain = 500 * time.Millisecond
)

// Forwarding is a port of the pods that is to be reached from this machine.
type Forwarding struct {
	// Port is the one of the pods.
	Port int
	// Listeners take the connections. They are closed in the end.
	Listeners []net.Listener
	// Report hears what is waited for, when connections begin to go to another
	// pod, and why one could not be made.
	Report func(progress.Event)
	Now    func() time.Time
}

// Forward passes connections on to a ready pod as long as during runs, whose
// error it returns; during begins once a pod is ready, and gets its name. A
// connection lives as long as its pod. The next one goes to another pod where
// that one is not ready any more or cannot be reached.
func (a Access) Forward(ctx context.Context, f Forwarding, during func(ctx context.Context, pod string) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := newReporter(f.Report, f.Now)
	r.step = "forward"
	r.began = f.Now()
	w := newForwarder(a, f.Port, r)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return unlessEnded(ctx, w.herd.watch(ctx)) })
	for _, listener := range f.Listeners {
		context.AfterFunc(ctx, func() { _ = listener.Close() })
		group.Go(func() error { return unlessEnded(ctx, w.accept(ctx, listener)) })
	}
	group.Go(func() error {
		defer cancel()
		pod, err := w.herd.first(ctx, r)
		if err != nil {
			return err
		}
		w.use(pod)
		return during(ctx, pod.name)
	})
	err := group.Wait()
	w.connections.Wait()
	return err
}

// unlessEnded is an error that is not just the end of ctx.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// forwarder passes connections on.
type forwarder struct {
	access      Access
	port        int
	herd        *herd
	r           *reporter
	connections sync.WaitGroup

	mu sync.Mutex
	// current is the pod that connections go to; it stays so while it can.
	current member
}

func newForwarder(a Access, port int, r *reporter) *forwarder {
	w := &forwarder{access: a, port: port, r: r}
	w.herd = newHerd(a, w.changed)
	return w
}

// changed leaves a pod that connections cannot go to any more.
func (w *forwarder) changed(ready []member) {
	w.mu.Lock()
	current := w.current
	w.mu.Unlock()
	if current.name != "" && len(ready) > 0 && !slices.Contains(ready, current) {
		w.use(ready[0])
	}
}

// accept takes connections until the listener is closed.
func (w *forwarder) accept(ctx context.Context, listener net.Listener) error {
	for {
		local, err := listener.Accept()
		if err != nil {
			return err
		}
		w.connections.Go(func() { w.serve(ctx, local) })
	}
}

// serve passes one connection on, to its end.
func (w *forwarder) serve(ctx context.Context, local net.Conn) {
	defer local.Close()
	pod, remote, err := w.reach(ctx)
	if err != nil {
		if ctx.Err() == nil {
			w.r.note("a connection was closed: %s", firstLine(err))
		}
		return
	}
	defer remote.Close()
	ended, end := context.WithCancel(ctx)
	defer end()
	defer w.herd.whenGone(pod, end)()
	context.AfterFunc(ended, func() {
		_ = remote.Close()
		_ = local.Close()
	})
	if err := pipe(local, remote); err != nil && ended.Err() == nil {
		w.r.note("%s: %s", pod.name, firstLine(err))
	}
}

// reach opens a connection to the current pod, else to another that is ready.
func (w *forwarder) reach(ctx context.Context) (pod member, conn net.Conn, err error) {
	ctx, cancel := context.WithTimeout(ctx, podPatience)
	defer cancel()
	var last error
	err = kube.Await(ctx, nil, func(ctx context.Context) (kube.Verdict, error) {
		ready, why := w.herd.ready()
		for _, pod = range w.inOrder(ready) {
			conn, last = w.access.client.Dial(ctx, kube.Endpoint{Namespace: w.access.target.Namespace, Pod: pod.name, Port: w.port})
			if last == nil {
				return kube.Verdict{Done: true}, nil
			}
			if kube.IsForbidden(last) {
				return kube.Verdict{}, last
			}
		}
		if last != nil && len(ready) > 0 {
			why = firstLine(last)
		}
		return kube.Verdict{Why: why, Again: dialAgain}, nil
	})
	if err == nil {
		w.use(pod)
	}
	return pod, conn, err
}

// inOrder begins with the pod that connections go to.
func (w *forwarder) inOrder(ready []member) []member {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, pod := range ready {
		if pod == w.current {
			return append(append([]member{pod}, ready[:i]...), ready[i+1:]...)
		}
	}
	return ready
}

// use lets further connections go to this pod.
func (w *forwarder) use(pod member) {
	w.mu.Lock()
	before := w.current
	w.current = pod
	w.mu.Unlock()
	if before.name != "" && before != pod {
		w.r.note("connections go to %s now, %s is not reached any more", pod.name, before.name)
	}
}

// pipe copies both ways until the pod's end is reached, or both are.
func pipe(local, remote net.Conn) error {
	go func() {
		if _, err := io.Copy(remote, local); err != nil {
			_ = remote.Close()
			return
		}
		if half, ok := remote.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
	}()
	_, err := io.Copy(local, remote)
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
