package deploy

import (
	"context"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// roll gives the pods the template that the StatefulSet has, one by one from
// the highest ordinal on, through the gate before each and after the last. It
// stops at the first that does not come back; the others stay as they are.
// Pods that have it already are passed over, so that it can be run again.
//
// The StatefulSet replaces the pods itself: the partition is the ordinal from
// which on it may.
func (u *up) roll(ctx context.Context) (rolled int, err error) {
	first, err := u.around(ctx)
	if err != nil {
		return 0, err
	}
	if first.all(u.podNames()) {
		if first.partition > 0 {
			err = u.openTo(ctx, 0)
		}
		return 0, err
	}
	if first.ready == 0 { // there is nothing to be careful with
		return u.cluster.Nodes, u.replace(ctx, 0, u.podNames())
	}
	if rolled, err = u.repair(ctx, first); err != nil {
		return rolled, err
	}
	for i := u.cluster.Nodes - 1; i >= 0; i-- {
		done, err := u.rollOne(ctx, i)
		if err != nil {
			return rolled, err
		}
		rolled += done
	}
	if rolled == 0 {
		return 0, nil
	}
	return rolled, u.gate(ctx, "it is done")
}

// rollOne gives one pod the template, unless it has it. The partition follows
// in any case, so that the pod keeps it when it is made again.
func (u *up) rollOne(ctx context.Context, ordinal int) (rolled int, err error) {
	name := u.cluster.PodName(ordinal)
	now, err := u.around(ctx)
	switch {
	case err != nil:
		return 0, err
	case now.has[name] && now.partition > ordinal:
		return 0, u.openTo(ctx, ordinal)
	case now.has[name]:
		return 0, nil
	case !now.down[name]:
		if err := u.gate(ctx, name+" is restarted"); err != nil {
			return 0, err
		}
	}
	u.r.waiting(u.cluster.Nodes-1-ordinal, u.cluster.Nodes, "restarting %s", name)
	return 1, u.replace(ctx, ordinal, []string{name})
}

// replace lets the StatefulSet replace the pods from an ordinal on, and waits
// until these have come back.
func (u *up) replace(ctx context.Context, from int, pods []string) error {
	if err := u.openTo(ctx, from); err != nil {
		return err
	}
	_, err := u.watchUntil(ctx, u.oneOf(pods), func(w kube.Workload) string {
		for _, name := range pods {
			if !onRevision(w, name) {
				return name + " to get its new template"
			}
		}
		return ""
	})
	if err != nil {
		return u.stopped(pods[0], err)
	}
	return nil
}

// oneOf wants these pods ready; how the others are is for the gate.
func (u *up) oneOf(pods []string) func(diagnose.Pod) bool {
	return func(p diagnose.Pod) bool { return !slices.Contains(pods, p.Name) || p.IsReady() }
}

// repair replaces pods that do not run, where the template that they are to
// get is that of the other pods: an upgrade that went wrong and is taken back.
// No gate stands before that, for they serve nobody; and the StatefulSet itself
// would begin with those that serve. The partition keeps it from that.
func (u *up) repair(ctx context.Context, now surroundings) (repaired int, err error) {
	if !now.takenBack {
		return 0, nil
	}
	for _, name := range u.podNames() {
		pod := now.pods[name]
		if now.has[name] || !now.down[name] || pod == nil {
			continue
		}
		u.r.waiting(0, 0, "replacing %s, which does not run", name)
		if err := u.client.Delete(ctx, kube.RefOf(kube.Pod, pod), kube.DeleteOptions{}); err != nil {
			return repaired, err
		}
		repaired++
		if _, err := u.watchUntil(ctx, u.oneOf([]string{name}), func(w kube.Workload) string {
			for _, again := range w.Pods {
				if again.Name == name && again.UID != pod.UID {
					return ""
				}
			}
			return name + " to be made again"
		}); err != nil {
			return repaired, u.stopped(name, err)
		}
	}
	return repaired, nil
}

// surroundings are the pods as a roll sees them.
type surroundings struct {
	ready     int
	partition int
	// takenBack: the template is the one that the pods had before the last roll.
	takenBack bool
	// has: on the StatefulSet's template. down: its database does not run.
	has, down map[string]bool
	pods      map[string]*corev1.Pod
}

// all says whether all of these pods are on the StatefulSet's template.
func (s surroundings) all(pods []string) bool {
	return !slices.ContainsFunc(pods, func(name string) bool { return !s.has[name] })
}

// around looks at the pods, once the controller has seen the template.
func (u *up) around(ctx context.Context) (now surroundings, err error) {
	selection := kube.Selection{Namespace: u.target.Namespace, Name: u.target.Name, Selector: u.cluster.Selector()}
	err = u.client.WatchWorkload(ctx, selection, func(_ context.Context, w kube.Workload) (kube.Verdict, error) {
		set := w.StatefulSet
		if set == nil || u.older(set) || set.Status.ObservedGeneration < set.Generation {
			return kube.Verdict{Why: "the controller to see the template"}, nil
		}
		now = surroundings{has: map[string]bool{}, down: map[string]bool{}, pods: map[string]*corev1.Pod{}}
		now.takenBack = set.Status.CurrentRevision == set.Status.UpdateRevision
		if update := set.Spec.UpdateStrategy.RollingUpdate; update != nil && update.Partition != nil {
			now.partition = int(*update.Partition)
		}
		for _, pod := range w.Pods {
			now.pods[pod.Name] = pod
			now.has[pod.Name] = ofRevision(pod, set)
			now.down[pod.Name] = diagnose.RunningContainer(pod) == ""
			if diagnose.PodReady(pod) {
				now.ready++
			}
		}
		return kube.Verdict{Done: true}, nil
	})
	return now, err
}

// stopped says what became of the others when a pod does not come back.
func (u *up) stopped(name string, err error) error {
	own, ok := err.(*Error) //nolint:errorlint // it is made by this package, and not wrapped
	if !ok || own.Kind != Failed {
		return err
	}
	copied := *own
	if u.cluster.Previous != "" {
		copied.Next = "crdb-kube upgrade --rollback goes back to " + versionWord(u.cluster.Previous) + "; or: " + own.Next
	}
	copied.Message = fmt.Sprintf("%s does not come back, and the others stay as they are: %s", name, own.Message)
	return &copied
}

// openTo lets the StatefulSet replace the pods from an ordinal on, by a whole
// apply: whatever else it says is as recorded.
func (u *up) openTo(ctx context.Context, ordinal int) error {
	set, err := u.client.StatefulSet(ctx, u.target.Namespace, u.cluster.Name)
	if err != nil {
		return err
	}
	if set == nil {
		return &Error{Message: "statefulset/" + u.cluster.Name + ": is gone", Next: "crdb-kube up makes it again around its pods"}
	}
	applied, err := u.putSet(ctx, kube.RefOf(kube.StatefulSet, set), ordinal)
	if err != nil {
		return explainConflict(err)
	}
	if now, ok := applied.Object.(*appsv1.StatefulSet); ok {
		u.applied = now
	}
	return nil
}

// onRevision says whether a pod is of the revision that the set rolls to, as
// far as the controller has come.
func onRevision(w kube.Workload, name string) bool {
	set := w.StatefulSet
	if set == nil || set.Status.ObservedGeneration < set.Generation {
		return false
	}
	for _, pod := range w.Pods {
		if pod.Name == name {
			return ofRevision(pod, set)
		}
	}
	return false
}

func ofRevision(pod *corev1.Pod, set *appsv1.StatefulSet) bool {
	return pod.DeletionTimestamp == nil && set.Status.UpdateRevision != "" &&
		pod.Labels[appsv1.ControllerRevisionHashLabelKey] == set.Status.UpdateRevision
}

// finishedRoll says whether all pods are of the set's revision.
func finishedRoll(w kube.Workload, nodes int) bool {
	of := 0
	for _, pod := range w.Pods {
		if w.StatefulSet != nil && ofRevision(pod, w.StatefulSet) {
			of++
		}
	}
	return of >= nodes
}

func rolledWords(rolled int) string {
	if rolled == 0 {
		return "all pods have the template already"
	}
	return progress.Count(rolled, "pod") + " restarted, one by one"
}
