package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
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
	Said  Word
	Cause *progress.Cause
}

// Answering says whether the pod's own HTTP port was heard.
func (p Pod) Answering() bool {
	return p.Phase == WaitingForInit || p.Phase == Joining || p.Phase == Ready
}

// IsReady says that the pod needs no more waiting.
func (p Pod) IsReady() bool { return p.Phase == Ready }

// Rollout is the state of all pods, in order.
type Rollout struct{ Pods []Pod }

// Assess describes every pod that the cluster should have.
func (s Scene) Assess() Rollout {
	s = s.sorted()
	byName := map[string]*corev1.Pod{}
	for _, pod := range s.Workload.Pods {
		byName[pod.Name] = pod
	}
	var r Rollout
	for i := range s.Cluster.Nodes {
		name := s.Cluster.PodName(i)
		pod, ok := byName[name]
		if !ok {
			missing := Pod{Name: name, Phase: Missing}
			missing.Detail, missing.Cause = s.creation(name, i)
			r.Pods = append(r.Pods, missing)
			continue
		}
		described := s.Describe(pod)
		if beingReplaced(s.Workload.StatefulSet, pod) {
			described.Phase, described.Detail, described.Cause = Outdated, "", nil
		}
		if described.Phase == WaitingForInit && s.Cluster.ClusterID != "" {
			described.Phase = Joining // it has not heard of its cluster yet
		}
		r.Pods = append(r.Pods, described)
	}
	s.quorum(r)
	return r
}

// beingReplaced says whether the controller is about to make this pod anew
// from another template, so that what is wrong with it is of no interest.
func beingReplaced(set *appsv1.StatefulSet, pod *corev1.Pod) bool {
	if set == nil || pod.DeletionTimestamp != nil || PodReady(pod) {
		return false
	}
	rolling := set.Spec.UpdateStrategy.RollingUpdate
	held := rolling != nil && rolling.Partition != nil && *rolling.Partition > 0
	revision := pod.Labels[appsv1.ControllerRevisionHashLabelKey]
	return !held && revision != "" && set.Status.UpdateRevision != "" && revision != set.Status.UpdateRevision
}

// Describe describes one pod.
func (s Scene) Describe(pod *corev1.Pod) Pod {
	p := Pod{Name: pod.Name, Node: pod.Spec.NodeName, Created: pod.CreationTimestamp.Time, Said: s.Said[pod.Name]}
	p.Restarts = database(pod).RestartCount
	if before, _, waits := holdingUp(pod); waits {
		p.Restarts = before.RestartCount // as kubectl get pods counts
	}
	switch {
	case pod.DeletionTimestamp != nil:
		p.Phase, p.Cause = Terminating, s.stuck(pod)
	case pod.Spec.NodeName == "":
		p.Phase, p.Detail = unscheduled(pod)
		p.Cause = s.homeless(pod, p)
	case PodReady(pod):
		p.Phase = Ready
	default:
		s.describePlaced(pod, &p)
		if p.Cause == nil || p.Cause.Class != progress.User {
			if bad := s.onBadNode(pod); bad != nil {
				p.Cause = bad
			}
		}
	}
	return p
}

// homeless is why a pod has no node yet; nil: nobody says, or it is normal.
func (s Scene) homeless(pod *corev1.Pod, p Pod) *progress.Cause {
	if p.Phase == WaitingForVolume {
		return s.unbound(pod, p.Detail)
	}
	if p.Phase == Unschedulable {
		return s.placeless(pod, p.Detail)
	}
	return nil
}

// describePlaced describes a pod that has a node and is not ready.
func (s Scene) describePlaced(pod *corev1.Pod, p *Pod) {
	status := database(pod)
	before, name, waits := holdingUp(pod)
	if waits {
		status = before
	}
	switch {
	case status.State.Running != nil && !waits:
		p.Phase, p.Detail = running(p.Said)
		p.Cause = s.serving(pod, p.Said)
	case failedToPull(status):
		p.Phase, p.Detail = CannotPull, podImage(pod)
		p.Cause = s.pullCause(pod, status)
	case crashed(status):
		p.Phase, p.Detail = Crashing, name+lastEnd(ended(status))
		p.Cause = s.crashCause(pod, status)
	case s.pulls(pod):
		p.Phase, p.Detail = Pulling, podImage(pod)
	case status.State.Running != nil:
		p.Phase, p.Detail = Starting, "init container "+status.Name+" runs"
		p.Cause = s.again(pod, status)
	default:
		p.Phase = Scheduled
		p.Cause = s.configured(pod, status)
		for _, why := range []func(*corev1.Pod) *progress.Cause{s.mounting, s.sandbox} {
			if p.Cause == nil {
				p.Cause = why(pod)
			}
		}
		if p.Cause == nil {
			p.Detail = reasonToWait(status)
		}
	}
}

// PodReady says whether the kubelet takes the pod for ready.
func PodReady(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(condition corev1.PodCondition) bool {
		return condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue
	})
}

// running tells by the pod's own word how far the process is.
func running(said Word) (Phase, string) {
	switch {
	case said.Silent():
		return Starting, said.Text
	case said.Health == cockroach.WaitingForInit:
		return WaitingForInit, ""
	}
	return Joining, said.Text
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
	for _, group := range Alike(late, Pod.Words) {
		parts = append(parts, group.Who()+" "+group.Text)
	}
	return strings.Join(parts, "; ")
}

// SameWords are pods of which the same can be said.
type SameWords struct {
	Names []string
	Text  string
}

// mostNamed is how many pods are named one by one.
const mostNamed = 10

// Who names them, and of very many the first.
func (g SameWords) Who() string {
	if len(g.Names) <= mostNamed {
		return progress.And(g.Names)
	}
	return fmt.Sprintf("%s and %d more", strings.Join(g.Names[:mostNamed], ", "), len(g.Names)-mostNamed)
}

// Alike puts pods together of which the same can be said, in the order in
// which it is said first.
func Alike(pods []Pod, say func(Pod) string) []SameWords {
	var groups []SameWords
	for _, pod := range pods {
		text := say(pod)
		i := slices.IndexFunc(groups, func(g SameWords) bool { return g.Text == text })
		if i < 0 {
			groups = append(groups, SameWords{Text: text})
			i = len(groups) - 1
		}
		groups[i].Names = append(groups[i].Names, pod.Name)
	}
	return groups
}

// Why is the phase with its detail, and the cause where there is one.
func (p Pod) Why() string {
	if p.Cause == nil {
		return p.Words()
	}
	return fmt.Sprintf("%s: %s (%s)", p.Phase, p.Cause.Sentence, p.Cause.ID)
}

// Words is the phase with its detail.
func (p Pod) Words() string {
	switch {
	case p.Detail == "":
		return string(p.Phase)
	case p.Phase == Pulling || p.Phase == CannotPull:
		return string(p.Phase) + " " + p.Detail
	}
	return string(p.Phase) + ": " + p.Detail
}
