package deploy

import "github.com/crdb-kube/crdb-kube/internal/progress"

// Kind tells apart the ways in which a verb ends without doing what was asked.
type Kind int

const (
	// Failed: it was tried and did not work, or cannot work as things are.
	Failed Kind = iota
	// Refused: going on would have destroyed or taken over something.
	Refused
	// TimedOut: the deadline came before the end.
	TimedOut
	// Absent: the cluster that was asked about does not exist.
	Absent
)

// Error is how a verb ends badly: one line that names the thing, what was
// seen, and what to do next.
type Error struct {
	Kind    Kind
	Message string
	// Seen holds lines of evidence, the most telling first.
	Seen []string
	// Next is a command to type or one sentence; empty where there is nothing to do.
	Next  string
	Cause *progress.Cause
	// Err is what lies underneath, for errors.Is and errors.As.
	Err error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	if e.Message == "" {
		return e.Err.Error()
	}
	return e.Message + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }
