package deploy

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// ReadyPod waits until there is a pod that is ready, and names it.
func (a Access) ReadyPod(ctx context.Context, report func(progress.Event), now func() time.Time) (string, error) {
	r := newReporter(report, now)
	r.step, r.began = "pod", now()
	watching, stop := context.WithCancel(ctx)
	h := newHerd(a, func([]member) {})
	ended := make(chan error, 1)
	go func() {
		defer stop()
		ended <- unlessEnded(watching, h.watch(watching))
	}()
	pod, err := h.first(watching, r)
	stop()
	if failed := <-ended; failed != nil {
		return "", failed
	}
	return pod.name, err
}

// Session is a program that runs in a pod with the streams of this one.
type Session struct {
	// Args are further ones of `cockroach sql`.
	Args           []string
	Stdin          io.Reader // nil: none
	Stdout, Stderr io.Writer
	Terminal       kube.Terminal // nil: none
}

// Shell runs `cockroach sql` as root in a pod and gives its exit code.
func (a Access) Shell(ctx context.Context, pod string, s Session) (int, error) {
	code, err := a.client.Exec(ctx, kube.Command{
		Namespace: a.target.Namespace, Pod: pod, Container: cockroach.Container,
		Args:  a.Cluster.ShellCommand(s.Args...),
		Stdin: s.Stdin, Stdout: s.Stdout, Stderr: s.Stderr, Terminal: s.Terminal,
	})
	if err != nil && !errors.Is(err, kube.ErrNotRunning) && !kube.IsForbidden(err) && ctx.Err() == nil {
		err = &Error{Message: "the connection to " + pod + " was lost", Next: "what had not ended by then may or may not have been done", Err: err}
	}
	return code, err
}
