package diagnose

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Wants are the clues that would tell more. Without any there is nothing to
// look up.
type Wants struct {
	// Logs are pods whose container's last lines may say why it is not ready.
	Logs []string
	// Nodes: the Kubernetes nodes; Room: also what is free on them.
	Nodes, Room Clue
	// Volumes are those of claims whose pods cannot be placed.
	Volumes []string
	// Pods are missing, and nobody said why: somebody else's may have the name.
	Pods []string
}

// Clue says whether something is worth looking up.
type Clue string

// Wanted is a clue that is worth its request.
const Wanted Clue = "wanted"

// None says that nothing is worth looking up.
func (w Wants) None() bool {
	return len(w.Logs) == 0 && w.Nodes == "" && len(w.Volumes) == 0 && len(w.Pods) == 0
}

// patience is how long a healthy pod may take for one step on its way.
const patience = 3 * time.Second

// Wants says what would explain the pods that do not go on. A pod that is on
// its way as healthy ones are needs no explanation.
func (s Scene) Wants(r Rollout) Wants {
	var w Wants
	for _, described := range r.Pods {
		if described.Phase == Ready || (described.Cause != nil && described.Cause.Class == progress.User) {
			continue
		}
		i := slices.IndexFunc(s.Workload.Pods, func(pod *corev1.Pod) bool { return pod.Name == described.Name })
		switch {
		case i >= 0:
			s.wants(&w, s.Workload.Pods[i], described.Phase)
		case described.Cause == nil && s.setIsOld():
			w.Pods = append(w.Pods, described.Name)
		}
	}
	return w
}

// wants adds what would explain a pod that is there.
func (s Scene) wants(w *Wants, pod *corev1.Pod, phase Phase) {
	switch phase {
	case Unschedulable:
		w.Nodes, w.Room = Wanted, Wanted
		for _, claim := range s.claims(pod) {
			w.Volumes = append(w.Volumes, claim.Spec.VolumeName)
		}
	case Terminating:
		if s.told(pod) >= lateEnd {
			w.Nodes = Wanted
		}
	case Starting, Joining:
		if s.running(pod.Name, patience) {
			w.Logs = append(w.Logs, pod.Name)
			w.Nodes = Wanted
		}
	case Scheduled:
		if s.age(pod.CreationTimestamp.Time) >= patience {
			w.Nodes = Wanted
		}
	case Missing, WaitingForVolume, Pulling, CannotPull, WaitingForInit, Ready, Crashing, Outdated:
	}
}

// running says whether the database's container of a pod runs that long.
func (s Scene) running(name string, long time.Duration) bool {
	return slices.ContainsFunc(s.Workload.Pods, func(pod *corev1.Pod) bool {
		state := database(pod).State.Running
		return pod.Name == name && state != nil && s.age(state.StartedAt.Time) >= long
	})
}

// setIsOld says whether there was time to make all pods.
func (s Scene) setIsOld() bool {
	set := s.Workload.StatefulSet
	return set != nil && s.age(set.CreationTimestamp.Time) >= patience
}
