package diagnose

import (
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// FuzzAssess describes a pod of which everything that has words is foreign:
// reasons and messages of the scheduler, the kubelet, the container and the log.
func FuzzAssess(f *testing.F) {
	f.Add("ErrImagePull", `failed to pull "x": 401 Unauthorized`, "FailedScheduling", "0/3 nodes are available: 3 Insufficient cpu.", "E1 ERROR: x\n", byte(0))
	f.Add("CreateContainerConfigError", `secret "x" not found`, "FailedMount", `MountVolume.SetUp failed for volume "certs" : secret "y" not found`, "", byte(1))
	f.Add("CrashLoopBackOff", "back-off", "BackOff", "x", "no such host", byte(2))
	f.Add("Unschedulable", "0/0 nodes are available", "FailedCreate", "exceeded quota: q, requested: cpu=1, used: cpu=2, limited: cpu=2", "", byte(3))
	f.Add("x", "x", "ProvisioningFailed", "x", "x", byte(4))
	f.Fuzz(func(t *testing.T, reason, message, eventReason, eventMessage, log string, shape byte) {
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: "db-0", Namespace: "n", UID: "pod"},
			Spec:       corev1.PodSpec{NodeName: "machine", Volumes: []corev1.Volume{{VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "datadir-db-0"}}}}},
			Status: corev1.PodStatus{
				Conditions: []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: reason, Message: message}},
			},
		}
		waiting := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
		ended := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: reason, Message: message, ExitCode: int32(len(log))}}
		status := corev1.ContainerStatus{Name: cockroach.Container, Image: message, State: waiting}
		switch shape % 6 {
		case 1:
			status.LastTerminationState = ended
		case 2:
			status.State = ended
		case 3:
			pod.Spec.NodeName = ""
		case 4:
			status.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
		case 5:
			pod.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: reason, State: waiting}}
		}
		pod.Status.ContainerStatuses = []corev1.ContainerStatus{status}
		claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "datadir-db-0", UID: "claim"}}
		about := func(uid string) *corev1.Event {
			return &corev1.Event{Reason: eventReason, Message: eventMessage, InvolvedObject: corev1.ObjectReference{UID: "pod"}, ReportingController: reason, Related: nil, ObjectMeta: metav1.ObjectMeta{Name: uid}}
		}
		events := []*corev1.Event{about("one"), about("two")}
		events[1].InvolvedObject.UID = "claim"
		s := Scene{
			Cluster:  cockroach.Cluster{Namespace: "n", Name: "db", Nodes: 2, Image: "x:v26.2.5"},
			Workload: kube.Workload{Pods: []*corev1.Pod{pod}, Claims: []*corev1.PersistentVolumeClaim{claim}, Events: events},
			Said:     map[string]Word{"db-0": {Text: message}},
			Clues:    Clues{Logs: map[string]string{"db-0": log}},
			Now:      time.Unix(1000, 0),
		}
		_ = s.Wants(s.Assess())
		for _, one := range s.Assess().Pods {
			if one.Phase == "" || one.Words() == "" || one.Why() == "" {
				t.Errorf("nothing is said of %+v", one)
			}
			known := func(e Entry) bool { return one.Cause.ID == e.ID }
			if one.Cause != nil && (!slices.ContainsFunc(Catalogue(), known) || one.Cause.Sentence == "" || one.Cause.Next == "") {
				t.Errorf("%+v is no cause of the catalogue", one.Cause)
			}
		}
	})
}
