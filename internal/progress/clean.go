package progress

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text that came from outside safe for a terminal and a log: one
// line, in which everything that would move the cursor, change colours,
// reorder or hide text is spelled out as an escape such as \x1b or \u202e.
// Line breaks become " · ", or after a colon a space; so do tabs. Cleaning
// twice changes nothing more.
func Clean(text string) string {
	text = strings.TrimFunc(text, isBlank)
	if isClean(text) {
		return text
	}
	clean := ""
	for line := range strings.FieldsFuncSeq(text, isLineBreak) {
		line = cleanLine(line)
		switch {
		case clean == "" || line == "":
			clean += line
		case strings.HasSuffix(clean, ":"):
			clean += " " + line
		default:
			clean += " · " + line
		}
	}
	return clean
}

func isClean(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, isHarmful)
}

// isHarmful names the runes that are not shown as one visible sign: control
// characters, line breaks, and the invisible format characters, among them
// those that reverse the direction of writing.
func isHarmful(r rune) bool {
	return isLineBreak(r) || unicode.In(r, unicode.Cc, unicode.Cf)
}

func isLineBreak(r rune) bool {
	return r == '\n' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

func isBlank(r rune) bool {
	return r == ' ' || r == '\t' || r == '\r' || isLineBreak(r)
}

func cleanLine(line string) string {
	line = strings.TrimFunc(line, isBlank)
	var b strings.Builder
	for i, r := range line {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(line[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, line[i])
		case r == '\t':
			b.WriteByte(' ')
		case !isHarmful(r):
			b.WriteRune(r)
		default:
			b.WriteString(spell(r))
		}
	}
	return b.String()
}

// spell writes a rune as programmers do.
func spell(r rune) string {
	switch {
	case r == '\r':
		return `\r`
	case r == '\a':
		return `\a`
	case r == '\b':
		return `\b`
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xFFFF:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}
