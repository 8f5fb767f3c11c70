package progress

import (
	"strings"
	"unicode"
)

const ellipsis = "…"

// cellsOf is how many cells of a terminal a cleaned text takes.
func cellsOf(text string) int {
	n := 0
	for _, r := range text {
		n += cellsOfRune(r)
	}
	return n
}

// cellsOfRune is 0 for marks that combine with the rune before them, 2 for
// wide East Asian signs and pictures, else 1. Where terminals differ it errs
// on the wide side, so that a line rather ends early than wraps.
func cellsOfRune(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case r == 0xFE0F: // asks for the picture form, which may be wider
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case isWide(r):
		return 2
	}
	return 1
}

// isWide holds the wide and full-width ranges of Unicode's EastAsianWidth.txt,
// neighbouring ones joined.
func isWide(r rune) bool {
	if r < 0x1100 {
		return false
	}
	ranges := [...]struct{ from, to rune }{
		{0x1100, 0x115F},
		{0x231A, 0x231B},
		{0x2329, 0x232A},
		{0x23E9, 0x23EC},
		{0x23F0, 0x23F0},
		{0x23F3, 0x23F3},
		{0x25FD, 0x25FE},
		{0x2614, 0x2615},
		{0x2630, 0x2637},
		{0x2648, 0x2653},
		{0x267F, 0x267F},
		{0x268A, 0x268F},
		{0x2693, 0x2693},
		{0x26A1, 0x26A1},
		{0x26AA, 0x26AB},
		{0x26BD, 0x26BE},
		{0x26C4, 0x26C5},
		{0x26CE, 0x26CE},
		{0x26D4, 0x26D4},
		{0x26EA, 0x26EA},
		{0x26F2, 0x26F3},
		{0x26F5, 0x26F5},
		{0x26FA, 0x26FA},
		{0x26FD, 0x26FD},
		{0x2705, 0x2705},
		{0x270A, 0x270B},
		{0x2728, 0x2728},
		{0x274C, 0x274C},
		{0x274E, 0x274E},
		{0x2753, 0x2755},
		{0x2757, 0x2757},
		{0x2795, 0x2797},
		{0x27B0, 0x27B0},
		{0x27BF, 0x27BF},
		{0x2B1B, 0x2B1C},
		{0x2B50, 0x2B50},
		{0x2B55, 0x2B55},
		{0x2E80, 0x303E},
		{0x3041, 0xA4CF},
		{0xA960, 0xA97C},
		{0xAC00, 0xD7A3},
		{0xF900, 0xFAFF},
		{0xFE10, 0xFE19},
		{0xFE30, 0xFE6F},
		{0xFF01, 0xFF60},
		{0xFFE0, 0xFFE6},
		{0x16FE0, 0x1B2FB},
		{0x1D300, 0x1D376},
		{0x1F004, 0x1F004},
		{0x1F0CF, 0x1F0CF},
		{0x1F18E, 0x1F19A},
		{0x1F200, 0x1F64F},
		{0x1F680, 0x1F6FF},
		{0x1F7E0, 0x1F7F0},
		{0x1F900, 0x1FAFF},
		{0x20000, 0x3FFFD},
	}
	for _, wide := range ranges {
		if r <= wide.to {
			return r >= wide.from
		}
	}
	return false
}

// cut shortens a text to at most width cells, the last of which then says so.
func cut(text string, width int) string {
	if cellsOf(text) <= width {
		return text
	}
	if width <= 0 {
		return ""
	}
	used := 0
	for i, r := range text {
		if used += cellsOfRune(r); used > width-1 {
			return strings.TrimRight(text[:i], " ") + ellipsis
		}
	}
	return text
}

// pad fills a text up to width cells.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-cellsOf(text)))
}

// wrap breaks a text at spaces into lines, the first of at most first cells,
// the others of at most rest; a word that is longer is not broken. A width of
// 0 or less breaks nothing.
func wrap(text string, first, rest int) []string {
	if first <= 0 || rest <= 0 || cellsOf(text) <= first {
		return []string{text}
	}
	var lines []string
	line, room := "", first
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case cellsOf(line)+1+cellsOf(word) <= room:
			line += " " + word
		default:
			lines = append(lines, line)
			line, room = word, rest
		}
	}
	return append(lines, line)
}
