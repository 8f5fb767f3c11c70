package diagnose

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

// crowd is a cluster of so many pods that are half way up: one in three is
// ready, one starts, one waits for its image, each with the usual events.
func crowd(pods int) Scene {
	s := Scene{
		Cluster: cockroach.Cluster{Namespace: "n", Name: "db", Nodes: pods, Image: "x:v26.2.5"},
		Said:    map[string]Word{},
		Now:     time.Unix(1000, 0),
	}
	for i := range pods {
		name := s.Cluster.PodName(i)
		claim := s.Cluster.ClaimName(i)
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "n", UID: types.UID(name)},
			Spec: corev1.PodSpec{NodeName: "machine", Volumes: []corev1.Volume{{Name: "datadir", VolumeSource: corev1.VolumeSource{
				PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim},
			}}}},
		}
		status := corev1.ContainerStatus{Name: cockroach.Container, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}
		switch i % 3 {
		case 0:
			status.Ready = true
			pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
		case 2:
			status.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}}
		}
		pod.Status.ContainerStatuses = []corev1.ContainerStatus{status}
		s.Workload.Pods = append(s.Workload.Pods, pod)
		s.Workload.Claims = append(s.Workload.Claims, &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: claim, UID: types.UID(claim)}})
		for _, reason := range []string{"Scheduled", "Pulling", "Pulled", "Created", "Started"} {
			s.Workload.Events = append(s.Workload.Events, &corev1.Event{
				Reason: reason, Message: fmt.Sprintf("%s %s", reason, name), InvolvedObject: corev1.ObjectReference{UID: pod.UID},
			})
		}
	}
	return s
}

// TestAssess_costsLittleOnAThousandPods holds what each look at a rollout
// costs: it is taken anew with everything that changes.
func TestAssess_costsLittleOnAThousandPods(t *testing.T) {
	const pods, most = 1000, 8 // allocations for each pod
	scene := crowd(pods)
	if all := testing.AllocsPerRun(5, func() { scene.Assess() }); all > pods*most {
		t.Errorf("%.1f allocations for each pod, want %d at most", all/pods, most)
	}
}

func BenchmarkAssess(b *testing.B) {
	for _, pods := range []int{10, 100, 1000} {
		b.Run(strconv.Itoa(pods), func(b *testing.B) {
			scene := crowd(pods)
			b.ReportAllocs()
			for b.Loop() {
				scene.Assess()
			}
		})
	}
}
