package cockroach

import "strings"

// LastWords is the line that tells most of what a failing program of
// CockroachDB said last: its own error line, else the last line. The program
// ends with a line that only names the command that failed, and hints may
// stand between. Empty: it said nothing.
//
// Source: recorded from v21.1.2; the form is the same in later releases.
func LastWords(text string) string {
	last := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if reason, ok := strings.CutPrefix(line, "ERROR: "); ok {
			return reason
		}
		if line != "" && !strings.HasPrefix(line, "Failed running ") {
			last = line
		}
	}
	return last
}
