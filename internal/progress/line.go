package progress

import (
	"slices"
	"strings"
)

// span is a piece of a line in one tone, already cleaned.
type span struct {
	text string
	tone Tone
}

// line is one line of the display before it gets its colours, so that it can
// be measured and cut.
type line []span

func (l line) cells() int {
	n := 0
	for _, s := range l {
		n += cellsOf(s.text)
	}
	return n
}

// padded fills the line with spaces up to width cells.
func (l line) padded(width int) line {
	if missing := width - l.cells(); missing > 0 {
		return append(l, span{text: strings.Repeat(" ", missing)})
	}
	return l
}

// cut shortens the line to width cells; 0 or less leaves it as it is.
func (l line) cut(width int) line {
	if width <= 0 || l.cells() <= width {
		return l
	}
	var short line
	left := width
	for i, s := range l {
		n := cellsOf(s.text)
		// The span in which the room ends carries the mark; one that ends with
		// it does so too if visible text follows.
		if n > left || (n == left && l[i+1:].cells() > 0) {
			return append(short, span{cutBefore(s.text, left), s.tone})
		}
		short = append(short, s)
		left -= n
	}
	return short
}

// cutBefore is cut for a text that something follows: even if it fits it must
// make room for the mark.
func cutBefore(text string, width int) string {
	if cellsOf(text) > width {
		return cut(text, width)
	}
	return cut(text+" ", width)
}

// paint is the line as written, without spaces at its end.
func (l line) paint(p Palette) string {
	for len(l) > 0 {
		last := strings.TrimRight(l[len(l)-1].text, " ")
		if last != "" {
			l = append(l[:len(l)-1:len(l)-1], span{last, l[len(l)-1].tone})
			break
		}
		l = l[:len(l)-1]
	}
	var b strings.Builder
	for _, s := range l {
		b.WriteString(p.Paint(s.tone, s.text))
	}
	return b.String()
}

// prose is head and text, broken at spaces into lines that begin where the
// text does; width 0 breaks nothing. A head that leaves too little room for
// that is followed by lines with a small indent.
func prose(head line, text string, tone Tone, width int) []line {
	const least, small = 16, 4
	indent := head.cells()
	first, rest := 0, 0
	if width > 0 {
		first = max(1, width-indent)
		if first < least {
			indent = small
		}
		rest = max(1, width-indent)
	}
	var lines []line
	for i, part := range wrap(text, first, rest) {
		start := line{}.padded(indent)
		if i == 0 {
			start = head
		}
		lines = append(lines, append(slices.Clip(start), span{part, tone}))
	}
	return lines
}
