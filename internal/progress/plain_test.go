package progress

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// printed plays the moments to a printer that writes into a string.
func printed(t *testing.T, opts Options, moments []moment) string {
	t.Helper()
	var b strings.Builder
	bubble(t, func(*testing.T) {
		opts.Now = utc
		p := New(&b, opts)
		play(p, moments, func() {})
		p.Close()
	})
	return b.String()
}

func TestPlain_printsALineForEachChange(t *testing.T) {
	for name, story := range map[string][]moment{"well": goingWell(), "wrong": goingWrong(), "hostile": hostile()} {
		t.Run(name, func(t *testing.T) {
			golden(t, "plain-"+name+".txt", printed(t, Options{Mode: Plain}, story))
		})
	}
}

func TestPlain_givesASignOfLifeAfterEachInterval(t *testing.T) {
	waiting := []moment{
		at(40*time.Second, said("check", Running, "")),
		at(10*time.Second, said("check", Done, "nothing said before a step runs")),
		at(0, said("ready", Running, "1 of 5 pods")),
		at(0, pod("ready", "cockroachdb-0", Ready, "")),
	}
	for _, name := range []string{"cockroachdb-1", "cockroachdb-2", "cockroachdb-3", "cockroachdb-10"} {
		waiting = append(waiting, at(0, pod("ready", name, Running, "joining")))
	}
	waiting = append(
		waiting,
		at(70*time.Second, pod("ready", "cockroachdb-1", Ready, "")),
		at(29*time.Second, pod("ready", "cockroachdb-1", Ready, "")),
		at(2*time.Second, said("ready", Done, "5 of 5 pods")),
		look(time.Minute),
	)
	golden(t, "plain-life.txt", printed(t, Options{Mode: Plain}, waiting))
}

// TestPlain_givesASignOfLifeThroughEventsThatPrintNothing has an event every
// 200 ms for 70 s, none of which is worth a line.
func TestPlain_givesASignOfLifeThroughEventsThatPrintNothing(t *testing.T) {
	busy := []moment{at(0, counted("ready", 0, 3, "0 of 3 pods"))}
	for i := range 350 {
		busy = append(busy, at(200*ms, []Event{
			pod("ready", "cockroachdb-0", Running, []string{"starting", "joining"}[i/4%2]),
			counted("ready", i%3, 3, ""),
			{Step: "ready", Subject: "service/cockroachdb", State: Unchanged},
			said("ready", Running, strings.Repeat("x", i)),
		}[i%4]))
	}
	got := printed(t, Options{Mode: Plain}, busy)
	var lines []string
	for line := range strings.Lines(got) {
		lines = append(lines, line[:len("14:02:11 ready    still waiting after 30s")])
	}
	want := []string{"14:02:41 ready    still waiting after 30s", "14:03:11 ready    still waiting after 1m0"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s\n%s", diff, got)
	}
}

func TestPlain_hasALineForWhatLastsAndForNothingElse(t *testing.T) {
	pulling := &Cause{ID: "IMAGE_NOT_FOUND", Class: User, Sentence: "no such image"}
	for name, c := range map[string]struct {
		story []moment
		want  string
	}{
		"phases that pass within a second": {
			[]moment{
				at(0, pod("start", "x-0", Running, "waiting for its volume")),
				at(900*ms, pod("start", "x-0", Running, "waiting for its container")),
				at(900*ms, pod("start", "x-0", Running, "starting")),
				at(900*ms, pod("start", "x-0", Ready, "answers")),
				at(0, said("start", Done, "1 of 1 pod answers")),
			},
			"13 start    pod/x-0 answers\n13 start    1 of 1 pod answers\n",
		},
		"a phase that lasts": {
			[]moment{at(0, pod("start", "x-0", Running, "pulling")), look(10 * time.Second), at(0, said("start", Done, "done"))},
			"12 start    pod/x-0 pulling\n21 start    done\n",
		},
		"a phase that comes again": {
			[]moment{
				at(0, pod("start", "x-0", Running, "starting")), at(2*time.Second, pod("start", "x-0", Running, "crashing")),
				at(100*ms, pod("start", "x-0", Running, "starting")), look(10 * time.Second),
			},
			"12 start    pod/x-0 starting\n",
		},
		"a cause at once, however short": {
			[]moment{
				at(0, Event{Step: "start", Subject: "pod/x-0", State: Running, Message: "cannot pull", Cause: pulling}),
				at(100*ms, pod("start", "x-0", Running, "pulling")), at(100*ms, pod("start", "x-0", Ready, "answers")),
			},
			"11 start    pod/x-0 cannot pull: IMAGE_NOT_FOUND\n11 start    pod/x-0 answers\n",
		},
		"where each pod was when the step failed": {
			[]moment{
				at(0, pod("start", "x-0", Running, "pulling")), at(0, pod("start", "x-1", Ready, "answers")),
				at(100*ms, Event{Step: "start", State: Failed, Message: "no such image", Cause: pulling}),
			},
			"11 start    pod/x-1 answers\n11 start    pod/x-0 pulling\n",
		},
		"nothing of a step that is over": {
			[]moment{at(0, said("stop", Running, "waiting")), at(0, pod("stop", "x-0", Running, "stopping")), at(100*ms, said("stop", Done, "stopped")), look(10 * time.Second)},
			"11 stop     stopped\n",
		},
		"counts have none, but what is waited for after the last has one": {
			[]moment{at(0, counted("ready", 2, 3, "2 of 3 pods")), at(10*time.Second, counted("ready", 3, 3, "3 pods ready, 1 unavailable range")), look(10 * time.Second)},
			"22 ready    3 pods ready, 1 unavailable range\n",
		},
		"a removed pod has none": {
			[]moment{at(0, pod("stop", "x-0", Running, "stopping")), at(100*ms, pod("stop", "x-0", Removed, "stopped")), look(10 * time.Second)},
			"",
		},
		"two steps that run side by side do not silence each other": {
			[]moment{at(0, said("stop", Running, "one")), at(0, said("remove", Running, "two")), look(10 * time.Second)},
			"12 stop     one\n12 remove   two\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.ReplaceAll(printed(t, Options{Mode: Plain}, c.story), "14:02:", "")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlain_takesTheIntervalAndTheTicksItIsGiven(t *testing.T) {
	ticks := make(chan time.Time)
	start := time.Date(2026, 11, 22, 14, 2, 11, 0, time.UTC)
	var passed atomic.Int64 // the printer reads the clock from a goroutine of its own
	clock := func() time.Time { return start.Add(time.Duration(passed.Load())) }
	tick := func(after time.Duration) {
		passed.Add(int64(after))
		ticks <- clock()
		ticks <- clock() // the first one is done with when the second is taken
	}
	var b strings.Builder
	p := New(&b, Options{Mode: Plain, Interval: 5 * time.Second, Ticks: ticks, Now: clock})
	p.Report(said("start", Running, "0 of 3 pods"))
	tick(4 * time.Second)
	p.Close()
	if strings.Contains(b.String(), "still") {
		t.Errorf("a sign of life before its time:\n%s", b.String())
	}

	b.Reset()
	p = New(&b, Options{Mode: Plain, Interval: 5 * time.Second, Ticks: ticks, Now: clock})
	p.Report(said("start", Running, "0 of 3 pods"))
	tick(time.Second)
	tick(5 * time.Second)
	p.Close()
	want := "14:02:16 start    0 of 3 pods\n14:02:21 start    still waiting after 6s: 0 of 3 pods\n"
	if b.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", b.String(), want)
	}
}

func TestPlain_hasColourOnlyWhenAlways(t *testing.T) {
	for mode, want := range map[ColorMode]bool{ColorAuto: false, ColorNever: false, ColorAlways: true} {
		if got := strings.Contains(printed(t, Options{Mode: Plain, Color: mode}, goingWrong()), "\x1b["); got != want {
			t.Errorf("--color=%s: colour %t, want %t", mode, got, want)
		}
	}
}

func TestAuto_thatNobodyResolvedIsPlain(t *testing.T) {
	want := printed(t, Options{Mode: Plain}, goingWell())
	for _, mode := range []Mode{Auto, ""} {
		if got := printed(t, Options{Mode: mode}, goingWell()); got != want {
			t.Errorf("mode %q printed\n%s\nwant\n%s", mode, got, want)
		}
	}
}

func TestNone_printsNothing(t *testing.T) {
	if got := printed(t, Options{Mode: None}, goingWrong()); got != "" {
		t.Errorf("printed %q", got)
	}
}
