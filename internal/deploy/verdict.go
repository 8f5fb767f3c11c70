package deploy

import (
	"fmt"
	"strings"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// DefaultGrace is how long an unclear cause may stand before it ends the wait.
const DefaultGrace = 60 * time.Second

// verdict ends a wait early: at once for what only the user can change, after
// grace for what stays unclear. What was seen before the command began may have
// been mended since, and is unclear too until it is seen again. since remembers
// when a cause was first seen.
type verdict struct {
	grace time.Duration
	began time.Time
	since map[string]time.Time
}

// newVerdict is for a command that began then.
func newVerdict(grace time.Duration, began time.Time) *verdict {
	return &verdict{grace: grace, began: began, since: map[string]time.Time{}}
}

func (v *verdict) failure(r diagnose.Rollout, now time.Time) error {
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
		if v.over(cause, v.since[key], now) && worst == nil {
			worst = causeError(r, pod)
		}
	}
	for key := range v.since {
		// A pod that runs again has not recovered before it answers: it may
		// crash as it did before.
		name, _, _ := strings.Cut(key, " ")
		if !standing[key] && r.Count(func(p diagnose.Pod) bool { return p.Name == name && !p.Answering() }) == 0 {
			delete(v.since, key)
		}
	}
	if worst == nil {
		return nil
	}
	return worst
}

// over says whether a cause has stood long enough.
func (v *verdict) over(cause *progress.Cause, since, now time.Time) bool {
	stood := now.Sub(since) >= v.grace
	switch cause.Class {
	case progress.User:
		return stood || v.fresh(cause, now)
	case progress.Unclear:
		return stood
	case progress.Passing:
	}
	return false
}

// fresh says whether a cause was seen since the command began. Kubernetes tells
// the time of an event in whole seconds.
func (v *verdict) fresh(cause *progress.Cause, now time.Time) bool {
	return len(cause.Evidence) == 0 || cause.Evidence[0].Age <= now.Sub(v.began)+time.Second
}

// causeError says once what all pods with the same cause have.
func causeError(r diagnose.Rollout, first diagnose.Pod) *Error {
	cause := first.Cause
	same := r.Count(func(p diagnose.Pod) bool { return p.Cause != nil && p.Cause.ID == cause.ID })
	subject := "pod " + first.Name
	if same > 1 {
		subject = progress.Count(same, "pod")
	}
	e := &Error{Message: fmt.Sprintf("%s: %s (%s)", subject, cause.Sentence, cause.ID), Next: cause.Next, Cause: cause}
	for _, evidence := range cause.Evidence {
		e.Seen = append(e.Seen, evidence.String())
	}
	return e
}

// expired turns the end of a wait into an error that says what was missing.
func expired(err error, r diagnose.Rollout, finished func(diagnose.Pod) bool) error {
	e := &Error{Kind: TimedOut, Err: err}
	var late []diagnose.Pod
	for _, pod := range r.Pods {
		if finished(pod) {
			continue
		}
		late = append(late, pod)
		if pod.Cause != nil && e.Next == "" {
			e.Next, e.Cause = pod.Cause.Next, pod.Cause
		}
	}
	for _, group := range diagnose.Alike(late, diagnose.Pod.Why) {
		e.Seen = append(e.Seen, progress.And(group.Names)+" "+group.Text)
	}
	if e.Next == "" {
		e.Next = "crdb-kube status shows how it goes on; the same command again waits further, --timeout sets how long"
	}
	return e
}
