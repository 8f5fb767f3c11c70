package deploy

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/diagnose"
)

func TestThrowAwayPod_isDoneOnlyWhenItHasEndedWell(t *testing.T) {
	pod := func(phase corev1.PodPhase, state corev1.ContainerState) *corev1.Pod {
		return &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: "cockroachdb-0-wipe"},
			Spec:       corev1.PodSpec{NodeName: "m1"},
			Status: corev1.PodStatus{
				Phase:             phase,
				Conditions:        []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
				ContainerStatuses: []corev1.ContainerStatus{{State: state}},
			},
		}
	}
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	ended := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{}}
	for name, test := range map[string]struct {
		pod  *corev1.Pod
		want diagnose.Phase
	}{
		"at work, which Kubernetes calls ready": {pod(corev1.PodRunning, running), diagnose.Starting},
		"ended well":                            {pod(corev1.PodRunning, ended), diagnose.Ready},
		"ended well, and seen so":               {pod(corev1.PodSucceeded, ended), diagnose.Ready},
	} {
		if got := throwAwayPod(test.pod, nil); got.Phase != test.want {
			t.Errorf("%s: got %s, want %s", name, got.Words(), test.want)
		}
	}
}
