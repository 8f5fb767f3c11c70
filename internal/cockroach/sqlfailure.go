package cockroach

import (
	"regexp"
	"slices"
	"strings"
)

// ScriptFailure is the database's own line of error from what ScriptCommand
// left on stderr. It may repeat words of the statements: what follows PASSWORD
// in them, and every quoted text of eight characters and more, is taken out.
func ScriptFailure(text, stderr string) string {
	line := lastLine(stderr)
	for one := range strings.Lines(stderr) {
		if message, ok := strings.CutPrefix(oneLine(one), "ERROR: "); ok {
			line = message
			break
		}
	}
	for _, secret := range secrets(text) {
		word := regexp.MustCompile(`(^|[^\pL\pN_])` + regexp.QuoteMeta(secret) + `([^\pL\pN_]|$)`)
		for range 2 { // two beside each other share what stands between them
			line = word.ReplaceAllString(line, "${1}…${2}")
		}
	}
	return line
}

// secrets are the parts of the text that may be, longest first.
func secrets(text string) []string {
	var all []string
	take := func(pattern string, least int) {
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			if part := oneLine(strings.Join(match[1:], "")); len(part) >= least {
				all = append(all, part)
			}
		}
	}
	take(`'((?:[^']|'')*)'`, 8)
	take(`(?i)\bPASSWORD\s+(?:[be]?'((?:[^']|'')*)'|"([^"]*)"|([^\s'";]+))`, 1)
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(all)
}
