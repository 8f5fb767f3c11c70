package progress

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// fixed is a size that does not change.
func fixed(n int) func() int { return func() int { return n } }

func TestTTY_showsEachWidthAsInItsGoldenFile(t *testing.T) {
	stories := map[string]func() []moment{"well": goingWell, "wrong": goingWrong, "hostile": hostile}
	for name, story := range stories {
		for _, width := range []int{40, 80, 120} {
			t.Run(fmt.Sprintf("%s-%d", name, width), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					m := newTerminal(t, width, 24)
					p := New(m, Options{Mode: TTY, Width: fixed(width), Now: utc})
					var b strings.Builder
					n := 0
					see := func() {
						n++
						fmt.Fprintf(&b, "── look %d %s\n%s", n, strings.Repeat("─", width-9), m)
					}
					play(p, story(), see)
					p.Close()
					golden(t, fmt.Sprintf("tty-%s-%d.txt", name, width), b.String())
				})
			})
		}
	}
}

// hostile is text that a server might send to play tricks, and text that is
// wider than it is long.
func hostile() []moment {
	return []moment{
		at(0, Event{State: Plan, Message: "context \x1b]0;owned\a\x1b[2J · 名前空間デフォルト · cluster 蟑螂数据库: 3 pods"}),
		at(0, said("check", Done, "Kubernetes v1.36.2\r\n3 nodes\n\n用户名用户名用户名用户名用户名用户名用户名用户名用户名用户名")),
		at(0, said("start", Running, "0 of 2\x1b[31m pods")),
		at(0, pod("start", "cockroachdb-0", Running, "pulling \u202egnp.exe\u2066 拉取镜像拉取镜像拉取镜像拉取镜像拉取镜像")),
		at(0, Event{Step: "start", Subject: "pod/\x1b[5Aevil", State: Running, Message: "line one\nline two\rline three\x9b31m"}),
		look(time.Second),
		at(0, Event{Step: "start", State: Note, Message: "\x07an unbreakable word follows: https://example.invalid/" + strings.Repeat("path/", 20)}),
		look(0),
	}
}

func TestTTY_repaintsOnlyWhatChanged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := newTerminal(t, 80, 24)
		p := New(m, Options{Mode: TTY, Width: fixed(80), Now: utc})
		defer p.Close()
		play(p, []moment{
			at(0, said("check", Done, "all well")),
			at(0, said("ready", Running, "1 of 2 pods")),
			at(0, pod("ready", "cockroachdb-0", Ready, "")),
			at(0, pod("ready", "cockroachdb-1", Running, "joining")),
			at(2050*ms, Event{}),
		}, nil)
		before := len(m.writes())
		<-time.After(frameTime)
		synctest.Wait()
		frames := m.writes()[before:]
		if len(frames) != 1 {
			t.Fatalf("a tick was painted in %d writes, want 1", len(frames))
		}
		if strings.Contains(frames[0], "check") || strings.Contains(frames[0], "cockroachdb") {
			t.Errorf("a line that had not changed was painted again: %q", frames[0])
		}
		if !strings.Contains(frames[0], "1 of 2 pods") {
			t.Errorf("the running step was not painted: %q", frames[0])
		}
	})
}

func TestTTY_writesNothingWhileNothingRuns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := newTerminal(t, 80, 24)
		p := New(m, Options{Mode: TTY, Width: fixed(80), Now: utc})
		defer p.Close()
		p.Report(said("check", Done, "all well"))
		before := len(m.writes())
		<-time.After(time.Minute)
		synctest.Wait()
		if n := len(m.writes()) - before; n != 0 {
			t.Errorf("%d writes within a minute in which nothing ran", n)
		}
	})
}

func TestTTY_neverHasMoreLinesThanTheTerminal(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const height = 6
		m := newTerminal(t, 60, height)
		p := New(m, Options{Mode: TTY, Width: fixed(60), Height: fixed(height), Now: utc})
		defer p.Close()
		p.Report(said("ready", Running, "8 of 20 pods"))
		for i := range 20 {
			state, phase := Ready, ""
			if i >= 8 {
				state, phase = Running, "joining"
			}
			p.Report(pod("ready", fmt.Sprintf("cockroachdb-%d", i), state, phase))
		}
		<-time.After(time.Second)
		synctest.Wait()
		golden(t, "tty-low.txt", m.String())
	})
}

func TestTTY_keepsItsPlaceWhereTheTerminalFindsRunesWider(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := newTerminal(t, 30, 24)
		m.Wider('·')
		p := New(m, Options{Mode: TTY, Width: fixed(30), Now: utc})
		defer p.Close()
		p.Report(said("start", Running, "waiting ···················"))
		<-time.After(time.Second)
		synctest.Wait()
		if lines := strings.Count(m.String(), "\n"); lines != 1 {
			t.Errorf("one line became %d:\n%s", lines, m)
		}
	})
}

func TestTTY_paintsManyEventsOfOneMomentInOneFrame(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := newTerminal(t, 80, 24)
		p := New(m, Options{Mode: TTY, Now: utc})
		defer p.Close()
		for i := range 20 {
			p.Report(pod("start", fmt.Sprintf("cockroachdb-%d", i), Running, "starting"))
		}
		<-time.After(frameTime)
		synctest.Wait()
		if n := len(m.writes()); n != 2 {
			t.Errorf("20 events took %d frames, want the first at once and the others with the next tick", n)
		}
		if got := m.String(); !strings.Contains(got, "cockroachdb-19  starting") {
			t.Errorf("not all events are shown:\n%s", got)
		}
	})
}

// TestTTY_leavesNothingToRestore goes without Close: the writes themselves
// are looked at by terminal.
func TestTTY_leavesNothingToRestore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := newTerminal(t, 80, 24)
		p := New(m, Options{Mode: TTY, Width: m.width, Height: m.height, Now: utc})
		defer p.Close()
		play(p, append(goingWell(), goingWrong()...), func() {
			if !m.AsFound() {
				t.Error("the terminal is not as it was found")
			}
		})
		frames := strings.Join(m.writes(), "")
		if hides, shows := strings.Count(frames, hideCursor), strings.Count(frames, showCursor); hides != shows || hides != len(m.writes()) {
			t.Errorf("%d writes hide the cursor %d times and show it %d times", len(m.writes()), hides, shows)
		}
	})
}

func TestTTY_showsTheLastStateOnClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := newTerminal(t, 80, 24)
		p := New(m, Options{Mode: TTY, Now: utc})
		p.Report(said("ready", Running, "0 of 3 pods"))
		p.Report(said("ready", Running, "1 of 3 pods")) // within the same frame
		p.Close()
		p.Close()
		p.Report(said("ready", Running, "late"))
		<-time.After(time.Second)
		synctest.Wait()
		if got := m.String(); !strings.Contains(got, "1 of 3 pods") || strings.Contains(got, "late") {
			t.Errorf("wrong end:\n%s", got)
		}
	})
}

func TestTTY_colourIsInTheLinesAndNowhereElse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var got strings.Builder
		for _, mode := range []ColorMode{ColorAlways, ColorNever, ColorAuto} {
			m := newTerminal(t, 80, 24)
			p := New(m, Options{Mode: TTY, Color: mode, Now: utc})
			play(p, goingWrong(), func() {})
			p.Close()
			if coloured := strings.Contains(strings.Join(m.writes(), ""), "m"+"✗"); coloured != (mode == ColorAlways) {
				t.Errorf("--color=%s: colour %t", mode, coloured)
			}
			if mode == ColorAlways {
				last := slices.IndexFunc(m.writes(), func(w string) bool { return strings.Contains(w, "✗") })
				fmt.Fprintf(&got, "%q\n", m.writes()[last])
			}
		}
		golden(t, "tty-colour.txt", got.String())
	})
}
