package deploy

import (
	"context"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

const (
	// goneAfter is how long a StatefulSet that was applied may not be seen
	// before somebody must have deleted it.
	goneAfter = 5 * time.Second
	// nudgeAfter is how long the controller may leave out a pod.
	nudgeAfter = 3 * time.Second
	// nudges is how often it is woken at most.
	nudges = 5
)

// watched is what happens to a StatefulSet while its pods are waited for.
type watched struct {
	up *up
	// gone and missing are since when the set, or a pod of it, is not there.
	gone, missing time.Time
	nudged        int
}

// vanished is an error where somebody deletes what is waited for: it does not
// come back by itself.
func (w *watched) vanished(ctx context.Context) error {
	now := w.up.opts.Now()
	if w.gone.IsZero() {
		w.gone = now
	}
	if now.Sub(w.gone) < goneAfter {
		return nil
	}
	if err := namespaceGoing(ctx, w.up.client, w.up.target.Namespace); err != nil {
		return err
	}
	return &Error{
		Message: "statefulset/" + w.up.cluster.Name + ": was deleted by somebody while its pods were waited for",
		Next:    "the same command again makes it again around the pods that there are",
	}
}

// nudge wakes the StatefulSet controller where it leaves a pod out. After
// failures it looks again only after up to minutes, and the end of a pod that
// belonged to another set of the same name does not wake it.
func (w *watched) nudge(ctx context.Context, set *appsv1.StatefulSet, rollout Rollout) {
	now := w.up.opts.Now()
	w.gone = time.Time{}
	if rollout.Count(Pod.isMissing) == 0 {
		w.missing = time.Time{}
		return
	}
	if w.missing.IsZero() {
		w.missing = now
	}
	if now.Sub(w.missing) < nudgeAfter || w.nudged == nudges {
		return
	}
	w.missing = now
	w.nudged++
	// That it did not work is seen by the pods.
	_ = w.up.client.Annotate(ctx, kube.RefOf(kube.StatefulSet, set), map[string]string{cockroach.AnnotationNudged: now.UTC().Format(time.RFC3339)})
}

func (p Pod) isMissing() bool { return p.Phase == Missing }
