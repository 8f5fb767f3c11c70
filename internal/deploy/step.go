package deploy

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// reporter turns what a verb does into events. It drops a subject's event
// when it says what the last one said, so that looking again says nothing.
type reporter struct {
	send  func(progress.Event)
	now   func() time.Time
	step  string
	began time.Time

	mu   sync.Mutex // objects are reported from several goroutines
	last map[string]progress.Event
}

func newReporter(send func(progress.Event), now func() time.Time) *reporter {
	return &reporter{send: send, now: now, last: map[string]progress.Event{}}
}

func (r *reporter) emit(e progress.Event) {
	e.Time = r.now()
	e.Step = r.step
	if r.step != "" {
		e.Elapsed = e.Time.Sub(r.began)
	}
	key := e.Step + " " + e.Subject
	r.mu.Lock()
	defer r.mu.Unlock()
	before, seen := r.last[key]
	if seen && before.State == e.State && before.Message == e.Message && before.Done == e.Done && before.Total == e.Total {
		return
	}
	r.last[key] = e
	r.send(e)
}

// told says whether anything was said of the subject in this step.
func (r *reporter) told(subject string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.last[r.step+" "+subject]
	return ok
}

// headline says what the command is about to do, before its first step.
func (r *reporter) headline(text string) {
	r.send(progress.Event{Time: r.now(), State: progress.Plan, Message: text})
}

// note says something worth knowing that changes nothing.
func (r *reporter) note(format string, args ...any) {
	r.mu.Lock() // so that no two are sent at once
	defer r.mu.Unlock()
	r.send(progress.Event{Time: r.now(), Step: r.step, State: progress.Note, Message: fmt.Sprintf(format, args...)})
}

// waiting says what the step waits for now.
func (r *reporter) waiting(finished, total int, format string, args ...any) {
	r.emit(progress.Event{State: progress.Running, Message: fmt.Sprintf(format, args...), Done: finished, Total: total})
}

// object says what became of one object.
func (r *reporter) object(ref kube.Ref, state progress.State) {
	r.emit(progress.Event{Subject: ref.String(), State: state})
}

// ending is how a step ended well.
type ending struct {
	state   progress.State
	message string
}

func done(format string, args ...any) ending {
	return ending{progress.Done, fmt.Sprintf(format, args...)}
}

func skipped(format string, args ...any) ending {
	return ending{progress.Skipped, fmt.Sprintf(format, args...)}
}

// step is one part of a verb: it works or waits, and says how it ended.
type step struct {
	name string
	run  func(ctx context.Context) (ending, error)
}

func (r *reporter) run(ctx context.Context, s step) error {
	r.step, r.began = s.name, r.now()
	r.emit(progress.Event{State: progress.Running})
	end, err := s.run(ctx)
	if err != nil {
		r.emit(progress.Event{State: progress.Failed, Message: firstLine(err)})
		return err
	}
	r.emit(progress.Event{State: end.state, Message: end.message})
	r.step = ""
	return nil
}

// runAll runs the steps in order and stops at the first that fails.
func (r *reporter) runAll(ctx context.Context, steps []step) error {
	for _, s := range steps {
		if err := r.run(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// runGroups runs groups of steps, each asked for when those before have ended.
func (r *reporter) runGroups(ctx context.Context, groups ...func() []step) error {
	for _, group := range groups {
		if err := r.runAll(ctx, group()); err != nil {
			return err
		}
	}
	return nil
}
