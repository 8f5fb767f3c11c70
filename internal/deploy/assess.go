package deploy

import (
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Phase is how far one pod has come.
type Phase string

// The phases of a pod, in the order in which a healthy one goes through them.
const (
	Missing          Phase = "waiting to be made"
	WaitingForVolume Phase = "waiting for its volume"
	Unschedulable    Phase = "unschedulable"
	Scheduled        Phase = "waiting for its container"
	Pulling          Phase = "pulling"
	CannotPull       Phase = "cannot pull"
	Starting         Phase = "starting"
	WaitingForInit   Phase = "waiting for init"
	Joining          Phase = "joining"
	Ready            Phase = "ready"
	Crashing         Phase = "crashing"
	Terminating      Phase = "terminating"
	Outdated         Phase = "outdated, about to be replaced"
)

// Pod is one pod of the cluster as a person would describe it.
type Pod struct {
	Name  string
	Phase Phase
	// Detail says more about the phase: the image, the scheduler's words.
	Detail   string
	Restarts int32
	Node     string
	Created  time.Time
	// Health is the pod's own word, where it was asked.
	Said  word
	Cause *progress.Cause
}

// Answering says whether the pod's own HTTP port was heard.
func (p Pod) Answering() bool {
	return p.Phase == WaitingForInit || p.Phase == Joining || p.Phase == Ready
}

// Rollout is the state of all pods, in order.
type Rollout struct{ Pods []Pod }

// assess describes every pod that the cluster should have, from what was last
// seen and what the pods themselves said. It is pure.
func assess(c cockroach.Cluster, w kube.Workload, said map[string]word) Rollout {
	byName := map[string]*corev1.Pod{}
	for _, pod := range w.Pods {
		byName[pod.Name] = pod
	}
	var r Rollout
	for i := range c.Nodes {
		name := c.PodName(i)
		pod, ok := byName[name]
		if !ok {
			r.Pods = append(r.Pods, Pod{Name: name, Phase: Missing, Detail: notMade(w, name)})
			continue
		}
		described := describe(pod, w.Events, said[name], c)
		if beingReplaced(w.StatefulSet, pod) {
			described.Phase, described.Detail, described.Cause = Outdated, "", nil
		}
		if described.Phase == WaitingForInit && c.ClusterID != "" {
			described.Phase = Joining // it has not heard of its cluster yet
		}
		r.Pods = append(r.Pods, described)
	}
	return r
}

// notMade is what the StatefulSet controller last said of why it did not make
// a pod; empty: nothing.
func notMade(w kube.Workload, pod string) string {
	if w.StatefulSet == nil {
		return ""
	}
	for _, event := range slices.Backward(w.Events) {
		if event.InvolvedObject.UID != w.StatefulSet.UID || event.InvolvedObject.Kind != "StatefulSet" || !strings.Contains(event.Message, "Pod "+pod+" ") {
			continue
		}
		if _, why, failed := strings.Cut(event.Message, " failed error: "); failed {
			return why
		}
		return ""
	}
	return ""
}

// beingReplaced says whether the controller is about to make this pod anew
// from another template, so that what is wrong with it is of no interest.
func beingReplaced(set *appsv1.StatefulSet, pod *corev1.Pod) bool {
	if set == nil || pod.DeletionTimestamp != nil || podReady(pod) {
		return false
	}
	rolling := set.Spec.UpdateStrategy.RollingUpdate
	held := rolling != nil && rolling.Partition != nil && *rolling.Partition > 0
	revision := pod.Labels[appsv1.ControllerRevisionHashLabelKey]
	return !held && revision != "" && set.Status.UpdateRevision != "" && revision != set.Status.UpdateRevision
}

func describe(pod *corev1.Pod, events []*corev1.Event, said word, c cockroach.Cluster) Pod {
	p := Pod{Name: pod.Name, Node: pod.Spec.NodeName, Created: pod.CreationTimestamp.Time, Said: said}
	status := database(pod)
	p.Restarts = status.RestartCount
	before, name, waits := holdingUp(pod)
	if waits {
		status = before
	}
	switch {
	case pod.DeletionTimestamp != nil:
		p.Phase = Terminating
	case pod.Spec.NodeName == "":
		p.Phase, p.Detail = unscheduled(pod)
		p.Cause = unschedulableCause(p)
	case podReady(pod):
		p.Phase = Ready
	case status.State.Running != nil && !waits:
		p.Phase, p.Detail = running(said)
		if cause := crashCause(pod, status, c); said.silent() && cause != nil && cause.Class == progress.User {
			p.Cause = cause // it will end as it did before
		}
	case failedToPull(status):
		p.Phase, p.Detail = CannotPull, podImage(pod)
		p.Cause = pullCause(pod, status, events, p.Detail)
	case crashed(status):
		p.Phase, p.Detail = Crashing, name+lastEnd(status)
		p.Cause = crashCause(pod, status, c)
	case pulls(pod, events):
		p.Phase, p.Detail = Pulling, podImage(pod)
	default:
		p.Phase = Scheduled
	}
	return p
}

func unscheduled(pod *corev1.Pod) (Phase, string) {
	for _, condition := range pod.Status.Conditions {
		if condition.Type != corev1.PodScheduled || condition.Status != corev1.ConditionFalse {
			continue
		}
		// The scheduler says this for a second in every normal start.
		if strings.Contains(condition.Message, "PersistentVolumeClaim") || strings.Contains(condition.Message, "persistentvolumeclaim") {
			return WaitingForVolume, condition.Message
		}
		// What preemption would not help either is of no use to anybody.
		text, _, _ := strings.Cut(condition.Message, " preemption:")
		text = strings.TrimRight(strings.TrimSuffix(text, " no new claims to deallocate,"), ". ")
		return Unschedulable, text
	}
	return Missing, ""
}

func podReady(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(condition corev1.PodCondition) bool {
		return condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue
	})
}

// running tells by the pod's own word how far the process is.
func running(said word) (Phase, string) {
	switch {
	case said.silent():
		return Starting, said.text
	case said.health == cockroach.WaitingForInit:
		return WaitingForInit, ""
	}
	return Joining, said.text
}

// Count is how many pods satisfy a condition.
func (r Rollout) Count(is func(Pod) bool) int {
	n := 0
	for _, pod := range r.Pods {
		if is(pod) {
			n++
		}
	}
	return n
}

// Why names the pods that are not there yet and their phases, for a wait
// that ends too early.
func (r Rollout) Why(finished func(Pod) bool) string {
	late := slices.DeleteFunc(slices.Clone(r.Pods), finished)
	var parts []string
	for _, group := range alike(late, Pod.words) {
		parts = append(parts, and(group.names)+" "+group.text)
	}
	return strings.Join(parts, "; ")
}

// sameWords are pods of which the same can be said.
type sameWords struct {
	names []string
	text  string
}

// alike puts pods together of which the same can be said, in the order in
// which it is said first.
func alike(pods []Pod, say func(Pod) string) []sameWords {
	var groups []sameWords
	for _, pod := range pods {
		text := say(pod)
		i := slices.IndexFunc(groups, func(g sameWords) bool { return g.text == text })
		if i < 0 {
			groups = append(groups, sameWords{text: text})
			i = len(groups) - 1
		}
		groups[i].names = append(groups[i].names, pod.Name)
	}
	return groups
}

// words is the phase with its detail.
func (p Pod) words() string {
	switch {
	case p.Detail == "":
		return string(p.Phase)
	case p.Phase == Pulling || p.Phase == CannotPull:
		return string(p.Phase) + " " + p.Detail
	}
	return string(p.Phase) + ": " + p.Detail
}
