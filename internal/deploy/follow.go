package deploy

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// followAgain is how often a log is looked for that cannot be read now.
const followAgain = time.Second

// follower prints logs as they come, each line once.
type follower struct {
	access Access
	opts   LogOptions

	write sync.Mutex

	mu   sync.Mutex
	pods map[string]container
}

// container is what runs in a pod now, or ran last.
type container struct {
	uid      types.UID
	id       string // of the container; empty: none has been started
	restarts int32
}

// bookmark is how far a pod's log was read.
type bookmark struct {
	container
	// last is the time of the last line, at how many of that very time were written.
	last time.Time
	at   int
}

// follow watches the pods, and reads each of them from where it was left.
func (a Access) follow(ctx context.Context, opts LogOptions) error {
	if _, err := a.logged(ctx, opts); err != nil {
		return err
	}
	f := &follower{access: a, opts: opts, pods: map[string]container{}}
	group, ctx := errgroup.WithContext(ctx)
	begun := map[string]bool{}
	selection := kube.Selection{Namespace: a.target.Namespace, Name: a.target.Name, Selector: a.Cluster.Selector()}
	group.Go(func() error {
		return a.client.WatchWorkload(ctx, selection, func(_ context.Context, w kube.Workload) (kube.Verdict, error) {
			if w.Trouble != nil {
				return kube.Verdict{Why: "the API server"}, nil //nolint:nilerr // it passes
			}
			for _, pod := range f.see(w.Pods) {
				if !begun[pod] {
					begun[pod] = true
					group.Go(func() error { return f.read(ctx, pod) })
				}
			}
			return kube.Verdict{Why: "more lines"}, nil
		})
	})
	return group.Wait()
}

// see takes in what runs, and names the pods that are wanted.
func (f *follower) see(pods []*corev1.Pod) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.pods)
	var wanted []string
	for _, pod := range pods {
		if len(f.opts.Pods) > 0 && !slices.Contains(f.opts.Pods, pod.Name) {
			continue
		}
		id, restarts := diagnose.LastContainer(pod)
		f.pods[pod.Name] = container{pod.UID, id, restarts}
		wanted = append(wanted, pod.Name)
	}
	return wanted
}

func (f *follower) now(pod string) container {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pods[pod]
}

// read follows one pod until ctx ends: whatever takes its place under the same
// name goes on where that ended.
func (f *follower) read(ctx context.Context, pod string) error {
	var p bookmark
	noted := ""
	return kube.Await(ctx, nil, func(ctx context.Context) (kube.Verdict, error) {
		now := f.now(pod)
		verdict := kube.Verdict{Why: "more lines of " + pod, Again: followAgain}
		if now.id == "" {
			if noted != "waits" && p.last.IsZero() {
				noted = "waits"
				f.opts.Note(noLog(pod, false))
			}
			return verdict, nil
		}
		missed := p.id != "" && p.uid == now.uid && now.restarts == p.restarts+1
		if missed { // what its end still said
			if err := f.pour(ctx, pod, &p, true); err != nil && !passes(ctx, err) {
				return verdict, err
			}
		}
		p.container = now
		err := f.pour(ctx, pod, &p, false)
		if err != nil && !passes(ctx, err) {
			return verdict, err
		}
		if why := word(err); why != "" && why != noted {
			noted = why
			f.opts.Note(pod + ": " + why)
		}
		return verdict, nil
	})
}

// pour writes what a log has that was not written yet.
func (f *follower) pour(ctx context.Context, pod string, p *bookmark, previous bool) error {
	q := f.opts.query(f.access, pod)
	q.Previous, q.Follow = previous, !previous
	if !p.last.IsZero() {
		q.Since, q.Tail = p.last, -1
	}
	stream, err := f.access.client.Logs(ctx, q)
	if err != nil {
		return err
	}
	defer stream.Close()
	skip, from := p.at, p.last
	for {
		line, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case line.Time.IsZero(): // the rest of a long one
			line.Time = p.last
		case line.Time.Before(from):
			continue
		case line.Time.Equal(from) && skip > 0:
			skip--
			continue
		}
		if err := f.line(pod, line.Text); err != nil {
			return err
		}
		if !line.Time.Equal(p.last) {
			p.last, p.at = line.Time, 0
		}
		p.at++
	}
}

// writeError ends everything: nobody takes the lines.
type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }
func (e *writeError) Unwrap() error { return e.err }

func (f *follower) line(pod string, text []byte) error {
	f.write.Lock()
	defer f.write.Unlock()
	if err := f.opts.Write(pod, text); err != nil {
		return &writeError{err}
	}
	return nil
}

// passes says whether a log may be read the next time.
func passes(ctx context.Context, err error) bool {
	var broken *writeError
	var credentials *kube.CredentialsError
	return ctx.Err() == nil && !errors.As(err, &broken) && !errors.As(err, &credentials) && !kube.IsForbidden(err)
}

// word is what is worth saying of a log that cannot be read now; empty: nothing.
func word(err error) string {
	if _, ok := errors.AsType[*kube.UnreachableError](err); ok {
		return firstLine(err)
	}
	return ""
}
