package deploy

import (
	"context"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// stopGrace is how long a pod may take to stop. Once two of three nodes are
// gone there is no quorum to drain to, so that waiting longer gains nothing,
// and the store survives SIGKILL.
const stopGrace = 5

// DownOptions are the ways in which one `down` differs from another.
type DownOptions struct {
	Context string
	// Data says whether claims, volumes and settings go too.
	Data Consent
	// Confirm is asked with the list of what dies before any data is deleted.
	Confirm func(losing []string) error
	Lock    LockOptions
	Now     func() time.Time
}

// DownResult is what `down` ends with.
type DownResult struct {
	// Nothing is true when there was nothing to stop or delete.
	Nothing bool
	// Kept is what stays for the next `up`, in words; empty: nothing.
	Kept []string
	// Left is what a machine that is down still holds.
	Left []string
	// Retained are volumes that their class keeps, with the data.
	Retained []string
	Elapsed  time.Duration
}

// down is one run of the verb.
type down struct {
	client *kube.Client
	target Target
	opts   DownOptions
	r      *reporter
	seen   survey
	// lost are pods that may still run, with the nodes that do not answer.
	lost map[string]string
	// lease is the lock, left behind where an earlier command was killed.
	lease kube.Ref
}

// Down stops the cluster and keeps its data, unless the data was given up in
// this very command. It works on any half-made state.
func Down(ctx context.Context, client *kube.Client, target Target, opts DownOptions, report func(progress.Event)) (DownResult, error) {
	d := &down{client: client, target: target, opts: opts, r: newReporter(report, opts.Now), lost: map[string]string{}}
	began := opts.Now()
	held, lock, err := d.prepare(ctx)
	defer lock.Release()
	if err != nil || d.nothing() {
		return DownResult{Nothing: err == nil}, err
	}
	result, err := d.stopAndDelete(held)
	result.Elapsed = opts.Now().Sub(began)
	return result, lostLock(held, err)
}

// prepare takes the lock, unless there is nothing at all to lock for.
func (d *down) prepare(ctx context.Context) (context.Context, *kube.Lock, error) {
	if _, err := d.client.ServerVersion(ctx); err != nil {
		return nil, nil, err
	}
	if err := d.look(ctx); err != nil {
		return nil, nil, err
	}
	if d.nothing() && !d.lease.Exists() {
		return nil, nil, nil
	}
	if err := namespaceGoing(ctx, d.client, d.target.Namespace); err != nil {
		return nil, nil, err
	}
	need := downPermissions()
	if d.opts.Data == Given {
		need = concat(need, dataPermissions())
	}
	if d.opts.Data == Given && len(d.seen.volumes) > 0 {
		need = concat(need, volumePermissions())
	}
	if err := mayDo(ctx, d.client, d.target.Namespace, need, nil); err != nil {
		return nil, nil, err
	}
	held, lock, err := takeLock(ctx, d.client, d.target, d.opts.Lock, d.r)
	if err != nil {
		return nil, nil, err
	}
	// A moment has passed, and another command may have worked in it.
	return held, lock, d.look(held)
}

func (d *down) look(ctx context.Context) (err error) {
	if d.seen, err = look(ctx, d.client, d.target); err != nil {
		return err
	}
	d.seen.revisions, err = d.client.List(ctx, d.target.Namespace, names(d.target).Selector(), kube.ControllerRevision)
	if err = unlessForbidden(err); err != nil {
		return err
	}
	leases, err := d.client.Lookup(ctx, kube.Ref{Kind: kube.Lease, Namespace: d.target.Namespace, Name: names(d.target).LockName()})
	if err == nil {
		d.lease = leases[0]
	}
	return err
}

// nothing says whether there is nothing that this command would remove.
func (d *down) nothing() bool {
	return doomed(d.seen, d.target, d.scope()).empty()
}

func (d *down) scope() Scope {
	if d.opts.Data == Given {
		return Everything
	}
	return KeepData
}

func (d *down) stopAndDelete(ctx context.Context) (DownResult, error) {
	condemned := doomed(d.seen, d.target, d.scope())
	if d.opts.Data == Given {
		if err := d.opts.Confirm(losing(d.seen, d.target, condemned)); err != nil {
			return DownResult{}, err
		}
	}
	if err := d.keepable(); err != nil {
		return DownResult{}, err
	}
	d.r.headline(strings.Join([]string{d.opts.Context, "namespace " + d.target.Namespace, "cluster " + d.target.Name}, " · "))
	steps := []step{
		{"stop", func(ctx context.Context) (ending, error) {
			if err := d.restore(ctx); err != nil {
				return ending{}, err
			}
			return d.stop(ctx, condemned)
		}},
		{"remove", func(ctx context.Context) (ending, error) { return d.remove(ctx, condemned) }},
	}
	result := DownResult{}
	if d.opts.Data == Given {
		steps = append(steps, step{"delete data", func(ctx context.Context) (ending, error) {
			end, rest, err := d.deleteData(ctx, condemned)
			result.Left, result.Retained = rest.unreached, rest.kept
			return end, err
		}})
	} else {
		result.Kept = kept(d.seen, d.target)
	}
	if err := d.r.runAll(ctx, steps); err != nil {
		return result, err
	}
	return result, d.unreached(result.Left)
}

// keepable refuses to stop pods that hold claims which are being deleted: with
// the pods their data would be gone, and nobody has asked for that here.
func (d *down) keepable() error {
	claims := d.seen.endangered(d.opts.Now())
	if d.scope() != KeepData || len(claims) == 0 || len(d.seen.pods) == 0 {
		return nil
	}
	return &Error{
		Kind:    Refused,
		Message: d.target.Name + ": " + progress.Count(len(claims), "claim") + " being deleted, and only the pods that run still hold the data",
		Seen:    claims,
		Next:    "back up the data now; crdb-kube down --delete-data gives it up",
	}
}

// stop removes the StatefulSet from around its pods, so that nothing makes
// them anew, and then stops all pods together.
func (d *down) stop(ctx context.Context, condemned condemned) (ending, error) {
	if condemned.set != nil {
		d.r.waiting(0, 0, "waiting for %s to be gone", condemned.set)
		if err := d.client.Delete(ctx, *condemned.set, kube.DeleteOptions{Propagation: metav1.DeletePropagationOrphan}); err != nil {
			return ending{}, err
		}
		if err := awaitGone(ctx, d.client, d.r, []kube.Ref{*condemned.set}); err != nil {
			return ending{}, err
		}
	}
	pods, err := d.podsOf(ctx, condemned)
	if err != nil {
		return ending{}, err
	}
	if len(pods) == 0 {
		return skipped("no pod runs"), nil
	}
	grace := int64(stopGrace)
	for _, pod := range pods {
		if err := d.client.Delete(ctx, pod, kube.DeleteOptions{Grace: &grace}); err != nil {
			return ending{}, err
		}
	}
	for _, selector := range condemned.selectors {
		if err := d.awaitPods(ctx, pods, selector); err != nil {
			return ending{}, err
		}
	}
	if lost := d.lostPods(); len(lost) > 0 {
		return done("%d of %s stopped; %s not known to have", len(pods)-len(lost), progress.Count(len(pods), "pod"), progress.And(lost)), nil
	}
	return done("%s stopped", progress.Count(len(pods), "pod")), nil
}

// podsOf lists the pods that go: once more, for some may have been made
// between the look and the end of the set.
func (d *down) podsOf(ctx context.Context, condemned condemned) ([]kube.Ref, error) {
	var all []kube.Ref
	for _, selector := range condemned.selectors {
		pods, err := d.client.List(ctx, d.target.Namespace, selector, kube.Pod)
		if err != nil {
			return nil, err
		}
		for _, pod := range pods {
			if owned(d.target, pod) || (selector == recipeSelector && recipePod(d.target, pod)) {
				all = append(all, pod)
			}
		}
	}
	return all, nil
}

// remove deletes the rest of what is ours but the data.
func (d *down) remove(ctx context.Context, condemned condemned) (ending, error) {
	if len(condemned.objects)+len(condemned.revisions) == 0 {
		return skipped("nothing else is there"), nil
	}
	removed := condemned.all()
	err := removeAndAwait(ctx, d.client, d.r, condemned.revisions)
	switch {
	case kube.IsForbidden(err):
		d.r.note("%s of the set stay: you may not delete them", progress.Count(len(condemned.revisions), "ControllerRevision"))
	case err != nil:
		return ending{}, err
	default:
		removed = append(removed, condemned.revisions...)
	}
	if err := removeAndAwait(ctx, d.client, d.r, condemned.objects); err != nil {
		return ending{}, err
	}
	for _, ref := range removed {
		d.r.object(ref, progress.Removed)
	}
	return done("%s", kinds(removed)), nil
}

// kinds counts objects by kind: "1 statefulset, 2 services".
func kinds(refs []kube.Ref) string {
	var order []kube.Kind
	tally := map[kube.Kind]int{}
	for _, ref := range refs {
		if tally[ref.Kind] == 0 {
			order = append(order, ref.Kind)
		}
		tally[ref.Kind]++
	}
	var parts []string
	for _, kind := range order {
		parts = append(parts, progress.Count(tally[kind], kind.String()))
	}
	return strings.Join(parts, ", ")
}
