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
	// lost are pods that may still run: their claims cannot go.
	lost map[string]string
}

func (d *down) deleteData(ctx context.Context, condemned condemned) (ending, remains, error) {
	w := wiper{d.client, d.target, d.r, d.opts.Now, d.lost}
	return w.wipe(ctx, d.seen, condemned)
}

// remains are what is left of the data, in words.
type remains struct {
	// unreached are directories on machines that do not answer.
	unreached []string
	// kept are volumes that their class keeps.
	kept []string
}

// wipe marks the cluster as being deleted before the first byte goes, so that
// a command after an interruption can say what there is to do, and removes
// the settings last. What is left is returned and never counted as deleted.
func (w wiper) wipe(ctx context.Context, seen survey, c condemned) (ending, remains, error) {
	if len(c.data) == 0 {
		return skipped("there is none"), remains{}, nil
	}
	settings := seen.ref(kube.ConfigMap, w.target.Name+"-cluster")
	if settings.Exists() && owned(w.target, settings) {
		mark := map[string]string{cockroach.AnnotationDeleting: w.now().UTC().Format(time.RFC3339)}
		if err := w.client.Annotate(ctx, settings, mark); err != nil {
			return ending{}, remains{}, err
		}
	}
	left, unreached, err := w.directories(ctx, seen)
	rest := remains{unreached: left}
	for pod := range w.lost {
		unreached[claimOfPod(pod)] = true
	}
	if err != nil {
		return ending{}, remains{}, err
	}
	doomed := c.data
	if len(unreached) > 0 {
		doomed = slices.DeleteFunc(slices.Clone(doomed), func(ref kube.Ref) bool {
			return ref.Kind == kube.ConfigMap || ref.Kind == kube.Secret || unreached[ref.Name]
		})
	}
	for _, batch := range byKind(doomed, kube.PersistentVolumeClaim, kube.PersistentVolume, kube.Secret, kube.ConfigMap) {
		if err := removeAndAwait(ctx, w.client, w.r, batch); err != nil {
			return ending{}, remains{}, err
		}
		for _, ref := range batch {
			w.r.object(ref, progress.Removed)
		}
		if batch[0].Kind == kube.PersistentVolumeClaim {
			if rest.kept, err = w.provisioned(ctx, seen, batch); err != nil {
				return ending{}, rest, err
			}
		}
	}
	if len(unreached) > 0 {
		return done("%s; what lies on nodes that do not answer stays", kinds(doomed)), rest, nil
	}
	return done("%s", kinds(doomed)), rest, w.verify(ctx, c)
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
func (w wiper) verify(ctx context.Context, c condemned) error {
	seen, err := look(ctx, w.client, w.target)
	if err != nil {
		return err
	}
	left := data(seen, w.target)
	if !slices.ContainsFunc(c.data, outlives) { // they were to stay
		left = slices.DeleteFunc(left, outlives)
	}
	if len(left) == 0 {
		return nil
	}
	return &Error{
		Message: "data: " + progress.And(namesOf(left)) + " came back while they were deleted",
		Next:    "find out what makes them, then the same command again",
	}
}

// wipeFirst is `up --fresh`: stop, delete everything, look again.
func (u *up) wipeFirst(ctx context.Context) (ending, error) {
	d := &down{client: u.client, target: u.target, r: u.r, opts: DownOptions{Data: Given, Now: u.opts.Now}, lost: map[string]string{}}
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
	_, rest, err := d.deleteData(ctx, condemned)
	if err != nil {
		return ending{}, err
	}
	if err := d.unreached(rest.unreached); err != nil {
		return ending{}, err
	}
	if len(rest.kept) > 0 {
		u.r.note("kept by the reclaim policy of their class: %s", progress.And(rest.kept))
	}
	if u.seen, err = look(ctx, u.client, u.target); err != nil {
		return ending{}, err
	}
	return done("the old cluster and its data are gone"), nil
}

// unreached is an error where machines that do not answer hold pods or data:
// neither is counted as gone.
func (d *down) unreached(directories []string) error {
	var parts []string
	if lost := d.lostPods(); len(lost) > 0 {
		parts = append(parts, progress.And(lost)+" may still run")
	}
	if len(directories) > 0 {
		parts = append(parts, progress.And(directories)+" is still there")
	}
	if len(parts) == 0 {
		return nil
	}
	return &Error{
		Message: d.target.Name + ": " + progress.And(parts) + ": the node does not answer",
		Next:    "the same command again, when the node is back, finishes it",
	}
}
