package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// needs is how a scenario says that it could not run here.
	needs = "needs real machines: "
	// signOf life: how often it is said what still runs.
	signOf = 30 * time.Second
)

// event is one line of `go test -json`.
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64 // seconds
}

// top is the test that the event belongs to, without its subtests.
func (e event) top() string {
	name, _, _ := strings.Cut(e.Test, "/")
	return name
}

// report gathers what all suites did.
type report struct {
	out io.Writer

	mu       sync.Mutex
	output   map[string][]string  // by package, a blank and the top test
	running  map[string]time.Time // top tests, by the same key
	passed   int
	failed   int
	left     int // could not run here, or not all of it
	faults   []string
	unproven map[string]bool
}

func newReport(out io.Writer) *report {
	return &report{
		out:      &lockedWriter{w: out},
		output:   map[string][]string{},
		running:  map[string]time.Time{},
		unproven: map[string]bool{},
	}
}

// tests is how many have ended so far.
func (r *report) tests() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.passed + r.failed + r.left
}

// fault notes what makes the whole run a failure, beside failed tests.
func (r *report) fault(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// follow reads the events of one go test until its end.
func (r *report) follow(events io.Reader) {
	end := make(chan struct{})
	var signs sync.WaitGroup
	signs.Go(func() { r.signs(end) })
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		if len(line) > 0 && json.Unmarshal(line, &e) != nil {
			fmt.Fprintf(r.out, "%s", line) // not an event: said by go itself
		} else if len(line) > 0 {
			r.take(e)
		}
		if err != nil {
			break
		}
	}
	close(end)
	signs.Wait()
}

// signs says now and then what still runs.
func (r *report) signs(end <-chan struct{}) {
	ticker := time.NewTicker(signOf)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if text := r.stillRunning(time.Now()); text != "" {
				fmt.Fprintln(r.out, text)
			}
		case <-end:
			return
		}
	}
}

func (r *report) stillRunning(now time.Time) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(r.running)) {
		_, test, _ := strings.Cut(key, " ")
		parts = append(parts, fmt.Sprintf("%s %s", test, now.Sub(r.running[key]).Round(time.Second)))
	}
	if len(parts) == 0 {
		return ""
	}
	return "  …   " + strings.Join(parts, ", ")
}

// take counts one event and shows what it means.
func (r *report) take(e event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := e.Package + " " + e.top()
	switch e.Action {
	case "run":
		if e.Test == e.top() {
			r.running[key] = time.Now()
		}
	case "output":
		r.output[key] = append(r.output[key], e.Output)
		if _, name, ok := strings.Cut(e.Output, needs); ok {
			r.unproven[strings.TrimSpace(name)] = true
		}
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "pass", "fail", "skip":
		r.ended(e, key)
	}
}

func (r *report) ended(e event, key string) {
	said := strings.Join(r.output[key], "")
	excused := strings.Contains(said, needs)
	if e.Action == "skip" && e.Test != "" && !excused {
		r.faults = append(r.faults, fmt.Sprintf("%s was skipped", e.Test))
	}
	if e.Test != e.top() {
		return // a subtest: its outcome is in its parent's
	}
	delete(r.running, key)
	delete(r.output, key)
	switch {
	case e.Test == "" && e.Action == "fail":
		fmt.Fprint(r.out, said)
		r.faults = append(r.faults, e.Package+" failed")
	case e.Test == "":
	case e.Action == "fail":
		r.failed++
		fmt.Fprintf(r.out, "%sFAIL  %s (%.1fs)\n", said, e.Test, e.Elapsed)
	case excused:
		r.left++
		fmt.Fprintf(r.out, "not   %s (needs real machines)\n", e.Test)
	default:
		r.passed++
		fmt.Fprintf(r.out, "ok    %s (%.1fs)\n", e.Test, e.Elapsed)
	}
}

// close says how it ended and returns the exit code.
func (r *report) close(took time.Duration, refuse bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, fault := range r.faults {
		fmt.Fprintln(r.out, "FAIL ", fault)
	}
	fmt.Fprintf(r.out, "%d passed, %d failed, %d left out, %s\n", r.passed, r.failed, r.left, took.Round(time.Second))
	code := 0
	if r.failed > 0 || len(r.faults) > 0 {
		code = 1
	}
	if n := len(r.unproven); n > 0 {
		if refuse {
			code = 1
		}
		fmt.Fprintf(r.out, "NOT PROVEN: %d scenarios need real machines\n", n)
	}
	return code
}

// lockedWriter lets several goroutines write whole lines.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
