package progress

import (
	"fmt"
	"math/rand/v2"
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
					m := newEmulator(t, width, 24)
					p := New(m, Options{Mode: TTY, Width: fixed(width), Now: utc})
					var b strings.Builder
					n := 0
					see := func() {
						n++
						fmt.Fprintf(&b, "── look %d %s\n%s", n, strings.Repeat("─", width-9), m)
						if m.now().hidden {
							b.WriteString("(cursor hidden)\n")
						}
					}
					play(p, story(), see)
					p.Close()
					if m.now().hidden || m.now().noWrap {
						t.Error("the terminal is not as it was found")
					}
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
		m := newEmulator(t, 80, 24)
		p := New(m, Options{Mode: TTY, Width: fixed(80), Now: utc})
		defer p.Close()
		play(p, []moment{
			at(0, said("check", Done, "all well")),
			at(0, said("ready", Running, "1 of 2 pods")),
			at(0, pod("ready", "cockroachdb-0", Ready, "")),
			at(0, pod("ready", "cockroachdb-1", Running, "joining")),
			at(2050*ms, Event{}),
		}, nil)
		before := len(m.now().writes)
		<-time.After(frameTime)
		synctest.Wait()
		frames := m.now().writes[before:]
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
		m := newEmulator(t, 80, 24)
		p := New(m, Options{Mode: TTY, Width: fixed(80), Now: utc})
		defer p.Close()
		p.Report(said("check", Done, "all well"))
		before := len(m.now().writes)
		<-time.After(time.Minute)
		synctest.Wait()
		if n := len(m.now().writes) - before; n != 0 {
			t.Errorf("%d writes within a minute in which nothing ran", n)
		}
	})
}

func TestTTY_neverHasMoreLinesThanTheTerminal(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const height = 6
		m := newEmulator(t, 60, height)
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

func TestTTY_survivesANarrowerWindow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := newEmulator(t, 80, 24)
		p := New(m, Options{Mode: TTY, Width: func() int { return m.now().width }, Now: utc})
		defer p.Close()
		play(p, []moment{
			at(0, said("check", Done, "short")),
			at(0, said("ready", Running, "1 of 2 pods")),
			at(0, pod("ready", "cockroachdb-0", Running, "pulling cockroachdb/cockroach:v26.2.5")),
			at(2*time.Second, Event{}),
		}, nil)
		m.narrow(30)
		<-time.After(frameTime)
		synctest.Wait()
		want := "✓ check     short\n⠙ ready   1 of 2 pods     2.1s\n    cockroachdb-0  pulling co…\n"
		if got := m.String(); got != want {
			t.Errorf("screen after the window became narrower:\n%s\nwant:\n%s", got, want)
		}
	})
}

func TestTTY_keepsItsPlaceWhereTheTerminalFindsRunesWider(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := newEmulator(t, 30, 24)
		m.wider = '·'
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
		m := newEmulator(t, 80, 24)
		p := New(m, Options{Mode: TTY, Now: utc})
		defer p.Close()
		for i := range 20 {
			p.Report(pod("start", fmt.Sprintf("cockroachdb-%d", i), Running, "starting"))
		}
		<-time.After(frameTime)
		synctest.Wait()
		if n := len(m.now().writes); n != 2 {
			t.Errorf("20 events took %d frames, want the first at once and the others with the next tick", n)
		}
		if got := m.String(); !strings.Contains(got, "cockroachdb-19  starting") {
			t.Errorf("not all events are shown:\n%s", got)
		}
	})
}

func TestTTY_givesTheCursorBackWhateverHappens(t *testing.T) {
	ways := map[string]func(p *Printer){
		"close":       func(p *Printer) { p.Close() },
		"close_twice": func(p *Printer) { p.Close(); p.Close() },
		"panic": func(p *Printer) {
			defer func() {
				if recover() == nil {
					t.Error("there was no panic")
				}
			}()
			defer p.Close()
			panic("on purpose")
		},
		"late_event": func(p *Printer) { p.Close(); p.Report(said("ready", Running, "late")) },
	}
	for name, leave := range ways {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				m := newEmulator(t, 80, 24)
				p := New(m, Options{Mode: TTY, Now: utc})
				p.Report(said("ready", Running, "0 of 3 pods"))
				if !m.now().hidden {
					t.Error("the cursor is not hidden while a step runs")
				}
				p.Report(said("ready", Running, "1 of 3 pods")) // within the same frame
				leave(p)
				<-time.After(time.Second)
				synctest.Wait()
				if last := m.now().writes[len(m.now().writes)-1]; !strings.HasSuffix(last, showCursor) {
					t.Errorf("the last write does not end by showing the cursor: %q", last)
				}
				if m.now().hidden || m.now().noWrap || !strings.Contains(m.String(), "1 of 3 pods") || strings.Contains(m.String(), "late") {
					t.Errorf("wrong end: cursor hidden %t, wrap off %t, screen:\n%s", m.now().hidden, m.now().noWrap, m)
				}
			})
		})
	}
}

func TestTTY_showsTheCursorBetweenSteps(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := newEmulator(t, 80, 24)
		p := New(m, Options{Mode: TTY, Now: utc})
		defer p.Close()
		p.Report(said("check", Running, ""))
		p.Report(said("check", Done, "all well"))
		if m.now().hidden {
			t.Error("the cursor is hidden although nothing is repainted")
		}
	})
}

func TestTTY_colourIsInTheLinesAndNowhereElse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var got strings.Builder
		for _, mode := range []ColorMode{ColorAlways, ColorNever, ColorAuto} {
			m := newEmulator(t, 80, 24)
			p := New(m, Options{Mode: TTY, Color: mode, Now: utc})
			play(p, goingWrong(), func() {})
			p.Close()
			if coloured := strings.Contains(strings.Join(m.now().writes, ""), "m"+"✗"); coloured != (mode == ColorAlways) {
				t.Errorf("--color=%s: colour %t", mode, coloured)
			}
			if mode == ColorAlways {
				last := slices.IndexFunc(m.now().writes, func(w string) bool { return strings.Contains(w, "✗") })
				fmt.Fprintf(&got, "%q\n", m.now().writes[last])
			}
		}
		golden(t, "tty-colour.txt", got.String())
	})
}

// TestTTY_screenIsAlwaysWhatTheBoardSays reports many events in any order and
// compares the screen with the finished lines and the region, each time.
func TestTTY_screenIsAlwaysWhatTheBoardSays(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 7))
			width, height := 20+random.IntN(100), 4+random.IntN(30)
			m := newEmulator(t, width, height)
			p := New(m, Options{Mode: TTY, Width: fixed(width), Height: fixed(height), Now: utc})
			defer p.Close()
			show := p.show.(*tty)
			scrolled := []string{}
			for i := range 120 {
				e := randomEvent(random, i)
				p.Report(e)
				if e.Subject == "" && (e.State == Done || e.State == Failed) {
					scrolled = append(scrolled, fmt.Sprintf("end %d;", i))
				}
				<-time.After(time.Duration(random.IntN(300)) * ms)
				synctest.Wait()
				p.mu.Lock()
				painted := show.screen.painted
				p.mu.Unlock()
				region := strings.Join(painted, "\n")
				if region != "" {
					region += "\n"
				}
				if screen := m.String(); !strings.HasSuffix("\n"+screen, "\n"+region) {
					t.Fatalf("seed %d, event %d: screen\n%s\ndoes not end with\n%s", seed, i, screen, region)
				}
				if len(painted) >= height {
					t.Fatalf("seed %d: region of %d lines on %d rows", seed, len(painted), height)
				}
			}
			rest := m.String()
			for _, mark := range scrolled {
				i := strings.Index(rest, mark)
				if i < 0 {
					t.Fatalf("seed %d: the line of %q is not above the region, or not in order:\n%s", seed, mark, m)
				}
				rest = rest[i:]
			}
		})
	}
}

// randomEvent has i in its message, so that it can be found again.
func randomEvent(random *rand.Rand, i int) Event {
	step := []string{"one", "two", "three"}[random.IntN(3)]
	words := strings.Repeat([]string{"word ", "漢字", "e\u0301", "🚀 "}[random.IntN(4)], random.IntN(30))
	if random.IntN(4) == 0 {
		state := []State{Done, Failed}[random.IntN(2)]
		return said(step, state, fmt.Sprintf("end %d; %s", i, words))
	}
	name := fmt.Sprintf("cockroachdb-%d", random.IntN(12))
	state := []State{Running, Running, Ready, Removed, Failed}[random.IntN(5)]
	if random.IntN(3) == 0 {
		return said(step, Running, words)
	}
	return pod(step, name, state, words)
}
