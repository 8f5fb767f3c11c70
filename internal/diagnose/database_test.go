package diagnose

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

// Where there is data, starting empty is no way out.
func TestNotWritable_neverOffersToStartEmptyOverData(t *testing.T) {
	state := readPod(t, "testdata/pods/crash-loop-store-not-writable.yaml")
	living := Scene{Cluster: sample()}.Describe(state.Pod)
	if living.Cause == nil || living.Cause.ID != StoreNotWritable || strings.Contains(living.Cause.Next, "--fresh") {
		t.Errorf("got %+v", living.Cause)
	}
}

// The same holds for an init container, whose restarts are the pod's until it
// has done its work.
func TestDescribe_knowsWhyAnInitContainerThatJustRestartedWillEndAgain(t *testing.T) {
	pod := readPod(t, "testdata/pods/crash-loop-exit-4.yaml").Pod
	end := &corev1.ContainerStateTerminated{ExitCode: 255, Message: "exec /bin/sh: exec format error\n"}
	pod.Status.InitContainerStatuses = []corev1.ContainerStatus{{ // as recorded: one that runs counts as started
		Name: "copy-certs", Started: new(true), RestartCount: 7, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}},
		LastTerminationState: corev1.ContainerState{Terminated: end},
	}}
	if again := (Scene{Cluster: sample()}).Describe(pod); again.Cause == nil || again.Cause.ID != ImageForOtherCPU || again.Restarts != 7 {
		t.Errorf("got %+v, cause %+v", again, again.Cause)
	}
	end.Message = "killed\n"
	if other := (Scene{Cluster: sample()}).Describe(pod); other.Cause != nil || other.Phase != Starting {
		t.Errorf("a single crash was taken for the next: %+v, cause %+v", other, other.Cause)
	}
}

// With each restart it runs for a second before it ends again: what keeps it
// from starting is known all the same.
func TestDescribe_knowsWhyAPodThatJustRestartedWillEndAgain(t *testing.T) {
	pod := readPod(t, "testdata/pods/crash-loop-store-not-writable.yaml").Pod
	status := &pod.Status.ContainerStatuses[0]
	status.LastTerminationState = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		ExitCode: 1, Message: "ERROR: unable to create log directory: mkdir /cockroach/cockroach-data/logs: permission denied\n",
	}}
	status.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	if again := (Scene{Cluster: sample()}).Describe(pod); again.Cause == nil || again.Cause.ID != StoreNotWritable || again.Phase != Starting {
		t.Errorf("got %+v, cause %+v", again, again.Cause)
	}
	if answers := (Scene{Cluster: sample(), Said: map[string]Word{pod.Name: {Health: cockroach.WaitingForInit}}}).Describe(pod); answers.Cause != nil {
		t.Errorf("it answers, and has cause %+v", answers.Cause)
	}
	status.LastTerminationState.Terminated.Message = "ERROR: killed\n"
	if other := (Scene{Cluster: sample()}).Describe(pod); other.Cause != nil {
		t.Errorf("a single crash was taken for the next: %+v", other.Cause)
	}
}
