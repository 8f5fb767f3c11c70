package screentest

import (
	"unicode"

	eastasian "golang.org/x/text/width"
)

// put shows one rune where the cursor is.
func (s *Screen) put(r rune) {
	switch r {
	case '\r':
		s.x, s.full = 0, false
		return
	case '\n':
		s.feed()
		return
	}
	if unicode.Is(unicode.Cc, r) {
		s.t.Errorf("control character %q reached the terminal", r)
		return
	}
	n := s.cells(r)
	if n == 0 {
		s.combine(r)
		return
	}
	if s.full || s.x+n > s.Width {
		if s.NoWrap {
			s.x = max(0, s.Width-n)
		} else {
			s.rows[s.y].soft = true
			s.feed()
		}
	}
	s.full = false
	current := &s.rows[s.y]
	for len(current.cells) < s.x+n {
		current.cells = append(current.cells, " ")
	}
	current.cells[s.x] = string(r)
	if n == 2 {
		current.cells[s.x+1] = ""
	}
	if s.x += n; s.x >= s.Width {
		s.x, s.full = s.Width-1, true
	}
}

// cells is how many cells a rune takes: 0 for marks on the rune before it, 2
// for what Unicode calls wide.
func (s *Screen) cells(r rune) int {
	n := 1
	switch kind := eastasian.LookupRune(r).Kind(); {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) && r != 0xFE0F:
		n = 0
	case kind == eastasian.EastAsianWide || kind == eastasian.EastAsianFullwidth:
		n = 2
	}
	if r == s.wider {
		n++
	}
	return n
}

// combine puts a mark onto the rune before it.
func (s *Screen) combine(r rune) {
	x := s.x - 1
	if s.full {
		x = s.x
	}
	for cells := s.rows[s.y].cells; x >= 0; x-- {
		if cells[x] != "" {
			cells[x] += string(r)
			return
		}
	}
}

func (s *Screen) feed() {
	s.x, s.full = 0, false
	if s.y++; s.y == len(s.rows) {
		s.rows = append(s.rows, row{})
	}
}
