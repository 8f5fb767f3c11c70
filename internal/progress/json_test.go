package progress

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
)

func TestJSON_hasALineForEachEvent(t *testing.T) {
	for name, story := range map[string][]moment{"well": goingWell(), "wrong": goingWrong()} {
		t.Run(name, func(t *testing.T) {
			got := printed(t, Options{Mode: JSON, Color: ColorAlways}, story)
			golden(t, "events-"+name+".jsonl", got)
			events := 0
			for _, m := range story {
				if !m.look {
					events++
				}
			}
			if lines := strings.Count(got, "\n"); lines != events {
				t.Errorf("%d lines for %d events", lines, events)
			}
		})
	}
}

func TestJSON_hasEveryField(t *testing.T) {
	golden(t, "event-full.json", printed(t, Options{Mode: JSON}, []moment{at(0, Event{
		Time: time.Date(2026, 11, 22, 15, 2, 11, 123456789, time.FixedZone("", 3600)),
		Step: "ready", Subject: "pod/cockroachdb-2", State: Running, Message: "joining <&>", Done: 0, Total: 3,
		Elapsed: 2123456 * time.Microsecond,
		Cause: &Cause{
			ID: "NO_QUORUM", Class: Unclear, Sentence: "2 of 3 CockroachDB nodes are needed", Next: "crdb-kube status",
			Evidence: []Evidence{{Text: "503", Where: "health of cockroachdb-2", Age: 1500 * ms}, {Text: "no live peer"}},
		},
	})}))
}

func TestJSON_keepsTheTextAndShowsTheTerminalNothingToObey(t *testing.T) {
	text := "a\x1b[31mb\u009b\u202ec\U000e0041d\x7f\r\n\"漢\" \\u0041 \u2028"
	got := printed(t, Options{Mode: JSON}, []moment{at(0, Event{State: Note, Message: text})})
	for _, r := range strings.TrimSuffix(got, "\n") {
		if unicode.In(r, unicode.Cc, unicode.Cf) {
			t.Errorf("%q is in the line raw: %q", r, got)
		}
	}
	var back struct{ Message string }
	if err := json.Unmarshal([]byte(got), &back); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	if back.Message != text {
		t.Errorf("message came back as %q, want %q", back.Message, text)
	}
}
