package progress

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// told is the board after the events, which come a second apart, in words.
func told(events ...Event) string {
	b := newBoard()
	began := time.Date(2026, 11, 22, 14, 2, 11, 0, time.UTC)
	for i, e := range events {
		e.Time = began.Add(time.Duration(i) * time.Second)
		b.apply(e)
	}
	var parts []string
	for _, s := range b.running {
		part := fmt.Sprintf("%s %q since %s", s.name, s.message, s.began.Sub(began))
		for _, v := range s.subjects {
			part += fmt.Sprintf(", %s %q since %s", v.name, v.phase, v.since.Sub(began))
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

func TestBoard_followsTheEvents(t *testing.T) {
	for name, c := range map[string]struct {
		events []Event
		want   string
	}{
		"nothing runs before an event and after the end": {
			[]Event{said("ready", Running, "a"), said("ready", Done, "b")}, "",
		},
		"a late word about a pod does not bring a step back": {
			[]Event{said("ready", Running, "a"), said("ready", Done, "b"), pod("ready", "x", Running, "late")}, "",
		},
		"a step can run again, with new pods": {
			[]Event{said("ready", Running, "a"), pod("ready", "x", Running, "old"), said("ready", Failed, "b"), said("ready", Running, "c"), pod("ready", "y", Running, "new")},
			`ready "c" since 3s, pod/y "new" since 4s`,
		},
		"a pod waits in its phase since that began": {
			[]Event{pod("ready", "x", Running, "a"), pod("ready", "x", Running, "b"), pod("ready", "x", Running, "b")},
			`ready "" since 0s, pod/x "b" since 1s`,
		},
		"a step began as long ago as it says": {
			[]Event{{}, {Step: "ready", State: Running, Message: "a", Elapsed: 5 * time.Second}},
			`ready "a" since -4s`,
		},
		"a pod that was removed is not waited for": {
			[]Event{pod("stop", "x", Running, "stopping"), pod("stop", "y", Running, "stopping"), pod("stop", "x", Removed, "")},
			`stop "" since 0s, pod/y "stopping" since 1s`,
		},
		"an object is nobody to wait for": {
			[]Event{said("apply", Running, "a"), {Step: "apply", Subject: "service/x", State: Created}, {Step: "remove", Subject: "service/y", State: Removed}},
			`apply "a" since 0s`,
		},
		"a headline, a note and a word without a step are no steps": {
			[]Event{{State: Plan, Message: "a"}, {Step: "check", State: Note, Message: "b"}, {State: Running, Message: "c"}, said("check", Ready, "d")}, "",
		},
		"two steps can run side by side": {
			[]Event{said("stop", Running, "a"), said("remove", Running, "b"), said("stop", Running, "c")},
			`stop "c" since 0s; remove "b" since 1s`,
		},
		"pods stand in the order of their numbers": {
			[]Event{pod("ready", "x-10", Ready, ""), pod("ready", "x-9", Ready, "")},
			`ready "" since 0s, pod/x-9 "ready" since 1s, pod/x-10 "ready" since 0s`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := told(c.events...); got != c.want {
				t.Errorf("the board says\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestPhrase_isNeverWithoutTheCause(t *testing.T) {
	cause := &Cause{ID: "NO_QUORUM", Sentence: "two are needed"}
	for want, e := range map[string]Event{
		"":                           {Step: "ready", State: Running},
		"1 of 3":                     {Step: "ready", State: Running, Done: 1, Total: 3},
		"joining":                    {Message: "joining", Total: 3},
		"ready":                      {Subject: "pod/x", State: Ready},
		"joining: NO_QUORUM":         {Message: "joining", Cause: cause},
		"stuck (NO_QUORUM)":          {Message: "stuck (NO_QUORUM)", Cause: cause},
		"two are needed (NO_QUORUM)": {Subject: "pod/x", State: Failed, Cause: cause},
		"NO_QUORUM":                  {Subject: "pod/x", State: Failed, Cause: &Cause{ID: "NO_QUORUM"}},
	} {
		if got := phrase(e); got != want {
			t.Errorf("%+v is %q, want %q", e, got, want)
		}
	}
}
