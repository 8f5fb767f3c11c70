package deploy

import (
	"strings"
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

func TestUp_leavesWhatHasTheNameOfAShortLivedObject(t *testing.T) {
	taken := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "cockroachdb-0-make", UID: "theirs"}}
	w := newWorldWithout(t, "", taken)
	_, err := w.up(wish(Wish{HostPath: new("/data")}))
	wantError(t, err, Refused, "persistentvolumeclaims/cockroachdb-0-make: is somebody else's")
	for _, object := range w.objects() {
		if strings.Contains(object, "-make") && object != "default/persistentvolumeclaim/cockroachdb-0-make" {
			t.Errorf("%s is left behind", object)
		}
	}
	kept, err := w.api.CoreV1().PersistentVolumeClaims("default").Get(t.Context(), taken.Name, metav1.GetOptions{})
	wantNoError(t, err)
	if kept.UID != taken.UID {
		t.Errorf("%s is now %s", taken.UID, kept.UID)
	}
}
