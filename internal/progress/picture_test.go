package progress

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// statusPage is what `status --watch` shows, at a time and with some state of
// the third pod.
func statusPage(clock, state string) Page {
	table := statusTable()
	table.Rows[2][1] = Cell{state, Bad}
	return Page{
		Heading{Text: []Cell{{clock, Dim}}, Parts: []string{"Ctrl-C ends"}},
		Heading{
			Text:  []Cell{{Text: "cockroachdb in default: "}, {"degraded", Bad}},
			Parts: []string{"2 of 3 CockroachDB nodes live", "v26.2.5", "TLS until 2031-11-23", "ranges: 0 unavailable, 24 under-replicated"},
		},
		Remark{Mark: Cell{"!", Warn}, Text: "pod cockroachdb-2: ended with exit code 7 for the third time (CRASHED)\x1b[2J"},
		Remark{Mark: Cell{Text: "next "}, Text: "kubectl logs cockroachdb-2 --previous"},
		Gap{},
		table,
	}
}

func newPicture(m terminal) *Picture {
	return NewPicture(m, Options{Color: ColorNever, Width: m.width, Height: m.height})
}

func TestPicture_showsEachWidthAsInItsGoldenFile(t *testing.T) {
	for _, width := range []int{40, 80, 120} {
		m := newTerminal(t, width, 24)
		p := newPicture(m)
		p.Show(statusPage("14:30:00", "crashing"))
		p.Show(statusPage("14:30:05", "joining"))
		p.Close()
		golden(t, fmt.Sprintf("picture-%d.txt", width), m.String())
	}
}

func TestPicture_ofAPageIsWhatThePageItselfPrints(t *testing.T) {
	for _, width := range []int{40, 80, 120} {
		var printed strings.Builder
		if err := statusPage("14:30:00", "crashing").Write(&printed, Palette{}, width); err != nil {
			t.Fatal(err)
		}
		m := newTerminal(t, width, 40)
		p := newPicture(m)
		p.Show(statusPage("14:30:00", "crashing"))
		p.Close()
		if got := m.String(); got != printed.String() {
			t.Errorf("%d cells wide the picture is\n%s\nthe page\n%s", width, got, &printed)
		}
	}
}

func TestPicture_writesOnceAndOnlyWhatHasChanged(t *testing.T) {
	m := newTerminal(t, 120, 24)
	p := newPicture(m)
	defer p.Close()
	p.Show(statusPage("14:30:00", "crashing"))
	p.Show(statusPage("14:30:00", "crashing"))
	if n := len(m.writes()); n != 1 {
		t.Fatalf("the same page twice took %d writes, want 1", n)
	}
	p.Show(statusPage("14:30:05", "crashing"))
	writes := m.writes()
	if len(writes) != 2 || !strings.Contains(writes[1], "14:30:05") || strings.Contains(writes[1], "cockroachdb") {
		t.Errorf("another clock was written as %q, want one write of that line", writes[1:])
	}
}

func TestPicture_becomesShorterWithoutRests(t *testing.T) {
	m := newTerminal(t, 120, 24)
	p := newPicture(m)
	defer p.Close()
	fmt.Fprintln(m, "$ crdb-kube status -w")
	p.Show(statusPage("14:30:00", "crashing"))
	p.Show(Page{Heading{Text: []Cell{{Text: "gone"}}}})
	if got, want := m.String(), "$ crdb-kube status -w\ngone\n"; got != want {
		t.Errorf("the screen says\n%s\nwant\n%s", got, want)
	}
}

func TestPicture_followsTheWindowAndSaysWhatDoesNotFit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var b strings.Builder
		for _, at := range []size{{120, 6}, {120, 3}, {120, 2}, {40, 40}, {40, 9}, {200, 40}} {
			m := newTerminal(t, 120, 24)
			p := newPicture(m)
			p.Show(statusPage("14:30:00", "crashing"))
			settled(m, at.width, at.height)
			p.Close()
			fmt.Fprintf(&b, "── %d cells, %d rows\n%s", at.width, at.height, m.Visible())
			if rows := strings.Count(m.Visible(), "\n"); rows > at.height {
				t.Errorf("%d rows on a window of %d", rows, at.height)
			}
		}
		golden(t, "picture-windows.txt", b.String())
	})
}

func TestPicture_writesNothingByItself(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m := newTerminal(t, 120, 24)
		p := newPicture(m)
		defer p.Close()
		<-time.After(time.Second)
		synctest.Wait()
		if n := len(m.writes()); n != 0 {
			t.Errorf("%d writes before there was a page", n)
		}
		p.Show(statusPage("14:30:00", "crashing"))
		<-time.After(time.Hour)
		synctest.Wait()
		if n := len(m.writes()); n != 1 {
			t.Errorf("%d writes in an hour without a change, want 1", n)
		}
	})
}

func TestPicture_staysWhenItIsClosed(t *testing.T) {
	m := newTerminal(t, 120, 24)
	p := newPicture(m)
	p.Show(statusPage("14:30:00", "crashing"))
	before := m.String()
	p.Close()
	p.Close()
	p.Show(statusPage("14:30:05", "joining"))
	if got := m.String(); got != before || !m.AsFound() {
		t.Errorf("after the end the screen says\n%s\nwant\n%s", got, before)
	}
}

func TestHeading_breaksOnlyBetweenParts(t *testing.T) {
	heading := Heading{Text: []Cell{{Text: "db in ns: "}, {"ok", Good}}, Parts: []string{"3 of 3 live", "v26.2.5", "insecure", "ranges: 0 unavailable"}}
	for width, want := range map[int]string{
		0:  "db in ns: ok · 3 of 3 live · v26.2.5 · insecure · ranges: 0 unavailable",
		80: "db in ns: ok · 3 of 3 live · v26.2.5 · insecure · ranges: 0 unavailable",
		40: "db in ns: ok · 3 of 3 live · v26.2.5\n  insecure · ranges: 0 unavailable",
		20: "db in ns: ok\n  3 of 3 live\n  v26.2.5 · insecure\n  ranges: 0\n  unavailable",
	} {
		var b strings.Builder
		if err := (Page{heading}).Write(&b, Palette{}, width); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSuffix(b.String(), "\n"); got != want {
			t.Errorf("width %d: got %q, want %q", width, got, want)
		}
	}
}

func TestPage_letsNoControlCharactersThrough(t *testing.T) {
	const evil = "\x1b[2Jx\r\ny\x9b31m\u202e"
	page := Page{
		Heading{Text: []Cell{{Text: evil}}, Parts: []string{evil}},
		Remark{Mark: Cell{Text: "!"}, Text: evil},
		Table{Header: []string{"A"}, Rows: [][]Cell{{{Text: evil}}}},
	}
	m := newTerminal(t, 40, 24) // it minds what it does not know
	p := newPicture(m)
	p.Show(page)
	p.Close()
	if i := slices.IndexFunc(m.writes(), func(w string) bool { return strings.ContainsAny(w, "\r\u202e") }); i >= 0 {
		t.Errorf("it was written %q", m.writes()[i])
	}
}
