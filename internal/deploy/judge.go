package deploy

import (
	"fmt"
	"slices"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// youngPod is how long a pod may take before "starting" becomes "degraded".
const youngPod = 5 * time.Minute

// judge finds the condition and its problems, the worst first.
// absent are objects that should be there.
func (s *Status) judge(w kube.Workload, rollout Rollout, readings map[string]reading, absent []string) {
	if s.Deleting {
		s.Condition = Stopped
		if len(w.Pods) > 0 {
			s.Condition = Degraded
		}
		s.problem("an earlier crdb-kube down --delete-data was interrupted, and part of the data is gone", "crdb-kube down --delete-data finishes it")
		return
	}
	s.dangers()
	if w.StatefulSet == nil {
		s.stopped(w)
		return
	}
	for _, what := range absent {
		s.problem(what, "crdb-kube up makes it again")
	}
	young := false
	late := slices.DeleteFunc(slices.Clone(rollout.Pods), Pod.isReady)
	for _, group := range alike(late, podProblem) {
		noun := "pod "
		if len(group.names) > 1 {
			noun = "pods "
		}
		s.problem(noun+and(group.names)+": "+group.text, "")
	}
	if i := slices.IndexFunc(late, func(p Pod) bool { return p.Cause != nil }); i >= 0 && s.Next == "" {
		s.Next = late[i].Cause.Next
	}
	for _, pod := range late {
		if s.Next == "" {
			s.Next = podNext(pod)
		}
		young = young || (pod.Cause == nil && s.Seen.Sub(pod.Created) < youngPod)
	}
	if s.Unavailable.Value > 0 {
		s.problem(count(int(s.Unavailable.Value), "unavailable range")+": part of the data cannot be read now", "bring the missing nodes back")
	}
	if rollout.Count(Pod.isReady) == len(rollout.Pods) {
		if why := unhealthy(s.Cluster, readings); why != "" {
			s.problem(why, "the same command again in some seconds; kubectl logs of the pods if it stays")
		}
	}
	switch {
	case len(s.Problems) == 0:
		s.Condition = Healthy
	case young:
		s.Condition = Coming
	default:
		s.Condition = Degraded
	}
}

func (p Pod) isReady() bool { return p.Phase == Ready }

func (s *Status) problem(text, next string) {
	s.Problems = append(s.Problems, text)
	if s.Next == "" {
		s.Next = next
	}
}

// dangers are claims that go with the next restart of the pod that holds them.
func (s *Status) dangers() {
	for _, pod := range s.Pods {
		if pod.Claim == nil || pod.Claim.Deleting.IsZero() {
			continue
		}
		if pod.Claim.Retained {
			s.problem(fmt.Sprintf("claim %s is being deleted; its volume is our own and keeps the data", pod.Claim.Name), "crdb-kube down, then crdb-kube up binds it again")
		} else {
			s.problem(
				fmt.Sprintf("claim %s is being deleted: its data is lost when pod %s restarts", pod.Claim.Name, pod.Name),
				"back up the data now, while the pods run",
			)
		}
	}
}

// losses are pods whose data is gone, as far as claims tell it.
func (s *Status) losses(l lost) {
	if len(l.missing) > 0 {
		s.problem("no claim is left of "+and(l.missing)+": what it held is gone", "crdb-kube up makes the claim again; the pod starts empty and gets its data from the others")
	}
	if len(l.replaced) > 0 {
		s.problem("the data of "+and(l.replaced)+" was replaced: the claim was deleted, and made again empty with the pod", "crdb-kube up marks the new claim as the cluster's")
	}
}

// stopped is a cluster without a StatefulSet: its data waits for the next up.
func (s *Status) stopped(w kube.Workload) {
	s.Condition = Stopped
	running := 0
	for _, pod := range w.Pods {
		if pod.DeletionTimestamp == nil {
			running++
		}
	}
	switch {
	case running > 0:
		s.Condition = Degraded
		s.problem(fmt.Sprintf("statefulset/%s is gone, and %s without it", s.Cluster.Name, runs(running)), "crdb-kube up makes it again around them")
		return
	case len(w.Pods) > 0:
		s.problem(count(len(w.Pods), "pod")+" of it still stopping", "crdb-kube up starts it again with the data it has")
		return
	}
	s.Pods = nil
	s.problem("it is stopped", "crdb-kube up starts it with the data it has")
}

func runs(n int) string {
	if n == 1 {
		return "1 pod runs"
	}
	return fmt.Sprintf("%d pods run", n)
}

func podProblem(pod Pod) string {
	if pod.Cause != nil {
		return fmt.Sprintf("%s (%s)", pod.Cause.Sentence, pod.Cause.ID)
	}
	return pod.words()
}

func podNext(pod Pod) string {
	switch {
	case pod.Cause != nil:
		return pod.Cause.Next
	case pod.Phase == WaitingForInit:
		return "crdb-kube up initialises it"
	}
	return "crdb-kube up waits until it is ready, and says for what"
}
