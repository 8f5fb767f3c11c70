package deploy

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

// database is the status of the database's container, or of the only one.
func database(pod *corev1.Pod) corev1.ContainerStatus {
	all := pod.Status.ContainerStatuses
	if i := slices.IndexFunc(all, func(s corev1.ContainerStatus) bool { return s.Name == cockroach.Container }); i >= 0 {
		return all[i]
	}
	if len(all) > 0 {
		return all[0]
	}
	return corev1.ContainerStatus{}
}

// holdingUp is the init container that has to end well before the database is
// started; false: none has to any more. Its name is for the beginning of a text.
func holdingUp(pod *corev1.Pod) (status corev1.ContainerStatus, name string, waits bool) {
	for _, status := range pod.Status.InitContainerStatuses {
		sidecar := status.Started != nil && *status.Started && status.State.Running != nil
		if ended := status.State.Terminated; sidecar || (ended != nil && ended.ExitCode == 0) {
			continue
		}
		return status, "init container " + status.Name + ": ", true
	}
	return corev1.ContainerStatus{}, "", false
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
