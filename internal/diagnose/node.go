package diagnose

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Causes that lie with a Kubernetes node.
const (
	NodeNotReady     = "NODE_NOT_READY"
	StuckTerminating = "POD_STUCK_TERMINATING"
	SandboxFailed    = "SANDBOX_FAILED"
)

// lateEnd is how long after its time a pod that was told to end may take to be
// gone before something must be wrong.
const lateEnd = 10 * time.Second

func nodeEntries() []Entry {
	return []Entry{
		{
			NodeNotReady, progress.Unclear,
			"The node of a pod does not answer, or says itself that it is not ready.", "The node's Ready condition where nodes may be read; else NodeNotReady events of the pod, or the taints that the scheduler names.",
			"kubectl describe node. Its pods are given up by Kubernetes after five minutes, but a StatefulSet's pod comes back elsewhere only when the node is back, or is deleted for good.",
		},
		{
			StuckTerminating, progress.Unclear,
			"A pod was told to end, its time is over, and it is still there: its node does not answer, or a finalizer keeps it.", "The pod's deletion time.",
			"Look after the node. Only where it is certain that the node is off for good: kubectl delete node, or kubectl delete pod --force. Two pods of one name would write the same data.",
		},
		{
			SandboxFailed, progress.Unclear,
			"The node cannot make the pod's network or sandbox.", "FailedCreatePodSandBox events of the pod.",
			"Look after the network plugin and the container runtime of the node.",
		},
	}
}

// onBadNode is the cause where the pod's node is not ready; nil: it is, or
// nobody says otherwise.
func (s Scene) onBadNode(pod *corev1.Pod) *progress.Cause {
	name := pod.Spec.NodeName
	next := "kubectl describe node " + name
	if node, found := s.Nodes[name]; found {
		if bad := s.notReady(node); bad != nil {
			return because(NodeNotReady, "node "+name+" is not ready", next, *bad)
		}
		return nil
	}
	if s.Nodes != nil {
		return because(NodeNotReady, "node "+name+" is gone", "kubectl get nodes", progress.Evidence{Text: "not found", Where: "node " + name})
	}
	if event := s.latest(pod.UID, "NodeNotReady", "Pulling", "Pulled", "Created", "Started"); event != nil && event.Reason == "NodeNotReady" {
		return because(NodeNotReady, "node "+name+" is not ready", next, s.evidence(event, "pod "+pod.Name))
	}
	return nil
}

// notReady is what a node that is not ready says, or is said of it; nil: it is
// ready.
func (s Scene) notReady(node *corev1.Node) *progress.Evidence {
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady && condition.Status != corev1.ConditionTrue {
			return &progress.Evidence{Text: condition.Message, Where: "node " + node.Name, Age: s.age(condition.LastTransitionTime.Time)}
		}
	}
	return nil
}

// told is how long ago a pod was told to end.
func (s Scene) told(pod *corev1.Pod) time.Duration {
	grace := time.Duration(0)
	if pod.DeletionGracePeriodSeconds != nil {
		grace = time.Duration(*pod.DeletionGracePeriodSeconds) * time.Second
	}
	return s.age(pod.DeletionTimestamp.Add(-grace))
}

// stuck is the cause of a pod that should be gone and is not; nil: its time is
// not over, and nothing keeps it.
func (s Scene) stuck(pod *corev1.Pod) *progress.Cause {
	// The deletion time is when the pod's grace ends.
	late := s.age(pod.DeletionTimestamp.Time)
	if late < lateEnd {
		return s.onBadNode(pod)
	}
	said := progress.Evidence{Text: "was to be gone", Where: "pod " + pod.Name + ", node " + pod.Spec.NodeName, Age: late}
	if len(pod.Finalizers) > 0 {
		said.Text = "is kept by finalizer " + progress.And(pod.Finalizers)
		return because(StuckTerminating, "is kept from ending by a finalizer", fmt.Sprintf("ask who set %s; kubectl get pod -n %s %s -o yaml", progress.And(pod.Finalizers), pod.Namespace, pod.Name), said)
	}
	evidence := []progress.Evidence{said}
	if node := s.onBadNode(pod); node != nil {
		evidence = append(evidence, node.Evidence...)
	}
	return because(StuckTerminating, "does not end: node "+pod.Spec.NodeName+" does not say that it has", "kubectl describe node "+pod.Spec.NodeName, evidence...)
}

// sandbox is why a pod on a node does not get as far as its containers.
func (s Scene) sandbox(pod *corev1.Pod) *progress.Cause {
	event := s.latest(pod.UID, "FailedCreatePodSandBox", "NetworkNotReady", "Pulling", "Pulled", "Created", "Started")
	if event == nil || (event.Reason != "FailedCreatePodSandBox" && event.Reason != "NetworkNotReady") {
		return nil
	}
	return because(SandboxFailed, "its node cannot make the pod's network", "kubectl describe pod -n "+pod.Namespace+" "+pod.Name, s.evidence(event, "pod "+pod.Name+", node "+pod.Spec.NodeName))
}
