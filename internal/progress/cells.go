package progress

import (
	"strings"
	"unicode"

	eastasian "golang.org/x/text/width"
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

// isWide follows Unicode's EastAsianWidth.txt.
func isWide(r rune) bool {
	kind := eastasian.LookupRune(r).Kind()
	return kind == eastasian.EastAsianWide || kind == eastasian.EastAsianFullwidth
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
