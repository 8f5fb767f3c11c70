package progress

import (
	"slices"
	"strings"
	"testing"
)

func TestCells_countWideRunesTwiceAndMarksNot(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "abc": 3, "wörd…": 5, "漢字": 4, "한국어": 6, "ｆｕｌｌ": 8, "ｱｲｳ": 3,
		"e\u0301": 1, "🚀": 2, "⠋✓✗·": 4, "Ελληνικά": 8, "𠀀": 2, "⌚": 2,
	} {
		if got := cellsOf(text); got != want {
			t.Errorf("%q takes %d cells, want %d", text, got, want)
		}
	}
}

func TestCut_endsWithAMarkWithinTheWidth(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"short", 5, "short"},
		{"longer", 5, "long…"},
		{"two words", 5, "two…"},
		{"漢字漢字", 5, "漢字…"},
		{"漢字漢字", 6, "漢字…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
		{"text", 1, "…"},
		{"text", 0, ""},
		{"", 0, ""},
	} {
		got := cut(c.text, c.width)
		if got != c.want {
			t.Errorf("cut(%q, %d) = %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestLine_isCutAcrossItsTones(t *testing.T) {
	l := line{{"one ", Good}, {"two ", Bad}, {"three", Dim}}
	want := []string{"one two three", "one two thr…", "one two th…", "one two t…", "one two …", "one two…", "one tw…", "one t…", "one …", "one…", "on…", "o…", "…"}
	for i, want := range want {
		width := 13 - i
		got := l.cut(width).paint(Palette{})
		if got != want {
			t.Errorf("cut to %d: %q, want %q", width, got, want)
		}
	}
	if got := l.cut(0).paint(Palette{}); got != "one two three" {
		t.Errorf("width 0 cut the line: %q", got)
	}
}

func TestWrap_breaksAtSpacesAndNeverInAWord(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"one two three", 0, "one two three"},
		{"one two three", 13, "one two three"},
		{"one two three", 12, "one two|three"},
		{"one two three", 7, "one two|three"},
		{"one two three", 4, "one|two|three"},
		{"a unbreakable b", 4, "a|unbreakable|b"},
		{"漢字 漢字 漢字", 9, "漢字 漢字|漢字"},
		{"", 4, ""},
	} {
		if got := strings.Join(wrap(c.text, c.width, c.width), "|"); got != c.want {
			t.Errorf("wrap(%q, %d) = %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestProse_hangsUnderItsBeginningIfThereIsRoom(t *testing.T) {
	for width, want := range map[int]string{
		0:  "! check     one two three four five six",
		28: "! check     one two three|            four five six",
		20: "! check     one two|    three four five|    six",
		3:  "! check     one|    two|    three|    four|    five|    six",
	} {
		var lines []string
		for _, l := range prose(line{{"! check     ", Warn}}, "one two three four five six", Normal, width) {
			lines = append(lines, l.paint(Palette{}))
		}
		if got := strings.Join(lines, "|"); got != want {
			t.Errorf("at width %d: %q, want %q", width, got, want)
		}
	}
}

func TestNaturally_countsAsPeopleDo(t *testing.T) {
	names := []string{"pod/b-1", "pod/a-10", "pod/a-9", "pod/a", "pod/a-010", "pod/a-2", "pod/b-0"}
	slices.SortFunc(names, naturally)
	want := "pod/a pod/a-2 pod/a-9 pod/a-10 pod/a-010 pod/b-0 pod/b-1"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("sorted %s, want %s", got, want)
	}
}
