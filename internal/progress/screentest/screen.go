package screentest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Reporter is told of what no program should write; *testing.T is one.
type Reporter interface {
	Errorf(format string, args ...any)
}

// Screen is a terminal. It obeys the few sequences that the program may use;
// anything else, and text that is not UTF-8, is an error. It may be written to
// and looked at from several goroutines.
type Screen struct {
	t  Reporter
	mu sync.Mutex
	View
	wider rune
}

// View is what a Screen shows, and how it stands.
type View struct {
	// Width and Height are in cells.
	Width, Height int
	// Hidden: the cursor is not to be seen.
	Hidden bool
	// NoWrap: what reaches the end of a row overwrites its last cell.
	NoWrap bool
	// Writes are all that there were, in order.
	Writes []string

	rows []row
	x, y int  // of the cursor; y counts from the first row ever written
	full bool // the last cell was filled: the next rune wraps
}

// row is a row of cells; the second cell of a wide rune is "".
type row struct {
	cells []string
	// soft: it goes on in the next row only because the window was too narrow.
	soft bool
}

// New makes an empty screen of this size in cells.
func New(t Reporter, width, height int) *Screen {
	return &Screen{t: t, View: View{Width: width, Height: height, rows: []row{{}}}}
}

// Wider makes the screen find a rune one cell wider than it should be, as
// terminals do that disagree with Unicode.
func (s *Screen) Wider(r rune) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wider = r
}

// Now is a copy to look at while the program may go on writing.
func (s *Screen) Now() View {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.View
	v.rows, v.Writes = slices.Clone(v.rows), slices.Clone(v.Writes)
	for i := range v.rows {
		v.rows[i].cells = slices.Clone(v.rows[i].cells)
	}
	return v
}

// String is View.String of Now.
func (s *Screen) String() string { return s.Now().String() }

// Visible is View.Visible of Now.
func (s *Screen) Visible() string { return s.Now().Visible() }

// AsFound is View.AsFound of Now.
func (s *Screen) AsFound() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.View.AsFound()
}

// Size is the window's, in cells.
func (s *Screen) Size() (width, height int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Width, s.Height
}

// String is everything that was ever written and can still be scrolled to,
// without the empty row that the cursor waits in.
func (v View) String() string {
	var b strings.Builder
	for _, row := range v.rows {
		b.WriteString(strings.TrimRight(strings.Join(row.cells, ""), " ") + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Visible is the part of String that is on the screen now.
func (v View) Visible() string {
	v.rows = v.rows[v.top():]
	return v.String()
}

// AsFound says whether the terminal is as it was before the program came:
// the cursor is shown, at the beginning of a row, and long rows wrap.
func (v View) AsFound() bool { return !v.Hidden && !v.NoWrap && v.x == 0 && !v.full }

// Resize makes the window narrower, wider, lower or higher. Rows are broken
// anew, as terminals do that reflow.
func (s *Screen) Resize(width, height int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rows []row
	y := 0
	for i := 0; i < len(s.rows); i++ {
		if i == s.y {
			y = len(rows)
		}
		whole := slices.Clone(s.rows[i].cells)
		for s.rows[i].soft && i+1 < len(s.rows) && i+1 != s.y {
			i++
			whole = append(whole, s.rows[i].cells...)
		}
		for len(whole) > width {
			rows, whole = append(rows, row{whole[:width:width], true}), whole[width:]
		}
		rows = append(rows, row{cells: whole})
	}
	s.rows, s.y, s.Width, s.Height = rows, y, width, height
}

// Write obeys what a program writes. It never fails.
func (s *Screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := string(p)
	s.Writes = append(s.Writes, text)
	if !utf8.ValidString(text) {
		s.t.Errorf("a write is not valid UTF-8: %q", text)
	}
	for text != "" {
		if rest, ok := strings.CutPrefix(text, "\x1b["); ok {
			text = s.control(rest)
			continue
		}
		r, size := utf8.DecodeRuneInString(text)
		s.put(r)
		text = text[size:]
	}
	return len(p), nil
}

// control obeys one sequence and returns what follows it.
func (s *Screen) control(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return r >= '@' && r <= '~' })
	if end < 0 {
		s.t.Errorf("unfinished sequence %q", text)
		return ""
	}
	switch sequence := text[:end+1]; sequence {
	case "?25l":
		s.Hidden = true
	case "?25h":
		s.Hidden = false
	case "?7l":
		s.NoWrap = true
	case "?7h":
		s.NoWrap = false
	case "2K":
		s.rows[s.y] = row{}
	case "J":
		s.rows = s.rows[:s.y+1]
		last := &s.rows[s.y]
		last.cells, last.soft = last.cells[:min(s.x, len(last.cells))], false
	default:
		s.moveOrColour(sequence)
	}
	return text[end+1:]
}

func (s *Screen) moveOrColour(sequence string) {
	if strings.HasSuffix(sequence, "m") {
		return
	}
	n := 0
	if _, err := fmt.Sscanf(sequence, "%dA", &n); err != nil || n < 1 {
		s.t.Errorf("unknown sequence %q", sequence)
		return
	}
	s.full = false
	s.y = max(s.top(), s.y-n)
}

// top is the first row that is on the screen.
func (v View) top() int { return max(0, len(v.rows)-v.Height) }
