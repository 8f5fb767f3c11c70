package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// badInput is one thing that is wrong: typed, in a file, in the environment, or
// said by the server.
type badInput struct {
	// name says what is wrong; it is unique in its class.
	name string
	// args, env and files may contain {server}, {host}, {tls}, {dir} and {path};
	// files are in {dir}.
	args  []string
	env   map[string]string
	files map[string]string
	stdin string
	// world says how the server differs from that of a healthy cluster.
	world func(*world)
	code  int
	// says is a piece of the error, or where it is none of the output; next of
	// the hint.
	says, next string
}

// classes are all cases. Each has a file of its own.
func classes() map[string][]badInput {
	return map[string][]badInput{
		"flags":       badFlags(),
		"names":       badNames(),
		"quantities":  badQuantities(),
		"images":      badImages(),
		"files":       badFiles(),
		"kubeconfigs": badKubeconfigs(),
		"environment": badEnvironment(),
		"objects":     badObjects(),
		"settings":    badSettings(),
		"answers":     badAnswers(),
	}
}

// Floors: how many cases there are at least, in all and in each class.
const (
	leastCases   = 150
	leastInClass = 12
)

// most is how much a command may write about bad input, in bytes: a table of the
// most pods that there can be, and not what a server makes of one field.
const most = 128 << 10

// patience is how long a command may take over bad input: five times a request that
// fails takes 3 seconds, and several commands run side by side.
const patience = 10 * time.Second

func TestBadInput_isRefusedInOneLineAndNothingIsWritten(t *testing.T) {
	total := 0
	for class, cases := range classes() {
		total += len(cases)
		if len(cases) < leastInClass {
			t.Errorf("%s: %d cases, want %d", class, len(cases), leastInClass)
		}
		// What was seen, to show that no two fail for the same reason.
		seen := make(chan [2]string, len(cases))
		t.Run(class, func(t *testing.T) {
			for _, one := range cases {
				t.Run(one.name, func(t *testing.T) {
					t.Parallel()
					seen <- [2]string{one.name, one.try(t)}
				})
			}
		})
		close(seen)
		reasons := map[string]string{}
		for pair := range seen {
			if other := reasons[pair[1]]; other != "" && pair[1] != "" {
				t.Errorf("%s: %q and %q fail for the same reason: %s", class, other, pair[0], pair[1])
			}
			reasons[pair[1]] = pair[0]
		}
	}
	if total < leastCases {
		t.Errorf("%d cases, want %d", total, leastCases)
	}
}

// try runs the case and gives the reason that was said.
func (b badInput) try(t *testing.T) string {
	t.Helper()
	w := newWorld(t)
	if b.world != nil {
		b.world(w)
	}
	dir := t.TempDir()
	fill := strings.NewReplacer("{server}", w.URL, "{host}", w.Listener.Addr().String(), "{tls}", w.secure.URL,
		"{dir}", dir, "{path}", filepath.SplitList(os.Getenv("PATH"))[0]).Replace
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(fill(text)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("config", goodConfig)
	write("key", goodKey(t))
	for name, text := range b.files {
		write(name, text)
	}
	env := map[string]string{"PATH": os.Getenv("PATH"), "HOME": dir, "KUBECONFIG": filepath.Join(dir, "config"), "TERM": "dumb"}
	for key, value := range b.env {
		env[key] = fill(value)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	var args []string
	for _, arg := range b.args {
		args = append(args, fill(arg))
	}
	cmd := exec.CommandContext(ctx, "crdb-kube", args...)
	var stdout, stderr strings.Builder
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, strings.NewReader(b.stdin), &stdout, &stderr
	for key, value := range env {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	start := time.Now()
	err := cmd.Run()
	said := outcome{stdout: stdout.String(), stderr: stderr.String(), took: time.Since(start)}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		said.code = exit.ExitCode()
	case err != nil:
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	said.asked, said.writes = w.asked, slices.Clone(w.writes)
	for _, fault := range b.faults(said) {
		t.Error(fault)
	}
	if t.Failed() {
		t.Logf("crdb-kube %s\nexit code %d after %s, %d requests\n%s%s", strings.Join(args, " "), said.code, said.took, said.asked, shortened(said.stderr), shortened(said.stdout))
	}
	return reasonOf(said)
}

// outcome is what came of one command.
type outcome struct {
	code           int
	stdout, stderr string
	took           time.Duration
	asked          int
	writes         []string
}

// faults are what is not as all bad input is to be answered. It is pure.
func (b badInput) faults(said outcome) []string {
	var faults []string
	want := func(good bool, fault string) {
		if !good {
			faults = append(faults, fault)
		}
	}
	both := said.stdout + said.stderr
	wrong := errorsIn(said.stderr, "error: ")
	hints := errorsIn(said.stderr, "  next  ")
	want(b.says != "", "the case does not know what is to be said")
	want(said.code == b.code, "not the exit code that is wanted")
	switch {
	case b.shows():
		want(len(wrong) == 0, "an error where there is none")
		want(strings.Contains(both, b.says), "does not say "+b.says)
		want(strings.Contains(both, b.next), "does not advise "+b.next)
	default:
		want(len(wrong) == 1, "not one line of error")
		want(len(hints) == 1, "not one line of hint")
		want(strings.Contains(strings.Join(wrong, ""), b.says), "the error does not say "+b.says)
		want(strings.Contains(strings.Join(hints, ""), b.next), "the hint does not say "+b.next)
		want(said.stdout == "", "something on stdout")
	}
	want(b.code != 2 || said.asked == 0, "the server was asked")
	want(len(said.writes) == 0, "the server was written to: "+strings.Join(said.writes, ", "))
	want(!strings.Contains(both, "panic") && !strings.Contains(both, "goroutine "), "a panic")
	want(!strings.Contains(both, "%!"), "a broken format")
	want(rawIn(both) == "", "raw "+rawIn(both))
	want(len(both) < most, "floods the terminal")
	want(said.took < patience, "takes too long")
	return faults
}

// shows says whether the command prints what it was asked for, with whatever is
// wrong in it: then that is no error.
func (b badInput) shows() bool {
	return slices.Contains([]int{0, 4, 10}, b.code) || b.args[0] == "doctor"
}

func errorsIn(text, prefix string) []string {
	var found []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, prefix) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// rawIn is the first sign in a text that a terminal would obey, or that hides
// what stands there.
func rawIn(text string) string {
	for i, r := range text {
		switch {
		case r == '\n':
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			return "bytes that are no text"
		case unicode.In(r, unicode.Cc, unicode.Cf):
			return fmt.Sprintf("%U", r)
		}
	}
	return ""
}

// reasonOf is why a command failed, without the values it was given: the same
// line of the same check says the same.
func reasonOf(said outcome) string {
	lines := append(errorsIn(said.stderr, "error: "), errorsIn(said.stderr, "  next  ")...)
	if len(lines) == 0 {
		return ""
	}
	text := strings.Join(lines, " / ")
	for _, one := range []struct{ pattern, by string }{
		{`"(\\.|[^"\\])*"`, "VALUE"},
		{`http://127\.0\.0\.1:\d+`, "SERVER"},
		{`/\S*/TestBadInput\S*`, "FILE"},
		{`\d+`, "N"},
	} {
		text = regexp.MustCompile(one.pattern).ReplaceAllString(text, one.by)
	}
	return text
}

func shortened(text string) string {
	const enough = 3000
	if len(text) > enough {
		return text[:enough] + "…"
	}
	return text
}
