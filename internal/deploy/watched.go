package deploy

import (
	"context"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

const (
	// goneAfter is how long a StatefulSet that was applied may not be seen
	// before somebody must have deleted it.
	goneAfter = 5 * time.Second
	// nudgeAfter is how long a pod may stay away before somebody asks why; the
	// second time twice as long, and so on.
	nudgeAfter = 3 * time.Second
)

// watched is what happens to a StatefulSet while its pods are waited for.
type watched struct {
	up *up
	// gone and missing are since when the set, or a pod of it, is away.
	gone, missing time.Time
	pause         time.Duration
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

// seen looks into pods that stay away although the set is there: the
// namespace may be going with all that is in it, the set itself last, or the
// controller sleeps.
func (w *watched) seen(ctx context.Context, set *appsv1.StatefulSet, rollout diagnose.Rollout) error {
	now := w.up.opts.Now()
	w.gone = time.Time{}
	if rollout.Count(isAway) == 0 {
		w.missing = time.Time{}
		return nil
	}
	if w.missing.IsZero() {
		w.missing = now
	}
	w.pause = max(w.pause, nudgeAfter)
	if now.Sub(w.missing) < w.pause {
		return nil
	}
	w.missing = now
	w.pause *= 2
	if err := namespaceGoing(ctx, w.up.client, w.up.target.Namespace); err != nil {
		return err
	}
	if rollout.Count(isMissing) > 0 {
		w.nudge(ctx, set, now)
	}
	return nil
}

// edited is an error where somebody changes the template of the pods that are
// waited for: what they come up with is not what was applied.
func (w *watched) edited(set *appsv1.StatefulSet) error {
	was := w.up.applied
	if was == nil || equality.Semantic.DeepEqual(set.Spec.Template, was.Spec.Template) {
		return nil
	}
	return &Error{
		Message: "statefulset/" + w.up.cluster.Name + ": its pod template was changed by somebody while its pods were waited for",
		Next:    "crdb-kube diff shows what was changed, and by whom",
	}
}

// older says whether a StatefulSet is from before it was last applied.
func (u *up) older(set *appsv1.StatefulSet) bool {
	switch applied := u.applied; {
	case applied == nil:
		return false
	case applied.UID != set.UID:
		return !applied.CreationTimestamp.Before(&set.CreationTimestamp)
	default:
		return set.Generation < applied.Generation
	}
}

// nudge wakes the StatefulSet controller where it leaves a pod out. After
// failures it looks again only after up to minutes, and the end of a pod that
// belonged to another set of the same name does not wake it. That it did not
// work is seen by the pods.
func (w *watched) nudge(ctx context.Context, set *appsv1.StatefulSet, now time.Time) {
	_ = w.up.client.Annotate(ctx, kube.RefOf(kube.StatefulSet, set), map[string]string{cockroach.AnnotationNudged: now.UTC().Format(time.RFC3339)})
}

func isMissing(p diagnose.Pod) bool { return p.Phase == diagnose.Missing }

// isAway: not there, or not for long.
func isAway(p diagnose.Pod) bool {
	return p.Phase == diagnose.Missing || p.Phase == diagnose.Terminating
}
