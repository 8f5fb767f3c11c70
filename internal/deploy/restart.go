package deploy

import (
	"context"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// RestartOptions are the ways in which one `restart` differs from another.
type RestartOptions struct {
	Context string
	// Pod is the only one to restart; empty: all of them.
	Pod       string
	Conflicts kube.Force
	Lock      LockOptions
	// Grace is how long an unclear cause may stand before it ends the wait.
	Grace time.Duration
	Now   func() time.Time
}

// RestartResult is what `restart` ends with.
type RestartResult struct {
	// Pods is how many were restarted by this run.
	Pods int
	// Resumed: it finished what an earlier run, or another template, began.
	Resumed bool
	Elapsed time.Duration
}

// restart is one run of the verb. It is an up that knows another way.
type restart struct {
	up
	pod    string
	before kube.Workload
	result RestartResult
}

// Restart replaces the pods of a running cluster one by one, each only when the
// database could lose it without losing more.
func Restart(ctx context.Context, client *kube.Client, target Target, opts RestartOptions, report func(progress.Event)) (RestartResult, error) {
	r := &restart{pod: opts.Pod, up: up{client: client, target: target, r: newReporter(report, opts.Now), started: opts.Now(), opts: UpOptions{
		Context: opts.Context, Conflicts: opts.Conflicts, Lock: opts.Lock, Grace: opts.Grace, Now: opts.Now,
	}}}
	r.lookout = newLookout(client, opts.Now)
	if err := mayDo(ctx, client, target.Namespace, restartPermissions(), waysToPods()); err != nil {
		return r.result, err
	}
	held, lock, err := takeLock(ctx, client, target, opts.Lock, r.r)
	if err != nil {
		return r.result, err
	}
	defer lock.Release()
	defer r.unwatch()
	steps := []step{{"check", r.check}, {"apply", r.template}, {"roll", r.rollAll}}
	if opts.Pod != "" {
		steps = []step{{"check", r.check}, {"restart", r.one}}
	}
	err = r.r.runAll(held, steps)
	r.result.Elapsed = opts.Now().Sub(r.started)
	return r.result, lostLock(held, err)
}

// check finds the cluster, which has to run.
func (r *restart) check(ctx context.Context) (ending, error) {
	var err error
	if r.before, err = r.found(ctx); err != nil {
		return ending{}, err
	}
	r.sayWhere()
	switch {
	case r.cluster.ScalingTo > 0:
		return ending{}, underWay(r.cluster)
	case r.pod != "" && !slices.Contains(r.podNames(), r.pod):
		return ending{}, &Error{
			Message: fmt.Sprintf("pod %s: is none of cluster %s", r.pod, r.target.Name),
			Next:    "its pods are " + progress.And(r.podNames()),
		}
	}
	if err := r.rescaled(); err != nil {
		return ending{}, err
	}
	if r.cluster.Nodes == 1 {
		r.r.note("one node: the database is away while it starts again")
	}
	return done("%s", progress.Count(r.cluster.Nodes, "pod")), nil
}

// rescaled refuses a set of which somebody else changed the number of pods:
// whole applies, which a roll is made of, would change it back.
func (r *restart) rescaled() error {
	replicas := r.before.StatefulSet.Spec.Replicas
	if replicas == nil || int(*replicas) == r.cluster.Nodes {
		return nil
	}
	return &Error{
		Kind:    Refused,
		Message: fmt.Sprintf("statefulset/%s: has %d replicas, and the settings say %d", r.cluster.Name, *replicas, r.cluster.Nodes),
		Next:    "crdb-kube up says who changed it, and what to do",
	}
}

// template gives the set another one, which no pod gets yet. Where an earlier
// roll is not finished, its template is the one.
func (r *restart) template(ctx context.Context) (ending, error) {
	r.result.Resumed = !finishedRoll(r.before, r.cluster.Nodes)
	if !r.result.Resumed {
		r.cluster.Restarted = r.started.UTC().Format(time.RFC3339)
		if err := r.saveSettings(ctx); err != nil {
			return ending{}, err
		}
	}
	if err := r.openTo(ctx, r.cluster.Nodes); err != nil {
		return ending{}, err
	}
	if r.result.Resumed {
		return done("not all pods have the template yet: that is finished"), nil
	}
	return done("another template, which the pods get one by one"), nil
}

func (r *restart) rollAll(ctx context.Context) (ending, error) {
	var err error
	r.result.Pods, err = r.roll(ctx)
	return done("%s", rolledWords(r.result.Pods)), err
}

// one restarts a single pod, which stays as it is otherwise.
func (r *restart) one(ctx context.Context) (ending, error) {
	if err := r.gate(ctx, r.pod+" is restarted"); err != nil {
		return ending{}, err
	}
	pod, err := r.client.Pod(ctx, r.target.Namespace, r.pod)
	if err != nil {
		return ending{}, err
	}
	if pod != nil {
		r.r.waiting(0, 1, "restarting %s", r.pod)
		if err := r.client.Delete(ctx, kube.RefOf(kube.Pod, pod), kube.DeleteOptions{Propagation: metav1.DeletePropagationBackground}); err != nil {
			return ending{}, err
		}
		r.result.Pods = 1
		if _, err := r.watchUntil(ctx, diagnose.Pod.IsReady, func(w kube.Workload) string {
			for _, now := range w.Pods {
				if now.Name == r.pod && now.UID != pod.UID {
					return ""
				}
			}
			return r.pod + " to be made again"
		}); err != nil {
			return ending{}, r.stopped(r.pod, err)
		}
	}
	if err := r.gate(ctx, "it is done"); err != nil {
		return ending{}, err
	}
	return done("%s restarted", r.pod), nil
}

// restartPermissions are what it needs.
func restartPermissions() []kube.Permission {
	return concat(
		in("apps", "statefulsets", "", "get", "list", "watch", "patch"),
		in("", "pods", "", "get", "list", "watch", "delete"),
		in("", "persistentvolumeclaims", "", "list", "watch"),
		in("", "configmaps", "", "get", "patch"),
		in("", "services", "", "get"),
		in("policy", "poddisruptionbudgets", "", "get"),
		in("coordination.k8s.io", "leases", "", "get", "create", "update", "delete"),
	)
}
