package progress

import (
	"testing"
	"testing/synctest"
	"time"
)

// moment is an event, or with look set a pause to look at the screen, some
// time after the one before it.
type moment struct {
	after time.Duration
	event Event
	look  bool
}

func at(after time.Duration, e Event) moment { return moment{after: after, event: e} }

func look(after time.Duration) moment { return moment{after: after, look: true} }

func said(step string, state State, message string) Event {
	return Event{Step: step, State: state, Message: message}
}

func counted(step string, done, total int, message string) Event {
	return Event{Step: step, State: Running, Message: message, Done: done, Total: total}
}

func pod(step, name string, state State, message string) Event {
	return Event{Step: step, Subject: "pod/" + name, State: state, Message: message}
}

// start is 14:02:11 on some day: the clock in a synctest bubble always begins
// at the same midnight.
const start = 14*time.Hour + 2*time.Minute + 11*time.Second

// utc is the clock of the tests, independent of where they run.
func utc() time.Time { return time.Now().UTC() }

// play reports the moments to p on the bubble's clock, and calls see at each look.
func play(p *Printer, moments []moment, see func()) {
	for _, m := range moments {
		<-time.After(m.after)
		synctest.Wait()
		if m.look {
			see()
			continue
		}
		p.Report(m.event)
	}
}

// bubble runs f at 14:02:11 on a clock that only waiting moves.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(start)
		f(t)
	})
}

const ms = time.Millisecond

// goingWell is `up` on an empty minikube.
func goingWell() []moment {
	object := func(name string, state State) moment {
		return at(0, Event{Step: "apply", Subject: name, State: state})
	}
	return []moment{
		at(0, Event{State: Plan, Message: "minikube · namespace default · cluster cockroachdb: 3 pods, v26.2.5, TLS"}),
		at(0, said("check", Running, "")),
		at(130*ms, said("check", Done, "Kubernetes v1.36.2, 1 node, class standard binds at once")),
		at(0, said("cleanup", Running, "")),
		at(20*ms, said("cleanup", Skipped, "nothing left from before")),
		at(0, said("storage", Running, "")),
		at(50*ms, said("storage", Done, "3 claims of 10Gi")),
		at(0, said("apply", Running, "")),
		object("service/cockroachdb", Created),
		object("statefulset/cockroachdb", Created),
		at(200*ms, said("apply", Done, "11 objects created")),
		at(0, counted("start", 0, 3, "0 of 3 pods")),
		at(0, pod("start", "cockroachdb-0", Running, "pulling cockroachdb/cockroach:v26.2.5")),
		at(0, pod("start", "cockroachdb-1", Running, "starting")),
		at(0, pod("start", "cockroachdb-2", Running, "starting")),
		look(1250 * ms),
		at(150*ms, said("start", Done, "3 of 3 pods answer")),
		at(0, said("init", Running, "")),
		at(20*ms, said("init", Done, "cluster 63dcc5b7")),
		at(0, counted("ready", 0, 3, "0 of 3 pods")),
		at(0, pod("ready", "cockroachdb-2", Running, "joining")),
		at(0, pod("ready", "cockroachdb-1", Ready, "")),
		at(90*ms, pod("ready", "cockroachdb-0", Ready, "")),
		at(0, counted("ready", 2, 3, "2 of 3 pods")),
		look(2050 * ms),
		at(0, pod("ready", "cockroachdb-2", Ready, "")),
		at(0, said("ready", Done, "3 of 3 pods, 3 CockroachDB nodes live, 0 ranges unavailable")),
		at(0, Event{State: Note, Message: "no licence: from 2026-11-29 at most 5 transactions at once; --license-file, or --nodes 1"}),
		look(0),
	}
}

// goingWrong is `up` with an image that does not exist.
func goingWrong() []moment {
	missing := &Cause{
		ID: "IMAGE_NOT_FOUND", Class: User,
		Sentence: "3 pods cannot pull image cockroachdb/cockroach:v99: not found in its registry",
		Evidence: []Evidence{{Text: `Failed to pull image "cockroachdb/cockroach:v99": not found`, Where: "event of cockroachdb-0", Age: 2 * time.Second}},
		Next:     "crdb-kube up --image cockroachdb/cockroach:v26.2.5",
	}
	return []moment{
		at(0, said("check", Running, "")),
		at(0, said("check", Done, "Kubernetes v1.36.2, 1 node, class standard binds at once")),
		at(0, said("cleanup", Skipped, "nothing left from before")),
		at(0, said("storage", Done, "3 claims of 10Gi")),
		at(0, said("apply", Done, "11 objects created")),
		at(time.Second, said("start", Running, "")),
		at(0, pod("start", "cockroachdb-0", Running, "pulling cockroachdb/cockroach:v99")),
		at(0, pod("start", "cockroachdb-1", Running, "pulling cockroachdb/cockroach:v99")),
		at(0, pod("start", "cockroachdb-1", Running, "pulling cockroachdb/cockroach:v99")),
		at(0, pod("start", "cockroachdb-2", Running, "pulling cockroachdb/cockroach:v99")),
		look(2 * time.Second),
		at(time.Second, Event{Step: "start", Subject: "pod/cockroachdb-0", State: Failed, Message: "cannot pull", Cause: missing}),
		at(0, Event{Step: "start", State: Failed, Message: "3 pods cannot pull image cockroachdb/cockroach:v99 (IMAGE_NOT_FOUND)", Cause: missing, Elapsed: 3 * time.Second}),
		look(0),
	}
}
