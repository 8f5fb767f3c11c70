package conformance

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// recording is one recorded command.
type recording struct {
	args   []string // without the program
	stdout string
	stderr string
	exit   int // stopped: the recorder ended it
}

// stopped is the exit code that the recorder wrote for what did not end.
const stopped = 124

// recordings reads all recordings of a file.
func recordings(t *testing.T, file string) map[string]recording {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "commands", file))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]recording{}
	for block := range strings.SplitSeq("\n"+string(b), "\n== ") {
		head, body, ok := strings.Cut(block, "\n")
		name, command, named := strings.Cut(head, " :: ")
		if !ok || !named {
			continue
		}
		streams, exit, ok1 := cutLast(body, "-- exit ")
		before, stderr, ok2 := strings.Cut(streams, "-- stderr\n")
		stdout, ok3 := strings.CutPrefix(before, "-- stdout\n")
		code, err := strconv.Atoi(strings.TrimSpace(exit))
		if !ok1 || !ok2 || !ok3 || err != nil {
			t.Fatalf("%s: recording %s: not understood", file, name)
		}
		out[name] = recording{splitArgs(command)[1:], stdout, stderr, code}
	}
	return out
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// splitArgs splits a command line at spaces; quotes are as in a shell.
func splitArgs(s string) []string {
	var out []string
	var word strings.Builder
	var quote rune
	open := false
	for _, r := range s {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, open = r, true
		case quote == 0 && r == ' ':
			if open {
				out = append(out, word.String())
				word.Reset()
			}
			open = false
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if open {
		out = append(out, word.String())
	}
	return out
}

// names are what a recording says and what it is in this run.
type names []struct{ recorded, live string }

func (n names) toLive(s string) string {
	for _, p := range n {
		s = strings.ReplaceAll(s, p.recorded, p.live)
	}
	return s
}

func (n names) toRecorded(s string) string {
	for _, p := range n {
		s = strings.ReplaceAll(s, p.live, p.recorded)
	}
	return s
}

type rewrite struct {
	pattern *regexp.Regexp
	with    string
}

func rewrites() []rewrite {
	list := [][2]string{
		{`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, "<uuid>"},
		{`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?( \+0000 UTC|Z)?`, "<time>"},
		{`(?m)^(\d{4}-\d\d-\d\d)$`, "<date>"},
		{`,\d{4}-\d\d-\d\d\b`, ",<date>"},
		{`"\d{10}\.\d{9},0"`, "<expiration>"},
		{`"wallTime": "\d+"`, `"wallTime": "<nanos>"`},
		{`tcp 127\.0\.0\.1:\d+ ?-> ?127`, "tcp <client> -> 127"},
		{`(?m)^E\d{6} [0-9:.]+ \d+ \S+ +\[-\] \d+ +`, "E<log> "},
		{`cockroach-temp\d+`, "cockroach-temp<n>"},
		{`cockroach-data-\d`, "cockroach-data"},
		{`CockroachDB \S+ v21`, "CockroachDB <dist> v21"},
		{`\([^()]*, built [^()]*\)`, "(<build>)"},
		{`(?m)^build: .*`, "build: <build>"},
		{`took [0-9.]+s`, "took <s>"},
		{`(?m)^ {0,6}\d+ (\*|warning:)`, "$1"}, // the recorder's counts of repeated lines
		{`possibly because of "[^"]*"`, "possibly because of <verification>"},
	}
	var out []rewrite
	for _, p := range list {
		out = append(out, rewrite{regexp.MustCompile(p[0]), p[1]})
	}
	return out
}

// normal makes what differs from run to run equal.
func normal(s string) string {
	for _, r := range rewrites() {
		s = r.pattern.ReplaceAllString(s, r.with)
	}
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		if len(out) == 0 || out[len(out)-1] != line {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

var number = regexp.MustCompile(`\b\d+\b`)

// withoutNumbers is for output whose numbers are measurements.
func withoutNumbers(s string) string { return number.ReplaceAllString(s, "N") }
