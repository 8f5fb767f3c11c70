package diagnose

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Causes that lie with the image.
const (
	ImageNotFound       = "IMAGE_NOT_FOUND"
	ImagePullDenied     = "IMAGE_PULL_DENIED"
	RegistryUnreachable = "REGISTRY_UNREACHABLE"
	ImageForOtherCPU    = "IMAGE_FOR_OTHER_CPU"
	ImagePullFailed     = "IMAGE_PULL_FAILED"
)

func imageEntries() []Entry {
	return []Entry{
		{
			ImageNotFound, progress.User,
			"The registry answers, and has no image of this name and tag; or the name cannot be one.",
			"The kubelet's events of the pod, or its container waits with ErrImagePull, ImagePullBackOff, InvalidImageName or ErrImageNeverPull.",
			"crdb-kube up --image with a name and tag that exist. On kind, k3d and minikube an image that was built on the host has to be loaded into the nodes first.",
		},
		{
			ImagePullDenied, progress.User,
			"The registry refuses the image: it needs credentials, or it does not exist there, which registries often do not tell apart.",
			"The registry's answer in the kubelet's events of the pod: 401, 403, access denied.",
			"Check the name; else make a pull secret and name it in a --patch of the StatefulSet, under imagePullSecrets.",
		},
		{
			RegistryUnreachable, progress.Unclear,
			"The node cannot reach the image's registry: no route, no name, a proxy, or a certificate that the node does not trust.",
			"Errors of the network in the kubelet's events of the pod.",
			"Look at the node's network and proxy; or load the image into the nodes.",
		},
		{
			ImageForOtherCPU, progress.User,
			"The image was built for another processor than the node has.",
			"The registry has no image for the platform, or the kernel refuses the program with an exec format error.",
			"crdb-kube up --image with an image for the node's platform: kubectl get nodes -L kubernetes.io/arch shows it.",
		},
		{
			ImagePullFailed, progress.Unclear,
			"The image cannot be pulled, for a reason that is none of the others.",
			"The kubelet's events of the pod.",
			"Read the evidence; the kubelet tries again by itself.",
		},
	}
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

// pullCause reads the event rather than the container's message: the latter
// says only "back-off" most of the time.
func (s Scene) pullCause(pod *corev1.Pod, status corev1.ContainerStatus) *progress.Cause {
	image, node := podImage(pod), pod.Spec.NodeName
	said := progress.Evidence{Text: status.State.Waiting.Message, Where: "pod " + pod.Name + ", node " + node}
	for event := range s.about(pod.UID) {
		if event.Reason == "Failed" && strings.Contains(event.Message, "pull") {
			said = s.evidence(event, "pod "+pod.Name+", node "+node)
			break
		}
	}
	sentence := "cannot pull image " + image
	switch id := pullID(status.State.Waiting.Reason, said.Text); id {
	case ImageForOtherCPU:
		return because(id, sentence+": there is none for the node's processor", "crdb-kube up --image with an image for that platform; kubectl get nodes -L kubernetes.io/arch", said)
	case ImagePullDenied:
		return because(id, sentence+": its registry refuses it", "crdb-kube up --image with an image that you may pull, or a --patch with imagePullSecrets", said)
	case ImageNotFound:
		return because(id, sentence+": not found in its registry", "crdb-kube up --image with an image that exists", said)
	case RegistryUnreachable:
		return because(id, sentence+": the node does not reach its registry", "look whether node "+node+" can reach the image's registry", said)
	default:
		return because(id, sentence, "look whether node "+node+" can reach the image's registry", said)
	}
}

// pullID tells pull failures apart by words of containerd, CRI-O and the
// registries. What could mean two things is taken for the one that may pass.
func pullID(reason, text string) string {
	has := func(parts ...string) bool { return containsAny(text, parts...) }
	switch {
	case reason == "InvalidImageName" || reason == "ErrImageNeverPull":
		return ImageNotFound
	case has("no match for platform", "no matching manifest"):
		return ImageForOtherCPU
	case has("no such host", "dial tcp", "i/o timeout", "connection refused", "TLS handshake timeout", "deadline exceeded", "x509: ", "connection reset", "server misbehaving"):
		return RegistryUnreachable
	case has("access denied", "authorization failed", "unauthorized", "401 Unauthorized", "403 Forbidden", "denied: ", "no basic auth credentials"):
		return ImagePullDenied
	case has("not found", "manifest unknown", "does not exist"):
		return ImageNotFound
	}
	return ImagePullFailed
}

// pulls says whether the last word about the image is that it is being pulled.
func (s Scene) pulls(pod *corev1.Pod) bool {
	for event := range s.about(pod.UID) {
		switch event.Reason {
		case "Pulling":
			return true
		case "Pulled", "Failed":
			return false
		}
	}
	return false
}

func podImage(pod *corev1.Pod) string {
	if len(pod.Spec.Containers) == 0 {
		return ""
	}
	return pod.Spec.Containers[0].Image
}

func containsAny(text string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
