package diagnose

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Causes that lie with the container.
const (
	CommandNotFound   = "COMMAND_NOT_FOUND"
	SecretNotFound    = "SECRET_NOT_FOUND" //nolint:gosec // the name of a cause
	ConfigMapNotFound = "CONFIGMAP_NOT_FOUND"
	OutOfMemory       = "OUT_OF_MEMORY"
	CrashLoop         = "CRASH_LOOP"
)

func containerEntries() []Entry {
	return []Entry{
		{
			CommandNotFound, progress.User,
			"The program that the container is to run is not in the image, or may not be run.",
			"The container runtime's words when it starts the container.",
			"Take an image of CockroachDB, or undo what a --patch changed of the command.",
		},
		{
			SecretNotFound, progress.User,
			"The pod needs a Secret, or a key of one, that is not there.",
			"FailedMount events of the pod, or its container waits with CreateContainerConfigError.",
			"crdb-kube up makes its own Secrets again, except certificates that were brought with --certs-secret; a Secret that a --patch names has to be made before.",
		},
		{
			ConfigMapNotFound, progress.User,
			"The pod needs a ConfigMap, or a key of one, that is not there. crdb-kube itself gives none to its pods: a --patch names it.",
			"FailedMount events of the pod, or its container waits with CreateContainerConfigError.",
			"Make the ConfigMap, or take it out of the --patch.",
		},
		{
			OutOfMemory, progress.Unclear,
			"The kernel ended the database because the container used more memory than its limit.",
			"The container ended with OOMKilled, exit code 137.",
			"crdb-kube up with more --memory. Cache and SQL memory are a quarter of it each, so that half remains for everything else.",
		},
		{
			CrashLoop, progress.Unclear,
			"The container ends by itself again and again, and nothing that it said is known to mean one of the other causes.",
			"The status of the container and its last words.",
			"Read the last words, and the whole log of the container that ended: kubectl logs --previous.",
		},
	}
}

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

// RunningContainer is the ID of the database's container where it runs, and its
// pod is to stay; else "".
func RunningContainer(pod *corev1.Pod) string {
	status := database(pod)
	if pod.DeletionTimestamp != nil || status.State.Running == nil {
		return ""
	}
	return status.ContainerID
}

// LastContainer is the ID of the database's container that runs in a pod, or ran
// last, and how often it was started again; "": none has been started.
func LastContainer(pod *corev1.Pod) (id string, restarts int32) {
	status := database(pod)
	return status.ContainerID, status.RestartCount
}

// holdingUp is the init container that has to end well before the database is
// started; false: none has to any more. Its name is for the beginning of a text.
func holdingUp(pod *corev1.Pod) (status corev1.ContainerStatus, name string, waits bool) {
	for _, status := range pod.Status.InitContainerStatuses {
		started := status.Started != nil && *status.Started && status.State.Running != nil
		if ended := status.State.Terminated; (started && sidecar(pod, status.Name)) || (ended != nil && ended.ExitCode == 0) {
			continue
		}
		return status, "init container " + status.Name + ": ", true
	}
	return corev1.ContainerStatus{}, "", false
}

// sidecar says whether an init container is one that goes on beside the
// database, which is started as soon as this one has started.
func sidecar(pod *corev1.Pod, name string) bool {
	return slices.ContainsFunc(pod.Spec.InitContainers, func(c corev1.Container) bool {
		return c.Name == name && c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
	})
}

// configured is the cause of a container that cannot be made as it is
// described; nil: there is none.
func (s Scene) configured(pod *corev1.Pod, status corev1.ContainerStatus) *progress.Cause {
	where := "pod " + pod.Name + ", node " + pod.Spec.NodeName
	if waiting := status.State.Waiting; waiting != nil && waiting.Reason == "CreateContainerConfigError" {
		return reference(pod, progress.Evidence{Text: waiting.Message, Where: where})
	}
	// The event comes up to ten seconds before the kubelet writes the status.
	if event := s.latest(pod.UID, "Failed", "Started"); event != nil && event.Reason == "Failed" {
		return reference(pod, s.evidence(event, where))
	}
	return nil
}

// missingObject is how the kubelet names what it looked for in vain.
var missingObject = regexp.MustCompile(`(?i)\b(secret|configmap) "([^"]+)" not found|couldn't find key (\S+) in (Secret|ConfigMap) \S+|references non-existent (secret|config) key`)

// reference is the cause where a Secret or ConfigMap, or a key of it, is missing.
func reference(pod *corev1.Pod, said progress.Evidence) *progress.Cause {
	match := missingObject.FindStringSubmatch(said.Text)
	if match == nil {
		return nil
	}
	id, next := SecretNotFound, "crdb-kube up makes the cluster's own again; kubectl get secrets -n "+pod.Namespace
	if strings.Contains(strings.ToLower(match[0]), "config") {
		id, next = ConfigMapNotFound, "kubectl get configmaps -n "+pod.Namespace+" shows those that there are"
	}
	return because(id, "needs what is not there: "+match[0], next, said)
}

func crashed(status corev1.ContainerStatus) bool {
	return status.State.Terminated != nil || (status.State.Waiting != nil && status.LastTerminationState.Terminated != nil)
}

// ended is how the container ended last; nil: it has not yet.
func ended(status corev1.ContainerStatus) *corev1.ContainerStateTerminated {
	if status.State.Terminated != nil {
		return status.State.Terminated
	}
	return status.LastTerminationState.Terminated
}

// lastEnd says how the container ended last.
func lastEnd(end *corev1.ContainerStateTerminated) string {
	text := fmt.Sprintf("exit code %d", end.ExitCode)
	if end.Reason != "" && end.Reason != "Error" && end.Reason != "Completed" {
		text = end.Reason + ", " + text
	}
	return text
}

// crashCause is unclear where nothing is recognised: a pod that ends once may
// come up the next time. nil: the container has not ended yet.
func (s Scene) crashCause(pod *corev1.Pod, status corev1.ContainerStatus) *progress.Cause {
	end := ended(status)
	if end == nil {
		return nil
	}
	where := "pod " + pod.Name + ", node " + pod.Spec.NodeName
	said := progress.Evidence{Text: cockroach.LastWords(end.Message), Where: where, Age: s.age(end.FinishedAt.Time)}
	if said.Text == "" {
		// A container that could not be started has no log to look into.
		said.Text = lastEnd(end)
	}
	if cause := startCause(pod, end, said); cause != nil {
		return cause
	}
	_, name, waits := holdingUp(pod)
	if !waits {
		if trouble, text := cockroach.RecogniseExit(end.ExitCode, end.Message); trouble != "" {
			if text != "" {
				said.Text = text
			}
			return s.troubleCause(trouble, pod, said)
		}
	}
	next := fmt.Sprintf("kubectl logs -n %s %s --previous", pod.Namespace, pod.Name)
	if waits {
		sentence := fmt.Sprintf("%sfails: %s, %s", name, lastEnd(end), progress.Count(int(status.RestartCount), "restart"))
		return because(CrashLoop, sentence, next+" -c "+status.Name, said)
	}
	sentence := fmt.Sprintf("CockroachDB ends by itself: %s, %s", lastEnd(end), progress.Count(int(status.RestartCount), "restart"))
	return because(CrashLoop, sentence, next, said)
}

// startCause is for programs that did not run at all, or were ended from
// outside; the container runtime or the kernel says so.
func startCause(pod *corev1.Pod, end *corev1.ContainerStateTerminated, said progress.Evidence) *progress.Cause {
	started := end.Reason != "StartError" && end.Reason != "ContainerCannotRun"
	switch {
	case end.Reason == "OOMKilled":
		return because(OutOfMemory, "CockroachDB used more memory than its limit and was ended (exit code 137)", "crdb-kube up with more --memory", said)
	case strings.Contains(end.Message, "exec format error"):
		return because(ImageForOtherCPU, "image "+podImage(pod)+" is not for the node's processor",
			"crdb-kube up --image with an image for that platform; kubectl get nodes -L kubernetes.io/arch", said)
	case !started && containsAny(end.Message, "executable file not found", "no such file or directory", "permission denied"):
		return because(CommandNotFound, "image "+podImage(pod)+" does not have the program that the container is to run",
			"crdb-kube up --image with an image of CockroachDB; a --patch may have changed the command", said)
	}
	return nil
}

// longestReason is how much is shown of what a container waits for, in bytes.
const longestReason = 300

// reasonToWait is what the kubelet says of a container that waits for something
// of which nothing is known here; empty: it is just being made.
func reasonToWait(status corev1.ContainerStatus) string {
	waiting := status.State.Waiting
	if waiting == nil || slices.Contains([]string{"", "ContainerCreating", "PodInitializing"}, waiting.Reason) {
		return ""
	}
	text := waiting.Reason
	if waiting.Message != "" {
		text += ": " + waiting.Message
	}
	if len(text) > longestReason {
		text = strings.ToValidUTF8(text[:longestReason], "") + "…"
	}
	return text
}
