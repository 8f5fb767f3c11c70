package screentest

import (
	"fmt"
	"strings"
	"testing"
)

func TestScreen_movesErasesAndWraps(t *testing.T) {
	s := New(t, 6, 4)
	fmt.Fprint(s, "one\ntwo\nthree\n", "\r\x1b[2A", "\x1b[2K2\n", "\x1b[Jthe 漢字!\n", "\x1b[?7l1234567\x1b[?7h\n")
	want := "one\n2\nthe 漢\n字!\n123457\n"
	if got := s.String(); got != want {
		t.Errorf("screen\n%q\nwant\n%q", got, want)
	}
	if got, want := s.Now().Visible(), "the 漢\n字!\n123457\n"; got != want {
		t.Errorf("visible\n%q\nwant\n%q", got, want)
	}
	fmt.Fprint(s, "\x1b[99Atop")
	if s.y != 2 {
		t.Errorf("moved up to row %d, want the first one on the screen, 2", s.y)
	}
}

func TestScreen_breaksItsRowsAnewWhenTheWindowChanges(t *testing.T) {
	s := New(t, 10, 9)
	fmt.Fprint(s, "0123456789abc\nshort\n")
	for _, c := range []struct {
		width int
		want  string
	}{
		{4, "0123|4567|89ab|c|shor|t|"},
		{10, "0123456789|abc|short|"},
		{20, "0123456789abc|short|"},
		{13, "0123456789abc|short|"},
	} {
		s.Resize(c.width, 9)
		if got := strings.ReplaceAll(s.String(), "\n", "|"); got != c.want {
			t.Errorf("%d cells wide it shows %q, want %q", c.width, got, c.want)
		}
		if s.y != len(s.rows)-1 {
			t.Errorf("the cursor is in row %d of %d", s.y, len(s.rows))
		}
	}
}

func TestScreen_knowsWhetherItIsAsItWasFound(t *testing.T) {
	for text, want := range map[string]bool{
		"":                                     true,
		"line\n":                               true,
		"\x1b[?25l\x1b[?7lx\x1b[?7h":           false,
		"\x1b[?25l\x1b[?7l\x1b[?25h":           false,
		"\x1b[?25l\x1b[?7l\n\x1b[?25h\x1b[?7h": true,
		"no end of line":                       false,
	} {
		s := New(t, 80, 24)
		fmt.Fprint(s, text)
		if got := s.Now().AsFound(); got != want {
			t.Errorf("after %q as found: %t", text, got)
		}
	}
}

// complaints counts what a screen finds wrong.
type complaints []string

func (c *complaints) Errorf(format string, args ...any) {
	*c = append(*c, fmt.Sprintf(format, args...))
}

func TestScreen_complainsOfWhatNoProgramShouldWrite(t *testing.T) {
	for _, text := range []string{"\a", "\x1b]0;title\a", "\x1b[2J", "\u009b31m", "\xff", "\x1b[", "\t", "\x7f"} {
		var found complaints
		fmt.Fprint(New(&found, 80, 24), text)
		if len(found) == 0 {
			t.Errorf("%q was taken without a word", text)
		}
	}
}
