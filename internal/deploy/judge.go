package deploy

import (
	"fmt"
	"slices"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// youngPod is how long a pod may take before "starting" becomes "degraded".
const youngPod = 5 * time.Minute

// judge finds the condition and its problems, the worst first.
// absent are objects that should be there.
func (s *Status) judge(w kube.Workload, rollout diagnose.Rollout, readings map[string]reading, absent []string) {
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
	young := s.judgePods(slices.DeleteFunc(slices.Clone(rollout.Pods), diagnose.Pod.IsReady))
	if len(w.Pods) > s.Cluster.Nodes {
		s.found(diagnose.Rescaled(w.StatefulSet, s.Cluster.Nodes), nil)
	}
	if s.Unavailable.Value > 0 {
		s.problem(progress.Count(int(s.Unavailable.Value), "unavailable range")+": part of the data cannot be read now", "bring the missing nodes back")
	}
	s.unfinished(w)
	if rollout.Count(diagnose.Pod.IsReady) == len(rollout.Pods) {
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

// nextOf is what to do about the first such cause.
func (s *Status) nextOf(late []diagnose.Pod, such func(*progress.Cause) bool) {
	i := slices.IndexFunc(late, func(p diagnose.Pod) bool { return p.Cause != nil && such(p.Cause) })
	if s.Next == "" && i >= 0 {
		s.Next = late[i].Cause.Next
	}
}

// judgePods says once what pods that are not ready have in common. young: some
// may only need more time.
func (s *Status) judgePods(late []diagnose.Pod) (young bool) {
	for _, group := range diagnose.Alike(late, podProblem) {
		noun := "pod "
		if len(group.Names) > 1 {
			noun = "pods "
		}
		text := noun + group.Who() + ": " + group.Text
		s.problem(text, "")
		first := late[slices.IndexFunc(late, func(p diagnose.Pod) bool { return p.Name == group.Names[0] })]
		if first.Cause == nil {
			continue
		}
		s.Causes = append(s.Causes, Finding{first.Cause, group.Names, text})
	}
	s.nextOf(late, func(c *progress.Cause) bool { return c.Class != progress.Passing })
	s.nextOf(late, func(*progress.Cause) bool { return true })
	for _, pod := range late {
		if s.Next == "" {
			s.Next = podNext(pod)
		}
		young = young || (pod.Cause == nil && s.Seen.Sub(pod.Created) < youngPod)
	}
	return young
}

func (s *Status) problem(text, next string) {
	s.Problems = append(s.Problems, text)
	if s.Next == "" {
		s.Next = next
	}
}

// found is a problem of which the cause is known; nil: there is none.
func (s *Status) found(cause *progress.Cause, pods []string) {
	if cause == nil {
		return
	}
	text := fmt.Sprintf("%s (%s)", cause.Sentence, cause.ID)
	s.Causes = append(s.Causes, Finding{cause, pods, text})
	s.problem(text, cause.Next)
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
			s.found(diagnose.Deleting(pod.Claim.Name, pod.Name, pod.Claim.Deleting, s.Seen), []string{pod.Name})
		}
	}
}

// losses are pods whose data is gone, as far as claims tell it.
func (s *Status) losses(l lost) {
	if len(l.missing) > 0 {
		s.problem("no claim is left of "+progress.And(l.missing)+": what it held is gone", "crdb-kube up makes the claim again; the pod starts empty and gets its data from the others")
	}
	if len(l.replaced) > 0 {
		s.found(diagnose.Replaced(l.replaced), l.replaced)
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
		s.problem(progress.Count(len(w.Pods), "pod")+" of it still stopping", "crdb-kube up starts it again with the data it has")
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

func podProblem(pod diagnose.Pod) string {
	if pod.Cause != nil {
		return fmt.Sprintf("%s (%s)", pod.Cause.Sentence, pod.Cause.ID)
	}
	return pod.Words()
}

func podNext(pod diagnose.Pod) string {
	switch {
	case pod.Cause != nil:
		return pod.Cause.Next
	case pod.Phase == diagnose.WaitingForInit:
		return "crdb-kube up initialises it"
	}
	return "crdb-kube up waits until it is ready, and says for what"
}
