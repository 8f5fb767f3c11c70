package diagnose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Causes for which no node takes a pod.
const (
	InsufficientResources = "INSUFFICIENT_RESOURCES"
	UntoleratedTaint      = "UNTOLERATED_TAINT"
	Unplaceable           = "UNSCHEDULABLE"
)

func schedulingEntries() []Entry {
	const seen = "The scheduler's word in the pod's conditions."
	const scaling = " Where a node autoscaler says that it adds one, the wait goes on."
	return []Entry{
		{
			InsufficientResources, progress.Unclear,
			"No node that the pod may go to has as much CPU or memory free as it asks for." + scaling, seen + " What is asked for and what the nodes have come from the pod and, where they may be read, the nodes.",
			"crdb-kube down, then crdb-kube up with a smaller --cpu or --memory; or add a node, or make room.",
		},
		{
			UntoleratedTaint, progress.Unclear,
			"The nodes that have room are tainted, and the pod does not tolerate it." + scaling, seen,
			"kubectl get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints shows the taints; a --patch can add tolerations.",
		},
		{
			Unplaceable, progress.Unclear,
			"No node takes the pod, for a reason that is none of the others, or for several at once." + scaling, seen,
			"Read the evidence: it counts the nodes by reason.",
		},
	}
}

// unscheduled is the phase of a pod without a node, and the scheduler's words.
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

// placeless is why no node takes the pod.
func (s Scene) placeless(pod *corev1.Pod, words string) *progress.Cause {
	said := progress.Evidence{Text: words, Where: "scheduler, about pod " + pod.Name}
	if cause := s.pinned(pod, said); cause != nil {
		return cause
	}
	room := "crdb-kube down, then crdb-kube up with a smaller --cpu or --memory; or add a node"
	var cause *progress.Cause
	switch {
	case containsAny(words, "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable") || (strings.Contains(words, "taint") && s.onlyBadNodesTainted()):
		cause = because(NodeNotReady, "the nodes that could take the pod are not ready", "kubectl get nodes", append([]progress.Evidence{said}, s.taints()...)...)
	case containsAny(words, "Insufficient cpu", "Insufficient memory", "Insufficient ephemeral-storage", "Too many pods"):
		cause = because(InsufficientResources, "no node has room for the pod"+asks(pod), room, append([]progress.Evidence{said}, s.room()...)...)
	case strings.Contains(words, "were unschedulable") && !strings.Contains(words, "taint"):
		cause = because(Unplaceable, "the nodes that could take the pod are closed to new ones", "kubectl get nodes shows them; kubectl uncordon opens one", said)
	case strings.Contains(words, "taint"):
		cause = because(UntoleratedTaint, "the nodes that could take the pod are tainted", "kubectl get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints; a --patch can add tolerations", append([]progress.Evidence{said}, s.taints()...)...)
	default:
		cause = because(Unplaceable, "no node takes the pod", "kubectl describe pod -n "+pod.Namespace+" "+pod.Name, said)
	}
	if event := s.latest(pod.UID, "TriggeredScaleUp", "Nominated"); event != nil {
		cause.Class = progress.Passing
		cause.Evidence = append(cause.Evidence, s.evidence(event, "autoscaler, about pod "+pod.Name))
	}
	return cause
}

// asks says what all containers of a pod ask for, if they do.
func asks(pod *corev1.Pod) string {
	var cpu, memory resource.Quantity
	for _, container := range pod.Spec.Containers {
		cpu.Add(*container.Resources.Requests.Cpu())
		memory.Add(*container.Resources.Requests.Memory())
	}
	if cpu.IsZero() && memory.IsZero() {
		return ""
	}
	return fmt.Sprintf(", which asks for %s CPU and %s memory", cpu.String(), memory.String())
}

// room says of each node what is free on it.
func (s Scene) room() []progress.Evidence {
	var all []progress.Evidence
	for _, machine := range s.Machines {
		if machine.Schedulable {
			all = append(all, progress.Evidence{Text: fmt.Sprintf("%s CPU and %s memory free", machine.CPU.String(), inGi(machine.Memory)), Where: "node " + machine.Name})
		}
	}
	return firstFew(all)
}

// taints are those of the nodes that keep pods away.
func (s Scene) taints() []progress.Evidence {
	var all []progress.Evidence
	for _, name := range sortedNames(s.Nodes) {
		for _, taint := range s.Nodes[name].Spec.Taints {
			if taint.Effect != corev1.TaintEffectPreferNoSchedule {
				all = append(all, progress.Evidence{Text: taint.ToString(), Where: "node " + name})
			}
		}
	}
	return firstFew(all)
}

// onlyBadNodesTainted: Kubernetes itself has set all taints, because of the
// state of the nodes. Newer schedulers do not say which taints they mean.
func (s Scene) onlyBadNodesTainted() bool {
	bad := 0
	for _, node := range s.Nodes {
		for _, taint := range node.Spec.Taints {
			switch {
			case taint.Effect == corev1.TaintEffectPreferNoSchedule:
			case taint.Key == corev1.TaintNodeNotReady || taint.Key == corev1.TaintNodeUnreachable:
				bad++
			default:
				return false
			}
		}
	}
	return bad > 0
}

// firstFew leaves out what would fill the screen.
func firstFew(all []progress.Evidence) []progress.Evidence {
	const few = 5
	if len(all) <= few {
		return all
	}
	return append(all[:few:few], progress.Evidence{Text: fmt.Sprintf("and %d more", len(all)-few)})
}

// inGi writes memory as people ask for it.
func inGi(q resource.Quantity) string {
	return strconv.FormatFloat(float64(q.Value())/(1<<30), 'f', 1, 64) + "Gi"
}

func sortedNames(nodes map[string]*corev1.Node) []string {
	names := make([]string, 0, len(nodes))
	for name := range nodes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
