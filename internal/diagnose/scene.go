package diagnose

import (
	"iter"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Scene is everything that is known at one moment.
type Scene struct {
	// Cluster is what there should be.
	Cluster cockroach.Cluster
	// Workload is what there is.
	Workload kube.Workload
	// Said is what the pods said of themselves, by name.
	Said map[string]Word
	Clues
	// Now is the server's time.
	Now time.Time

	// byObject are the events by what they are about; nil: they are searched.
	byObject map[types.UID][]*corev1.Event
}

// Clues are what is looked up only when something does not go on. Each may be
// missing: not every user may read everything.
type Clues struct {
	// Logs are the last lines of containers that run and are not ready, by pod.
	Logs map[string]string
	// Nodes are the Kubernetes nodes by name; nil: they are not known.
	Nodes map[string]*corev1.Node
	// Machines are the nodes with what is free on them; none: it is not known.
	Machines []cockroach.Machine
	// Volumes are those of claims whose pods cannot be placed, by name.
	Volumes map[string]*corev1.PersistentVolume
	// Pods are those that stand under the names of missing ones, by name.
	Pods map[string]*corev1.Pod
}

// claims are those that a pod mounts, as far as they are the cluster's.
func (s Scene) claims(pod *corev1.Pod) []*corev1.PersistentVolumeClaim {
	var mounted []*corev1.PersistentVolumeClaim
	for _, volume := range pod.Spec.Volumes {
		if source := volume.PersistentVolumeClaim; source != nil {
			mounted = append(mounted, s.claim(source.ClaimName)...)
		}
	}
	return mounted
}

// claim is the claim of this name, or none.
func (s Scene) claim(name string) []*corev1.PersistentVolumeClaim {
	i := slices.IndexFunc(s.Workload.Claims, func(claim *corev1.PersistentVolumeClaim) bool { return claim.Name == name })
	if i < 0 {
		return nil
	}
	return s.Workload.Claims[i : i+1]
}

// sorted is the scene with its events sorted by what they are about.
func (s Scene) sorted() Scene {
	s.byObject = map[types.UID][]*corev1.Event{}
	for _, event := range s.Workload.Events {
		uid := event.InvolvedObject.UID
		s.byObject[uid] = append(s.byObject[uid], event)
	}
	return s
}

// about are the events about one object, the latest first.
func (s Scene) about(uid types.UID) iter.Seq[*corev1.Event] {
	events := s.Workload.Events
	if s.byObject != nil {
		events = s.byObject[uid]
	}
	return func(yield func(*corev1.Event) bool) {
		for _, event := range slices.Backward(events) {
			if event.InvolvedObject.UID == uid && !yield(event) {
				return
			}
		}
	}
}

// latest is the latest event about an object with one of these reasons; nil:
// there is none.
func (s Scene) latest(uid types.UID, reasons ...string) *corev1.Event {
	for event := range s.about(uid) {
		if slices.Contains(reasons, event.Reason) {
			return event
		}
	}
	return nil
}

// evidence is what an event says, with its age.
func (s Scene) evidence(event *corev1.Event, where string) progress.Evidence {
	return progress.Evidence{Text: event.Message, Where: where, Age: s.age(kube.EventTime(event))}
}

// age is how long ago something was; 0: unknown, or it is still to come.
func (s Scene) age(then time.Time) time.Duration {
	if then.IsZero() || s.Now.IsZero() {
		return 0
	}
	return max(s.Now.Sub(then), 0)
}
