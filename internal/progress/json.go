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

// schemaVersion is raised when a field changes its meaning or goes away. A
// new field does not raise it.
const schemaVersion = 1

// jsonLines prints one JSON object per event and line.
type jsonLines struct{ w io.Writer }

type eventJSON struct {
	SchemaVersion  int        `json:"schemaVersion"`
	Time           string     `json:"time"` // RFC 3339 in UTC, up to nanoseconds
	Step           string     `json:"step,omitempty"`
	Subject        string     `json:"subject,omitempty"`
	State          State      `json:"state"`
	Message        string     `json:"message,omitempty"`
	Done           *int       `json:"done,omitempty"`  // with total only, but then also 0
	Total          int        `json:"total,omitempty"` // absent: nothing is counted
	ElapsedSeconds float64    `json:"elapsedSeconds,omitempty"`
	Cause          *causeJSON `json:"cause,omitempty"`
}

type causeJSON struct {
	ID       string         `json:"id"`
	Class    Class          `json:"class,omitempty"`
	Sentence string         `json:"sentence,omitempty"`
	Evidence []evidenceJSON `json:"evidence,omitempty"`
	Next     string         `json:"next,omitempty"`
}

type evidenceJSON struct {
	Text       string  `json:"text"`
	Where      string  `json:"where,omitempty"`
	AgeSeconds float64 `json:"ageSeconds,omitempty"`
}

func (j *jsonLines) event(e Event) {
	out := eventJSON{
		SchemaVersion:  schemaVersion,
		Time:           e.Time.UTC().Format(time.RFC3339Nano),
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
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(out); err != nil {
		return // plain text and numbers can always be encoded
	}
	_, _ = j.w.Write(harmless(buffer.Bytes())) // nobody is left to tell
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

// harmless escapes what a terminal might obey. JSON itself escapes only the
// control characters of ASCII; the rest can stand only within strings, where
// \u means the same, so that the decoded event is the same too.
func harmless(encoded []byte) []byte {
	var out bytes.Buffer
	for _, r := range string(encoded) {
		switch {
		case r == '\n' || !unicode.In(r, unicode.Cc, unicode.Cf):
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
