package deploy

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// The causes that are told apart.
const (
	ImageNotFound    = "IMAGE_NOT_FOUND"
	ImagePullFailed  = "IMAGE_PULL_FAILED"
	CrashLoop        = "CRASH_LOOP"
	NoRoom           = "UNSCHEDULABLE"
	StoreNotWritable = "STORE_NOT_WRITABLE"
)

func pullCause(pod *corev1.Pod, status corev1.ContainerStatus, events []*corev1.Event, image string) *progress.Cause {
	text := status.State.Waiting.Message
	for _, event := range events {
		if event.InvolvedObject.UID == pod.UID && event.Reason == "Failed" && strings.Contains(event.Message, "pull") {
			text = event.Message
		}
	}
	cause := &progress.Cause{
		ID:       ImagePullFailed,
		Class:    progress.Unclear,
		Sentence: "cannot pull image " + image,
		Evidence: []progress.Evidence{{Text: text, Where: "pod " + pod.Name + ", node " + pod.Spec.NodeName}},
		Next:     "look whether node " + pod.Spec.NodeName + " can reach the image's registry",
	}
	missing := strings.Contains(text, "not found") || strings.Contains(text, "manifest unknown") || strings.Contains(text, "does not exist")
	reached := !strings.Contains(text, "no such host") && !strings.Contains(text, "dial tcp")
	if status.State.Waiting.Reason == "InvalidImageName" || (missing && reached) {
		cause.ID, cause.Class = ImageNotFound, progress.User
		cause.Sentence = "cannot pull image " + image + ": not found in its registry"
		cause.Next = "crdb-kube up --image with an image that exists"
	}
	return cause
}

// crashCause is unclear: a pod that ends once may come up the next time. But a
// directory that it may not write to does not change by itself. A container that
// has not ended yet has none.
func crashCause(pod *corev1.Pod, status corev1.ContainerStatus, c cockroach.Cluster) *progress.Cause {
	if status.State.Terminated == nil && status.LastTerminationState.Terminated == nil {
		return nil
	}
	if said := lastWords(status); cockroach.NotWritable(said) {
		return notWritable(pod, said, c)
	}
	cause := &progress.Cause{
		ID:       CrashLoop,
		Class:    progress.Unclear,
		Sentence: fmt.Sprintf("CockroachDB ends by itself: %s, %s", lastEnd(status), count(int(status.RestartCount), "restart")),
		Evidence: []progress.Evidence{{Text: lastWords(status), Where: "pod " + pod.Name + ", node " + pod.Spec.NodeName}},
		Next:     fmt.Sprintf("kubectl logs -n %s %s --previous", pod.Namespace, pod.Name),
	}
	if _, name, waits := holdingUp(pod); waits {
		cause.Sentence = fmt.Sprintf("%sfails: %s, %s", name, lastEnd(status), count(int(status.RestartCount), "restart"))
		cause.Next += " -c " + status.Name
	}
	return cause
}

// notWritable is for volumes whose directories belong to root, by provisioners
// that leave it at that, minikube's on several nodes among them.
func notWritable(pod *corev1.Pod, said string, c cockroach.Cluster) *progress.Cause {
	cause := &progress.Cause{
		ID:       StoreNotWritable,
		Class:    progress.User,
		Sentence: "CockroachDB, as user 1000, may not write to its volume " + describeVolume(c),
		Evidence: []progress.Evidence{{Text: said, Where: "pod " + pod.Name + ", node " + pod.Spec.NodeName}},
		Next:     "make the volume's directory writable for user 1000 on its node",
	}
	if c.ClusterID == "" {
		cause.Next = "crdb-kube up --fresh --host-path " + localHostPath + " keeps the data on volumes of our own instead"
	}
	return cause
}

func describeVolume(c cockroach.Cluster) string {
	if c.StorageClass == "" {
		return "under " + c.HostPath
	}
	return "of class " + c.StorageClass
}

// lastWords is the most telling line that the container or the runtime left to
// be read, else how it ended. A container that could not be started has no log
// to look into.
func lastWords(status corev1.ContainerStatus) string {
	end := status.State.Terminated
	if end == nil {
		end = status.LastTerminationState.Terminated
	}
	if said := cockroach.LastWords(end.Message); said != "" {
		return said
	}
	return lastEnd(status)
}

// unschedulableCause is passing: a node may come, or room may be made.
func unschedulableCause(p Pod) *progress.Cause {
	if p.Phase != Unschedulable {
		return nil
	}
	return &progress.Cause{
		ID:       NoRoom,
		Class:    progress.Passing,
		Sentence: "no node takes the pod",
		Evidence: []progress.Evidence{{Text: p.Detail, Where: "scheduler, about pod " + p.Name}},
		Next:     "make room or add a node; crdb-kube down, then crdb-kube up with a smaller --cpu or --memory",
	}
}

// verdict ends a wait early: at once for what only the user can change, after
// grace for what stays unclear. since remembers when a cause was first seen.
type verdict struct {
	grace time.Duration
	since map[string]time.Time
}

func newVerdict() *verdict {
	return &verdict{grace: Grace, since: map[string]time.Time{}}
}

func (v *verdict) failure(r Rollout, now time.Time) error {
	var worst *Error
	standing := map[string]bool{}
	for _, pod := range r.Pods {
		cause := pod.Cause
		if cause == nil {
			continue
		}
		key := pod.Name + " " + cause.ID
		standing[key] = true
		if v.since[key].IsZero() {
			v.since[key] = now
		}
		over := cause.Class == progress.User || (cause.Class == progress.Unclear && now.Sub(v.since[key]) >= v.grace)
		if over && worst == nil {
			worst = causeError(r, pod)
		}
	}
	for key := range v.since {
		// A pod that runs again has not recovered before it answers: it may
		// crash as it did before.
		name, _, _ := strings.Cut(key, " ")
		if !standing[key] && r.Count(func(p Pod) bool { return p.Name == name && !p.Answering() }) == 0 {
			delete(v.since, key)
		}
	}
	if worst == nil {
		return nil
	}
	return worst
}

// causeError says once what all pods with the same cause have.
func causeError(r Rollout, first Pod) *Error {
	cause := first.Cause
	same := r.Count(func(p Pod) bool { return p.Cause != nil && p.Cause.ID == cause.ID })
	subject := "pod " + first.Name
	if same > 1 {
		subject = count(same, "pod")
	}
	e := &Error{Message: fmt.Sprintf("%s: %s (%s)", subject, cause.Sentence, cause.ID), Next: cause.Next, Cause: cause}
	for _, evidence := range cause.Evidence {
		e.Seen = append(e.Seen, evidence.Text+"   ("+evidence.Where+")")
	}
	return e
}

// expired turns the end of a wait into an error that says what was missing.
func expired(err error, r Rollout, finished func(Pod) bool) error {
	e := &Error{Kind: TimedOut, Err: err}
	var late []Pod
	for _, pod := range r.Pods {
		if finished(pod) {
			continue
		}
		late = append(late, pod)
		if pod.Cause != nil && e.Next == "" {
			e.Next, e.Cause = pod.Cause.Next, pod.Cause
		}
	}
	for _, group := range alike(late, Pod.words) {
		e.Seen = append(e.Seen, and(group.names)+" "+group.text)
	}
	if e.Next == "" {
		e.Next = "crdb-kube status shows how it goes on; the same command again waits further, --timeout sets how long"
	}
	return e
}
