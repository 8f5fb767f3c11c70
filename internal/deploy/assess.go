package deploy

import (
	"fmt"
	"slices"
	"strings"
	"time"

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
			r.Pods = append(r.Pods, Pod{Name: name, Phase: Missing})
			continue
		}
		described := describe(pod, w.Events, said[name], c)
		if described.Phase == WaitingForInit && c.ClusterID != "" {
			described.Phase = Joining // it has not heard of its cluster yet
		}
		r.Pods = append(r.Pods, described)
	}
	return r
}

func describe(pod *corev1.Pod, events []*corev1.Event, said word, c cockroach.Cluster) Pod {
	p := Pod{Name: pod.Name, Node: pod.Spec.NodeName, Created: pod.CreationTimestamp.Time, Said: said}
	var status corev1.ContainerStatus
	if len(pod.Status.ContainerStatuses) > 0 {
		status = pod.Status.ContainerStatuses[0]
	}
	p.Restarts = status.RestartCount
	switch {
	case pod.DeletionTimestamp != nil:
		p.Phase = Terminating
	case pod.Spec.NodeName == "":
		p.Phase, p.Detail = unscheduled(pod)
		p.Cause = unschedulableCause(p)
	case podReady(pod):
		p.Phase = Ready
	case status.State.Running != nil:
		p.Phase, p.Detail = running(said)
	case failedToPull(status):
		p.Phase, p.Detail = CannotPull, c.Image
		p.Cause = pullCause(pod, status, events, c.Image)
	case crashed(status):
		p.Phase, p.Detail = Crashing, lastEnd(status)
		p.Cause = crashCause(pod, status, c)
	case pulls(pod, events):
		p.Phase, p.Detail = Pulling, c.Image
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
		text = strings.TrimSuffix(text, " no new claims to deallocate,")
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

func failedToPull(status corev1.ContainerStatus) bool {
	waiting := status.State.Waiting
	if waiting == nil {
		return false
	}
	switch waiting.Reason {
	case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable", "ImageInspectError":
		return true
	}
	return false
}

func crashed(status corev1.ContainerStatus) bool {
	return status.State.Terminated != nil || (status.State.Waiting != nil && status.LastTerminationState.Terminated != nil)
}

// lastEnd says how the container ended last.
func lastEnd(status corev1.ContainerStatus) string {
	end := status.State.Terminated
	if end == nil {
		end = status.LastTerminationState.Terminated
	}
	text := fmt.Sprintf("exit code %d", end.ExitCode)
	if end.Reason != "" && end.Reason != "Error" && end.Reason != "Completed" {
		text = end.Reason + ", " + text
	}
	return text
}

// pulls says whether the last word about the image is that it is being pulled.
func pulls(pod *corev1.Pod, events []*corev1.Event) bool {
	pulling := false
	for _, event := range events {
		if event.InvolvedObject.UID != pod.UID {
			continue
		}
		switch event.Reason {
		case "Pulling":
			pulling = true
		case "Pulled", "Failed":
			pulling = false
		}
	}
	return pulling
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
	var parts []string
	for _, pod := range r.Pods {
		if !finished(pod) {
			parts = append(parts, pod.Name+" "+pod.words())
		}
	}
	return strings.Join(parts, "; ")
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
