package progress

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"
	"unicode"
)

// SchemaVersion is that of the JSON lines. It is raised when a field changes its
// meaning or goes away. A new field does not raise it.
const SchemaVersion = 1

// jsonLines prints one JSON object per event and line.
type jsonLines struct{ w io.Writer }

type eventJSON struct {
	SchemaVersion  int        `json:"schemaVersion" jsonschema:"raised when a field changes its meaning or goes away, not for a new one"`
	Time           time.Time  `json:"time" jsonschema:"when it was seen, in UTC, up to nanoseconds"`
	Step           string     `json:"step,omitempty" jsonschema:"the step of the command; absent: the whole command"`
	Subject        string     `json:"subject,omitempty" jsonschema:"the one object that it is about, as kind/name; absent: the step itself"`
	State          State      `json:"state" jsonschema:"what it reports"`
	Message        string     `json:"message,omitempty" jsonschema:"one line without the names of step and subject, for people: its words change"`
	Done           *int       `json:"done,omitempty" jsonschema:"how many of total are finished; there with total only, but then also as 0"`
	Total          int        `json:"total,omitempty" jsonschema:"how many parts there are; absent: nothing is counted"`
	ElapsedSeconds float64    `json:"elapsedSeconds,omitempty" jsonschema:"how long the step has taken so far"`
	Cause          *causeJSON `json:"cause,omitempty" jsonschema:"why it is stuck or failed, where that is known"`
}

type causeJSON struct {
	ID       string         `json:"id" jsonschema:"stable, in capitals, such as IMAGE_NOT_FOUND"`
	Class    Class          `json:"class,omitempty" jsonschema:"who can end it: it ends by itself, only the user can, or nobody knows yet"`
	Sentence string         `json:"sentence,omitempty" jsonschema:"the cause in one line"`
	Evidence []evidenceJSON `json:"evidence,omitempty" jsonschema:"what it was concluded from, the most telling first"`
	Next     string         `json:"next,omitempty" jsonschema:"the command to type next"`
}

type evidenceJSON struct {
	Text       string  `json:"text" jsonschema:"what was seen"`
	Where      string  `json:"where,omitempty" jsonschema:"where it was seen"`
	AgeSeconds float64 `json:"ageSeconds,omitempty" jsonschema:"how long ago"`
}

func (j *jsonLines) event(e Event) {
	out := eventJSON{
		SchemaVersion:  SchemaVersion,
		Time:           e.Time.UTC(),
		Step:           e.Step,
		Subject:        e.Subject,
		State:          e.State,
		Message:        e.Message,
		Total:          e.Total,
		ElapsedSeconds: seconds(e.Elapsed),
	}
	if e.Total > 0 {
		out.Done = &e.Done
	}
	if e.Cause != nil {
		out.Cause = e.Cause.json()
	}
	_ = writeJSON(j.w, out) // nobody is left to tell
}

// writeJSON writes a value as one line.
func writeJSON(w io.Writer, value any) error {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	_, err := w.Write(HarmlessJSON(buffer.Bytes()))
	return err
}

func (*jsonLines) tick(time.Time) {}
func (*jsonLines) aside()         {}
func (*jsonLines) close()         {}

func (c *Cause) json() *causeJSON {
	out := &causeJSON{ID: c.ID, Class: c.Class, Sentence: c.Sentence, Next: c.Next}
	for _, e := range c.Evidence {
		out.Evidence = append(out.Evidence, evidenceJSON{Text: e.Text, Where: e.Where, AgeSeconds: seconds(e.Age)})
	}
	return out
}

// seconds are rounded to milliseconds: what is below is noise.
func seconds(d time.Duration) float64 {
	return math.Round(d.Seconds()*1000) / 1000
}

// HarmlessJSON escapes what a terminal might obey or not show, and the # of the
// ##[ that the runner of GitHub Actions obeys. JSON itself escapes only the
// control characters of ASCII; all these can stand only within strings, where \u
// means the same, so that what is decoded is the same too.
func HarmlessJSON(encoded []byte) []byte {
	var out bytes.Buffer
	for _, r := range string(encoded) {
		switch {
		case r == '\n' || r != '#' && !unicode.In(r, unicode.Cc, unicode.Cf):
			out.WriteRune(r)
		case r > 0xFFFF:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.Bytes()
}
