package progress

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// emulator is a small terminal: it takes what a printer writes and knows what
// a person would see. What it does not know fails the test.
type emulator struct {
	t  *testing.T
	mu sync.Mutex
	window
}

// window is what an emulator shows and how it stands.
type window struct {
	width, height int
	rows          [][]string // cells; the second of a wide rune is ""
	x, y          int        // y counts from the first row ever written
	full          bool       // the last cell was filled: the next rune wraps
	hidden        bool
	noWrap        bool
	writes        []string
	wider         rune // takes a cell more than the printer thinks
}

func newEmulator(t *testing.T, width, height int) *emulator {
	t.Helper()
	return &emulator{t: t, window: window{width: width, height: height, rows: [][]string{nil}}}
}

// now is a copy to look at while the printer may go on writing.
func (m *emulator) now() window {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.window
	w.rows, w.writes = slices.Clone(w.rows), slices.Clone(w.writes)
	return w
}

func (m *emulator) String() string { return m.now().String() }

func (m *emulator) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	text := string(p)
	m.writes = append(m.writes, text)
	if !utf8.ValidString(text) {
		m.t.Errorf("a write is not valid UTF-8: %q", text)
	}
	for text != "" {
		if rest, ok := strings.CutPrefix(text, "\x1b["); ok {
			text = m.control(rest)
			continue
		}
		r, size := utf8.DecodeRuneInString(text)
		m.put(r)
		text = text[size:]
	}
	return len(p), nil
}

// control obeys one sequence and returns what follows it.
func (m *emulator) control(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return r >= '@' && r <= '~' })
	if end < 0 {
		m.t.Errorf("unfinished sequence %q", text)
		return ""
	}
	switch sequence := text[:end+1]; sequence {
	case "?25l":
		m.hidden = true
	case "?25h":
		m.hidden = false
	case "?7l":
		m.noWrap = true
	case "?7h":
		m.noWrap = false
	case "2K":
		m.rows[m.y] = nil
	case "J":
		m.rows = m.rows[:m.y+1]
		m.rows[m.y] = m.rows[m.y][:min(m.x, len(m.rows[m.y]))]
	default:
		m.moveOrColour(sequence)
	}
	return text[end+1:]
}

func (m *emulator) moveOrColour(sequence string) {
	if strings.HasSuffix(sequence, "m") {
		return
	}
	n := 0
	if _, err := fmt.Sscanf(sequence, "%dA", &n); err != nil || n < 1 {
		m.t.Errorf("unknown sequence %q", sequence)
		return
	}
	m.full = false
	m.y = max(m.top(), m.y-n)
}

// top is the first row that is on the screen.
func (m *emulator) top() int { return max(0, len(m.rows)-m.height) }

func (m *emulator) put(r rune) {
	switch r {
	case '\r':
		m.x, m.full = 0, false
		return
	case '\n':
		m.feed()
		return
	}
	if r < ' ' || (r >= 0x7F && r < 0xA0) {
		m.t.Errorf("control character %q reached the terminal", r)
		return
	}
	n := cellsOfRune(r)
	if r == m.wider {
		n = 2
	}
	if n == 0 {
		m.combine(r)
		return
	}
	if m.full || m.x+n > m.width {
		if m.noWrap {
			m.x = m.width - n
		} else {
			m.feed()
		}
	}
	m.full = false
	for len(m.rows[m.y]) < m.x+n {
		m.rows[m.y] = append(m.rows[m.y], " ")
	}
	m.rows[m.y][m.x] = string(r)
	if n == 2 {
		m.rows[m.y][m.x+1] = ""
	}
	if m.x += n; m.x == m.width {
		m.x, m.full = m.width-1, true
	}
}

// combine puts a mark onto the rune before it.
func (m *emulator) combine(r rune) {
	x := m.x - 1
	if m.full {
		x = m.x
	}
	for row := m.rows[m.y]; x >= 0; x-- {
		if row[x] != "" {
			row[x] += string(r)
			return
		}
	}
}

func (m *emulator) feed() {
	m.x, m.full = 0, false
	if m.y++; m.y == len(m.rows) {
		m.rows = append(m.rows, nil)
	}
}

// narrow makes the window narrower: rows that do not fit are broken, as
// terminals do that reflow.
func (m *emulator) narrow(width int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var rows [][]string
	y := 0
	for i, row := range m.rows {
		if i == m.y {
			y = len(rows)
		}
		for len(row) > width {
			rows, row = append(rows, row[:width]), row[width:]
		}
		rows = append(rows, row)
	}
	m.rows, m.y, m.width = rows, y, width
}

// String is everything that was ever written and can still be scrolled to,
// without the empty row that the cursor waits in.
func (w window) String() string {
	var b strings.Builder
	for _, row := range w.rows {
		b.WriteString(strings.TrimRight(strings.Join(row, ""), " ") + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func TestEmulator_movesErasesAndWraps(t *testing.T) {
	m := newEmulator(t, 6, 4)
	fmt.Fprint(m, "one\ntwo\nthree\n", "\r\x1b[2A", "\x1b[2K2\n", "\x1b[Jthe 漢字!\n", "\x1b[?7l1234567\x1b[?7h\n")
	want := "one\n2\nthe 漢\n字!\n123457\n"
	if got := m.String(); got != want {
		t.Errorf("screen\n%q\nwant\n%q", got, want)
	}
	fmt.Fprint(m, "\x1b[99Atop")
	if m.y != 2 {
		t.Errorf("moved up to row %d, want the first one on the screen, 2", m.y)
	}
}
