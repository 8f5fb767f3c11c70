package progress

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"
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
