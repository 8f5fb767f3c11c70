package progress

import (
	"io"
	"reflect"
	"strings"
	"time"
)

// End is how a command ended: the last of the JSON lines. A stream without it
// was cut off.
type End struct {
	ExitCode int
	// Message is what it did, or why it did not.
	Message string
	// Seen holds lines of evidence, the most telling first.
	Seen []string
	// Next is what to do next; "": nothing has to be done.
	Next string
	// Cause is why it failed, where that is known.
	Cause *Cause
}

// The states of lines that are no events.
type (
	endState string
	logState string
)

const (
	ended  endState = "end"
	logged logState = "log"
)

type endJSON struct {
	SchemaVersion int        `json:"schemaVersion" jsonschema:"raised when a field changes its meaning or goes away, not for a new one"`
	Time          time.Time  `json:"time" jsonschema:"when the command ended, in UTC, up to nanoseconds"`
	State         endState   `json:"state" jsonschema:"this is the last line"`
	ExitCode      int        `json:"exitCode" jsonschema:"the exit code of the process, as docs/exit-codes.md has it"`
	Message       string     `json:"message,omitempty" jsonschema:"what it did, or why it did not, in one line for people: its words change"`
	Seen          []string   `json:"seen,omitempty" jsonschema:"lines of evidence, the most telling first"`
	Next          string     `json:"next,omitempty" jsonschema:"what to do next; absent: nothing has to be done"`
	Cause         *causeJSON `json:"cause,omitempty" jsonschema:"why it failed, where that is known"`
}

type logJSON struct {
	SchemaVersion int       `json:"schemaVersion" jsonschema:"raised when a field changes its meaning or goes away, not for a new one"`
	Time          time.Time `json:"time" jsonschema:"when it was written, in UTC, up to nanoseconds"`
	State         logState  `json:"state" jsonschema:"this line is no event"`
	Message       string    `json:"message" jsonschema:"one line of text, such as those of the requests that -v asks for"`
}

// Write prints the end as one JSON line.
func (e End) Write(w io.Writer, at time.Time) error {
	out := endJSON{
		SchemaVersion: SchemaVersion,
		Time:          at.UTC(),
		State:         ended,
		ExitCode:      e.ExitCode,
		Message:       e.Message,
		Seen:          e.Seen,
		Next:          e.Next,
	}
	if e.Cause != nil {
		out.Cause = e.Cause.json()
	}
	return writeJSON(w, out)
}

// Lines are the types of the JSON lines, for their schema.
func Lines() []reflect.Type {
	return []reflect.Type{reflect.TypeFor[eventJSON](), reflect.TypeFor[endJSON](), reflect.TypeFor[logJSON]()}
}

// Beside is the writer for text that is no event and goes to the same stream,
// such as a library's log: as JSON lines among such, shielded in a GitHub
// workflow, and else as it is.
func Beside(w io.Writer, mode Mode, now func() time.Time) io.Writer {
	switch mode {
	case JSON:
		return logLines{w, now}
	case GitHub:
		return Shield(w)
	case Auto, TTY, Plain, GitLab, None:
		return w
	}
	return w
}

type logLines struct {
	w   io.Writer
	now func() time.Time
}

// Write takes whole lines, and makes a JSON line of each that is not empty.
func (l logLines) Write(text []byte) (int, error) {
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		if err := writeJSON(l.w, logJSON{SchemaVersion, l.now().UTC(), logged, line}); err != nil {
			return 0, err
		}
	}
	return len(text), nil
}
