package kube

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
)

// WatchWorkload is OpenWorkload, one Await and Close.
func (c *Client) WatchWorkload(ctx context.Context, sel Selection, observe func(context.Context, Workload) (Verdict, error)) error {
	w, err := c.OpenWorkload(ctx, sel)
	if err != nil {
		return err
	}
	defer w.Close()
	return w.Await(ctx, observe)
}

// WorkloadWatch keeps a workload in view, over several waits. It is level-triggered: the
// watches, one for each kind, only say "look again", so that a dropped watch costs
// nothing.
type WorkloadWatch struct {
	watcher
	sel  Selection
	stop context.CancelFunc
}

// OpenWorkload begins to watch. What it shows is never older than the moment when it was
// opened, but may for a moment be older than what was written since. It ends with ctx, or
// with Close.
func (c *Client) OpenWorkload(ctx context.Context, sel Selection) (*WorkloadWatch, error) {
	sources, err := c.sources(sel)
	if err != nil {
		return nil, err
	}
	watching, stop := context.WithCancel(ctx)
	w := &WorkloadWatch{watcher: watcher{client: c, bell: newBell()}, sel: sel, stop: stop}
	for _, source := range sources {
		w.start(watching, source)
	}
	return w, nil
}

// Close ends it. On return nothing of it runs any more.
func (w *WorkloadWatch) Close() {
	w.stop()
	w.running.Wait()
	w.bell.silence()
}

// Await calls observe with a fresh snapshot until it says Done, gives an error, or ctx
// ends (then a *WaitError). The first call comes once everything was listed, another
// after every change, where changes within 20 ms count as one.
//
// While the server is not heard, Workload.Trouble says why. That reading is forbidden or
// the credentials are not accepted ends it; events that may not be read are done without.
func (w *WorkloadWatch) Await(ctx context.Context, observe func(context.Context, Workload) (Verdict, error)) error {
	return Await(ctx, w.bell.rung, func(ctx context.Context) (Verdict, error) {
		if waiting, err := w.state(); err != nil || waiting != "" {
			return Verdict{Why: waiting}, err
		}
		workload, err := assemble(w.objects(), w.sel, time.Now())
		if err != nil {
			return Verdict{}, err
		}
		workload.Trouble = w.trouble()
		return observe(ctx, workload)
	})
}

// watcher keeps a store for each kind up to date and rings at every change.
type watcher struct {
	client  *Client
	bell    *bell
	running sync.WaitGroup
	feeds   []*feed
}

// start begins to watch one kind.
func (w *watcher) start(ctx context.Context, s source) {
	ctx, stop := context.WithCancel(ctx)
	f := &feed{source: s, client: w.client, stop: stop, ring: w.bell.ring}
	f.store = newStore(w.bell.ring)
	calls := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, opts metav1.ListOptions) (runtime.Object, error) {
			opts.ResourceVersion = "" // as it is now: not what a cache of the server may still say
			list, err := s.list(ctx, opts)
			f.ended(ctx, err)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, opts metav1.ListOptions) (watch.Interface, error) {
			events, err := s.watch(ctx, opts)
			f.ended(ctx, err)
			return events, err
		},
	}
	lw := cache.ToListWatcherWithWatchListSemantics(calls, w.client.clientset)
	reflector := cache.NewReflectorWithOptions(lw, s.example, f.store, cache.ReflectorOptions{
		Name: s.resource,
		// Who waits at a terminal wants to hear of the server as soon as it is
		// back, not half a minute later, which is the usual limit.
		Backoff: &wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Steps: 10, Cap: watchAgain}, //nolint:forbidigo // settings, no wait
	})
	w.feeds = append(w.feeds, f)
	w.running.Go(func() { reflector.RunWithContext(ctx) })
}

// watchAgain is the longest pause before a watch that broke is tried again.
const watchAgain = 2 * time.Second

// state gives an error that ends the watch, or what is not listed yet.
func (w *watcher) state() (waiting string, err error) {
	var missing []string
	for _, f := range w.feeds {
		if err := f.failure(); err != nil {
			return "", err
		}
		if !f.ready() {
			missing = append(missing, f.source.resource)
		}
	}
	if missing == nil {
		return "", nil
	}
	waiting = "the first list of " + strings.Join(missing, ", ")
	if trouble := w.trouble(); trouble != nil {
		waiting += ": " + trouble.Error()
	}
	return waiting, nil
}

func (w *watcher) trouble() error {
	for _, f := range w.feeds {
		if err := f.trouble(); err != nil {
			return err
		}
	}
	return nil
}

func (w *watcher) objects() []object {
	var all []object
	for _, f := range w.feeds {
		for _, item := range f.store.List() {
			if obj, ok := item.(object); ok {
				all = append(all, obj)
			}
		}
	}
	slices.SortFunc(all, func(a, b object) int { return strings.Compare(a.GetName(), b.GetName()) })
	return all
}
