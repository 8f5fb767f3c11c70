package deploy

import (
	"context"
	"slices"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// wiper deletes everything that a cluster keeps: directories of volumes of
// our own, claims, volumes and settings. Its pods are gone by then.
type wiper struct {
	client *kube.Client
	target Target
	r      *reporter
	now    func() time.Time
}

func (d *down) deleteData(ctx context.Context, condemned condemned) (ending, []string, error) {
	w := wiper{d.client, d.target, d.r, d.opts.Now}
	return w.wipe(ctx, d.seen, condemned)
}

// wipe marks the cluster as being deleted before the first byte goes, so that
// a command after an interruption can say what there is to do, and removes
// the settings last. What lies on a node that does not answer is returned
// and never counted as deleted.
func (w wiper) wipe(ctx context.Context, seen survey, c condemned) (ending, []string, error) {
	if len(c.data) == 0 {
		return skipped("there is none"), nil, nil
	}
	settings := seen.ref(kube.ConfigMap, w.target.Name+"-cluster")
	if settings.Exists() && owned(w.target, settings) {
		mark := map[string]string{cockroach.AnnotationDeleting: w.now().UTC().Format(time.RFC3339)}
		if err := w.client.Annotate(ctx, settings, mark); err != nil {
			return ending{}, nil, err
		}
	}
	left, unreached, err := w.directories(ctx, seen)
	if err != nil {
		return ending{}, nil, err
	}
	doomed := c.data
	if len(left) > 0 {
		doomed = slices.DeleteFunc(slices.Clone(doomed), func(ref kube.Ref) bool {
			return ref.Kind == kube.ConfigMap || unreached[ref.Name]
		})
	}
	for _, batch := range byKind(doomed, kube.PersistentVolumeClaim, kube.PersistentVolume, kube.ConfigMap) {
		if err := removeAndAwait(ctx, w.client, w.r, batch); err != nil {
			return ending{}, nil, err
		}
		for _, ref := range batch {
			w.r.object(ref, progress.Removed)
		}
	}
	if len(left) > 0 {
		return done("%s; %s not reached", kinds(doomed), count(len(left), "directory")), left, nil
	}
	return done("%s", kinds(doomed)), nil, w.verify(ctx)
}

// byKind sorts refs into batches, in the order of the kinds.
func byKind(refs []kube.Ref, order ...kube.Kind) [][]kube.Ref {
	var batches [][]kube.Ref
	for _, kind := range order {
		var batch []kube.Ref
		for _, ref := range refs {
			if ref.Kind == kind {
				batch = append(batch, ref)
			}
		}
		if len(batch) > 0 {
			batches = append(batches, batch)
		}
	}
	return batches
}

// verify looks once more: a claim may have been made anew by a hand or a
// controller while we deleted.
func (w wiper) verify(ctx context.Context) error {
	seen, err := look(ctx, w.client, w.target)
	if err != nil {
		return err
	}
	left := data(seen, w.target)
	if len(left) == 0 {
		return nil
	}
	var names []string
	for _, ref := range left {
		names = append(names, ref.String())
	}
	return &Error{
		Message: "data: " + and(names) + " came back while they were deleted",
		Next:    "find out what makes them, then the same command again",
	}
}

// wipeFirst is `up --fresh`: stop, delete everything, look again.
func (u *up) wipeFirst(ctx context.Context) (ending, error) {
	d := &down{client: u.client, target: u.target, r: u.r, opts: DownOptions{Data: Given, Now: u.opts.Now}}
	if err := d.look(ctx); err != nil {
		return ending{}, err
	}
	if err := d.seen.lookRecipe(ctx, u.client, u.target); err != nil {
		return ending{}, err
	}
	condemned := doomed(d.seen, d.target, Anew)
	if condemned.empty() {
		return done("nothing left from before"), nil
	}
	if err := u.opts.Confirm(losing(d.seen, d.target, condemned)); err != nil {
		return ending{}, err
	}
	if _, err := d.stop(ctx, condemned); err != nil {
		return ending{}, err
	}
	if _, err := d.remove(ctx, condemned); err != nil {
		return ending{}, err
	}
	_, left, err := d.deleteData(ctx, condemned)
	if err != nil {
		return ending{}, err
	}
	if len(left) > 0 {
		return ending{}, notReached(left)
	}
	if u.seen, err = look(ctx, u.client, u.target); err != nil {
		return ending{}, err
	}
	return done("the old cluster and its data are gone"), nil
}

func notReached(left []string) error {
	return &Error{
		Message: "data: " + and(left) + " is still there: the node does not answer",
		Next:    "the same command again, when the node is back, deletes it",
	}
}
