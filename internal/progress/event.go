package progress

import "time"

// State says what an event reports.
type State string

// States of a command, a step, or one pod of a step.
const (
	// Plan is the headline: what the command is about to do. Its Step is "".
	Plan State = "plan"
	// Running: the step, or its subject, is under way; Message says what it waits for.
	Running State = "running"
	// Done: it ended well.
	Done State = "done"
	// Skipped: there was nothing to do.
	Skipped State = "skipped"
	// Failed: it ended badly; the error that the command ends with says more.
	Failed State = "failed"
	// Note is worth knowing and ends nothing.
	Note State = "note"
	// Ready: this one pod needs no more waiting.
	Ready State = "ready"
)

// States of one Kubernetes object.
const (
	// Created: it did not exist before.
	Created State = "created"
	// Configured: it existed and was changed.
	Configured State = "configured"
	// Unchanged: it existed and was as wanted.
	Unchanged State = "unchanged"
	// Removed: it is gone.
	Removed State = "removed"
	// Kept: it stays, on purpose.
	Kept State = "kept"
)

// Event is one change in what a command does.
//
// With a Step and no Subject it is about the step as a whole. With a Subject
// such as "pod/cockroachdb-0" it is about that one thing within the step.
type Event struct {
	// Time is when it was seen; the zero time means now.
	Time time.Time
	// Step is the name of the step, one short word; "" for the whole command.
	Step string
	// Subject is kind/name of one object; "" for the step itself.
	Subject string
	State   State
	// Message is one line without the names of step and subject.
	Message string
	// Cause says why it is stuck or failed, where that is known.
	Cause *Cause
	// Done of Total parts are finished; Total 0 means that nothing is counted.
	Done, Total int
	// Elapsed is how long the step has taken so far; 0 means not measured.
	Elapsed time.Duration
}

// Class says who can end the trouble, and so how long to wait for it.
type Class string

// Classes of causes.
const (
	// Passing ends by itself: it is shown, and waited for.
	Passing Class = "passing"
	// User ends only when the user does something: the command fails at once.
	User Class = "user"
	// Unclear may be either: the command fails after a grace time.
	Unclear Class = "unclear"
)

// Cause is why something does not go on.
type Cause struct {
	// ID is stable and in capitals, such as IMAGE_NOT_FOUND.
	ID    string
	Class Class
	// Sentence says it in one line.
	Sentence string
	// Evidence is what it was concluded from, the most telling first.
	Evidence []Evidence
	// Next is the command to type next.
	Next string
}

// Evidence is one thing that was seen.
type Evidence struct {
	Text string
	// Where it was seen: "event of cockroachdb-0".
	Where string
	// Age is how long ago it was seen; 0 means unknown.
	Age time.Duration
}

// String is the text with its origin and age behind it:
// `image not found   (event of cockroachdb-0, 2s ago)`.
func (e Evidence) String() string {
	origin := e.Where
	if e.Age > 0 {
		if origin != "" {
			origin += ", "
		}
		origin += Age(e.Age) + " ago"
	}
	switch {
	case origin == "":
		return e.Text
	case e.Text == "":
		return "(" + origin + ")"
	}
	return e.Text + "   (" + origin + ")"
}

// aboutObject says whether the state is that of a Kubernetes object, which
// is counted in the step's message and shown singly only as JSON.
func (s State) aboutObject() bool {
	switch s {
	case Created, Configured, Unchanged, Removed, Kept:
		return true
	case Plan, Running, Done, Skipped, Failed, Note, Ready:
		return false
	}
	return false
}
