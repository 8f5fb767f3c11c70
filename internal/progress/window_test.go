package progress

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// settled is the screen some frames after the window got another size.
func settled(m terminal, width, height int) string {
	m.Resize(width, height)
	<-time.After(2 * frameTime)
	synctest.Wait()
	return m.String()
}

func TestTTY_followsTheWindowThroughEveryWidth(t *testing.T) {
	const high = 200 // what was broken into many rows is still within reach
	bubble(t, func(t *testing.T) {
		m := newTerminal(t, 80, high)
		p := New(m, Options{Mode: TTY, Width: m.width, Height: m.height, Now: utc})
		defer p.Close()
		play(p, []moment{
			at(0, said("check", Done, "short")),
			at(0, said("ready", Running, "1 of 2 pods")),
			at(0, pod("ready", "cockroachdb-0", Running, "pulling cockroachdb/cockroach:v26.2.5")),
			at(2*time.Second, Event{}),
		}, nil)
		want := "✓ check     short\n⠹ ready   1 of 2 pods     2.2s\n    cockroachdb-0  pulling co…\n"
		if got := settled(m, 30, high); got != want {
			t.Errorf("screen after the window became narrower:\n%s\nwant:\n%s", got, want)
		}
		var widths []int
		for n := 1; n <= 130; n++ {
			widths = append(widths, n, 131-n)
		}
		for _, width := range widths {
			got := strings.ReplaceAll(settled(m, width, high), "\n", "")
			for _, word := range []string{"short", "1 of 2 pods", "pulling"} {
				if strings.Count(got, word) > 1 {
					t.Fatalf("%d cells wide there is rubbish on the screen:\n%s", width, m)
				}
			}
			if !strings.Contains(got, "short") {
				t.Fatalf("%d cells wide the line of a finished step is lost:\n%s", width, m)
			}
		}
		want = "✓ check     short\n" +
			pad("⠼ ready     1 of 2 pods", 75) + "54.4s\n" +
			pad("    cockroachdb-0  pulling cockroachdb/cockroach:v26.2.5", 77) + "54s\n"
		if got := settled(m, 80, high); got != want {
			t.Errorf("screen after all that:\n%s\nwant:\n%s", got, want)
		}
	})
}

// TestTTY_followsTheWindowThroughEveryHeight shows seven pods in fewer rows
// than they need, down to none.
func TestTTY_followsTheWindowThroughEveryHeight(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := newTerminal(t, 60, 12)
		p := New(m, Options{Mode: TTY, Width: m.width, Height: m.height, Now: utc})
		defer p.Close()
		p.Report(said("check", Done, "all well"))
		p.Report(said("ready", Running, "0 of 7 pods"))
		for i := range 7 {
			p.Report(pod("ready", fmt.Sprintf("cockroachdb-%d", i), Running, "joining"))
		}
		var b strings.Builder
		for _, height := range []int{12, 5, 4, 3, 2, 1, 2, 12} {
			settled(m, 60, height)
			rows := strings.Count(m.String(), "\n")
			before := m.Visible()
			<-time.After(time.Second)
			synctest.Wait()
			if grown := strings.Count(m.String(), "\n") - rows; grown != 0 {
				t.Errorf("%d rows high, a second of waiting wrote %d rows more:\n%s", height, grown, m)
			}
			fmt.Fprintf(&b, "── %d rows high\n%s", height, before)
		}
		golden(t, "tty-heights.txt", b.String())
	})
}

func TestTTY_goesOnBelowWhatWasWrittenAside(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := newTerminal(t, 60, 24)
		p := New(m, Options{Mode: TTY, Width: m.width, Now: utc})
		defer p.Close()
		p.Report(said("check", Done, "all well"))
		p.Report(said("cleanup", Running, "asking"))
		<-time.After(time.Second)
		p.Aside(func() {
			fmt.Fprint(m.Screen, "Type yes: ") // not a whole line: m itself would mind
			<-time.After(5 * time.Second)
			if got, want := m.String(), "✓ check     all well\nType yes:"; got != want {
				t.Errorf("while it was asked the screen said\n%s\nwant\n%s", got, want)
			}
			p.Report(said("cleanup", Running, "asked"))
			if got := m.String(); strings.Contains(got, "asked") {
				t.Errorf("an event was shown meanwhile:\n%s", got)
			}
			fmt.Fprint(m.Screen, "yes\n")
		})
		<-time.After(2 * frameTime)
		synctest.Wait()
		want := "✓ check     all well\nType yes: yes\n⠹ cleanup   asked                                       6.2s\n"
		if got := m.String(); got != want {
			t.Errorf("afterwards the screen says\n%s\nwant\n%s", got, want)
		}
	})
}

// TestTTY_screenIsAlwaysWhatTheBoardSays reports many events in any order and
// compares the screen with the finished lines and the region, each time. For
// every second seed the window changes, too; it is then high enough for the
// region, into however many rows its lines are broken.
func TestTTY_screenIsAlwaysWhatTheBoardSays(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 7))
			width, height := 20+random.IntN(100), 4+random.IntN(30)
			m := newTerminal(t, width, height)
			p := New(m, Options{Mode: TTY, Width: m.width, Height: m.height, Now: utc})
			defer p.Close()
			show := p.show.(*tty)
			scrolled := []string{}
			for i := range 120 {
				e := randomEvent(random, i)
				if seed%2 == 1 && i%8 == 0 {
					m.Resize(20+random.IntN(100), 300)
					<-time.After(2 * frameTime)
				}
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
				if len(painted) >= m.height() {
					t.Fatalf("seed %d: region of %d lines on %d rows", seed, len(painted), m.height())
				}
			}
			rest := m.String()
			for _, mark := range scrolled {
				i := strings.Index(rest, mark)
				if i < 0 || strings.Count(rest, mark) != 1 {
					t.Fatalf("seed %d: the line of %q is not above the region once, and in order:\n%s", seed, mark, m)
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
