package progress

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// board is what is known of the steps that run now, gathered from the events.
type board struct {
	// running are in the order in which they began; as a rule there is one.
	running []*stepView
	// ended holds the names of the steps that are over, so that a late word
	// about a pod does not bring one back.
	ended map[string]bool
}

// stepView is one running step.
type stepView struct {
	name, message string
	began         time.Time
	subjects      []*subjectView
}

// subjectView is one pod, or other object, that a running step waits for.
type subjectView struct {
	name, phase string
	state       State
	since       time.Time
}

func newBoard() *board { return &board{ended: map[string]bool{}} }

// apply takes an event in and returns the step it ended, if it ended one.
func (b *board) apply(e Event) *stepView {
	if e.Step == "" || e.State == Plan || e.State == Note {
		return nil
	}
	if e.Subject != "" {
		b.applySubject(e)
		return nil
	}
	if e.State == Running {
		delete(b.ended, e.Step)
		b.step(e).message = phrase(e)
		return nil
	}
	if e.State != Done && e.State != Skipped && e.State != Failed {
		return nil
	}
	s := b.step(e)
	s.message = phrase(e)
	b.running = slices.DeleteFunc(b.running, func(other *stepView) bool { return other == s })
	b.ended[e.Step] = true
	return s
}

func (b *board) applySubject(e Event) {
	if e.State == Removed {
		b.drop(e)
		return
	}
	if b.ended[e.Step] || e.State.aboutObject() {
		return
	}
	s := b.step(e)
	i := slices.IndexFunc(s.subjects, func(v *subjectView) bool { return v.name == e.Subject })
	if i < 0 {
		i = len(s.subjects)
		s.subjects = append(s.subjects, &subjectView{name: e.Subject, since: e.Time})
	}
	v := s.subjects[i]
	if phase := phrase(e); v.phase != phase || v.state != e.State {
		v.phase, v.state = phase, e.State
		v.since = e.Time
	}
	slices.SortStableFunc(s.subjects, func(a, b *subjectView) int { return naturally(a.name, b.name) })
}

// drop forgets a subject that is gone.
func (b *board) drop(e Event) {
	if s := b.find(e.Step); s != nil {
		s.subjects = slices.DeleteFunc(s.subjects, func(v *subjectView) bool { return v.name == e.Subject })
	}
}

// find is the running step of that name; nil: it does not run.
func (b *board) find(name string) *stepView {
	for _, s := range b.running {
		if s.name == name {
			return s
		}
	}
	return nil
}

// step finds the running step of the event, or begins it.
func (b *board) step(e Event) *stepView {
	if s := b.find(e.Step); s != nil {
		return s
	}
	s := &stepView{name: e.Step, began: e.Time.Add(-e.Elapsed)}
	b.running = append(b.running, s)
	return s
}

// awaited says whether the step still waits for it.
func (v *subjectView) awaited() bool {
	return v.state != Ready && v.state != Done && v.state != Skipped
}

// awaits says what the step waits for: its own words, then its subjects that
// are not there yet, the first three by name.
func (s *stepView) awaits() string {
	var parts []string
	if s.message != "" {
		parts = append(parts, s.message)
	}
	missing := 0
	for _, v := range s.subjects {
		if !v.awaited() {
			continue
		}
		if missing++; missing <= 3 {
			parts = append(parts, strings.TrimSpace(v.name+" "+v.phase))
		}
	}
	if missing > 3 {
		parts = append(parts, fmt.Sprintf("%d more", missing-3))
	}
	return strings.Join(parts, " · ")
}

// cleanNames is the event with names that are safe to show. Its texts are
// cleaned by phrase.
func cleanNames(e Event) Event {
	e.Step, e.Subject = Clean(e.Step), Clean(e.Subject)
	return e
}

// phrase is what an event says, cleaned: its message, or what can be said
// without one, with the ID of its cause.
func phrase(e Event) string {
	text := Clean(e.Message)
	if e.Cause != nil {
		id := Clean(e.Cause.ID)
		switch {
		case text == "" && e.Cause.Sentence != "":
			text = Clean(e.Cause.Sentence) + " (" + id + ")"
		case text == "":
			text = id
		case !strings.Contains(text, id):
			text += ": " + id
		}
	}
	switch {
	case text != "":
		return text
	case e.Total > 0:
		return fmt.Sprintf("%d of %d", e.Done, e.Total)
	case e.Subject != "" && e.State != Running:
		return string(e.State)
	}
	return ""
}

// naturally orders names as people count: cockroachdb-9 before cockroachdb-10.
func naturally(a, b string) int {
	headA, digitsA := splitNumber(a)
	headB, digitsB := splitNumber(b)
	return cmp.Or(
		strings.Compare(headA, headB),
		cmp.Compare(len(digitsA), len(digitsB)),
		strings.Compare(digitsA, digitsB),
	)
}

// splitNumber parts a name from the digits at its end.
func splitNumber(name string) (head, digits string) {
	head = strings.TrimRight(name, "0123456789")
	return head, strings.TrimLeft(name[len(head):], "0")
}
