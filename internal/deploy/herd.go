package deploy

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// herdAgain is how often is looked whether what was watched has changed.
const herdAgain = 100 * time.Millisecond

// herd is the pods of a cluster as last seen by a watch.
type herd struct {
	access Access
	// changed is told which pods are ready, after each look.
	changed func([]member)

	mu sync.Mutex
	// seen: the first list has come.
	seen    bool
	members []member
	// why are the words for the pods that are not ready.
	why string
	// stopped: there is no StatefulSet, and no pod.
	stopped bool
	// leave are to be called when a pod is gone, by the order in which they came.
	leave map[int]departure
	count int
}

// member is a pod that is ready, this very one.
type member struct {
	name string
	uid  types.UID
}

type departure struct {
	uid types.UID
	end func()
}

func newHerd(a Access, changed func([]member)) *herd {
	return &herd{access: a, changed: changed, leave: map[int]departure{}}
}

// watch keeps it up to date until ctx ends.
func (h *herd) watch(ctx context.Context) error {
	selection := kube.Selection{Namespace: h.access.target.Namespace, Name: h.access.target.Name, Selector: h.access.Cluster.Selector()}
	return h.access.client.WatchWorkload(ctx, selection, func(_ context.Context, w kube.Workload) (kube.Verdict, error) {
		if w.Trouble == nil { // else nothing new is known
			h.see(w)
		}
		ready, _ := h.ready()
		h.changed(ready)
		return kube.Verdict{Why: "the end"}, nil
	})
}

func (h *herd) see(w kube.Workload) {
	rollout := diagnose.Scene{Cluster: h.access.Cluster, Workload: w, Now: w.Seen}.Assess()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen, h.members = true, nil
	h.stopped = w.StatefulSet == nil && len(w.Pods) == 0
	h.why = "a pod that is ready: " + rollout.Why(diagnose.Pod.IsReady)
	for _, pod := range w.Pods {
		if diagnose.PodReady(pod) && pod.DeletionTimestamp == nil {
			h.members = append(h.members, member{pod.Name, pod.UID})
		}
	}
	for key, one := range h.leave {
		if !slices.ContainsFunc(w.Pods, func(pod *corev1.Pod) bool { return pod.UID == one.uid }) {
			delete(h.leave, key)
			one.end()
		}
	}
}

// ready are the pods that connections may go to, and what is waited for where
// there is none.
func (h *herd) ready() (members []member, why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.members), h.why
}

// first waits for a pod that is ready.
func (h *herd) first(ctx context.Context, r *reporter) (member, error) {
	limited, cancel := context.WithTimeout(ctx, podPatience)
	defer cancel()
	var pod member
	why, waited := "", false
	err := kube.Await(limited, nil, func(context.Context) (kube.Verdict, error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		switch {
		case h.stopped:
			return kube.Verdict{}, h.access.stopped()
		case len(h.members) > 0:
			pod = h.members[0]
			return kube.Verdict{Done: true}, nil
		case h.seen:
			why, waited = h.why, true
			r.waiting(0, 0, "waiting for %s", why)
		}
		return kube.Verdict{Why: "the pods", Again: herdAgain}, nil
	})
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		if why == "" {
			why = "the first list of the pods"
		}
		return pod, &Error{
			Kind: TimedOut, Message: fmt.Sprintf("timed out: waited %s for %s", podPatience, why),
			Next: "crdb-kube status says why; crdb-kube up waits until it is ready",
		}
	}
	if err == nil && waited {
		r.emit(progress.Event{State: progress.Done, Message: pod.name + " is ready"})
	}
	return pod, err
}

// whenGone calls end once when that pod is gone, unless forget was called.
func (h *herd) whenGone(pod member, end func()) (forget func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count++
	key := h.count
	h.leave[key] = departure{pod.uid, end}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.leave, key)
	}
}

// stopped is why a cluster that is stopped cannot be used.
func (a Access) stopped() error {
	return &Error{Message: a.Cluster.Name + ": is stopped", Next: "crdb-kube up starts it with the data it has"}
}
