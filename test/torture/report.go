package torture

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// The kinds of torture, as they are headed in the report.
const (
	crashes   = "Killed at every request"
	staleness = "Old news"
	faults    = "Faults"
	races     = "Races"
	foreign   = "A foreign hand during up"
	refusals  = "Refused, and nothing touched"
	alike     = "What looks alike"
	leaks     = "Nothing grows"
	inputs    = "Bad input"
	canaries  = "Planted bugs"
)

// about says what each kind of torture is.
var about = map[string]string{
	crashes: "The command gets SIGKILL at one of its requests to the API server: before that is forwarded, or after it was answered and before the answer is passed on. " +
		"Then it runs again in peace, and must end in the state of an undisturbed run: one initialisation, all acknowledged rows, nothing extra.",
	staleness: "Reads are answered as the server answered them at an earlier time, or watches leave out what happened in between. The command may fail, but loses nothing; again in peace it ends right.",
	faults: "Requests fail, one in ten or all of them for 20 s; or a part of Kubernetes stops in the middle and comes back after at most 10 s. " +
		"The command ends well, or with an error that names the fault and says what to do; it never hangs; again in peace it ends right.",
	races:    "A second command begins while the first one works on the same cluster, half of the times with `--wait-lock`. Each ends well, or says what was in its way; `up` in peace then ends right.",
	foreign:  "Somebody else changes something at one of the requests of `up`. Where `up` then ends well, everything is as it ought to be; otherwise its error names what was touched.",
	refusals: "Exit code 5, and not one value differs afterwards.",
	alike: "A verb runs among objects with nearly its labels, nearly its names, its very names in another namespace, volumes of other namespaces, and another cluster of crdb-kube: not one resourceVersion changes, and nothing but the status of what the other cluster runs. " +
		"Or somebody puts an object of their own in the place of one that the verb deletes, when the request is on its way: theirs survives.",
	leaks:    "The same command many times: objects, and files in the home and temporary folders, are the same after the last as after the second.",
	inputs:   "Everything that a person, a file, the environment or a hostile server can say wrongly: one line of error, one hint, the right exit code, nothing written, no two for the same reason. Then what is fuzzed, for some seconds each.",
	canaries: "The suite is tested too: each of these bugs is built into the program on purpose (`test/torture/canaries`), and the cases named in its head are run until one goes wrong.",
}

// order is that of the sections in the report.
func order() []string {
	return []string{crashes, staleness, faults, races, foreign, alike, refusals, leaks, inputs, canaries}
}

// report counts what was tried and what came of it.
type report struct {
	seed    uint64
	started time.Time

	mu       sync.Mutex
	cases    int
	sections []*section
	kept     int // acknowledged rows that were there afterwards
	lost     int
	failures []failure
	left     map[string]int // what the time did not suffice for
}

// section is one kind of torture.
type section struct {
	title string
	tried map[string]map[string]int // by row and column
	notes []string
}

// failure is one case that did not end as it must.
type failure struct {
	Case  string
	Wrong []string
	Story string // what was run, and what it said
}

func newReport(seed uint64) *report { return &report{seed: seed, started: time.Now()} }

// rows counts those that were looked for.
func (r *report) rows(acknowledged, lost int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept += acknowledged - lost
	r.lost += lost
}

// tried counts one case, n of what its column counts.
func (r *report) tried(title, row, column string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.section(title)
	if s.tried[row] == nil {
		s.tried[row] = map[string]int{}
	}
	s.tried[row][column] += n
	r.cases++
}

// note adds a sentence to a section.
func (r *report) note(title, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.section(title)
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// failed takes down a case that went wrong.
func (r *report) failed(f failure) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, f)
}

// leftOut takes down what was not reached.
func (r *report) leftOut(counts map[string]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = counts
}

// section finds or makes one; the lock is held.
func (r *report) section(title string) *section {
	for _, s := range r.sections {
		if s.title == title {
			return s
		}
	}
	s := &section{title: title, tried: map[string]map[string]int{}}
	r.sections = append(r.sections, s)
	return s
}

// write gives the page.
func (r *report) write(w io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprint(w, "# Reliability\n\nWritten by `make torture`; do not edit. What it does is in `test/torture`.\n\n")
	fmt.Fprintf(w, "%d cases in %s, on three real machines of `test/localkube` with the stand-in for CockroachDB, seed %d. ",
		r.cases, time.Since(r.started).Round(time.Minute), r.seed)
	fmt.Fprintf(w, "**%d failed.** Of %d acknowledged rows that were looked for afterwards, **%d were lost**.\n", len(r.failures), r.kept+r.lost, r.lost)
	for _, title := range order() {
		i := slices.IndexFunc(r.sections, func(s *section) bool { return s.title == title })
		if i < 0 {
			continue
		}
		fmt.Fprintf(w, "\n## %s\n\n%s\n", title, about[title])
		r.sections[i].write(w)
	}
	r.writeFailures(w)
	if len(r.left) > 0 {
		fmt.Fprint(w, "\n## What was not reached\n\nThe time was limited (`TORTURE_FOR`):\n\n")
	}
	for _, name := range slices.Sorted(maps.Keys(r.left)) {
		fmt.Fprintf(w, "- %s: %d\n", name, r.left[name])
	}
	fmt.Fprint(w, "\n## What is not compared\n\nTwo states count as the same when they differ only in the values of these fields:\n\n")
	for _, field := range ignored {
		fmt.Fprintf(w, "- `%s`\n", field)
	}
	fmt.Fprint(w, "\nOf `status` the phase, readiness and the numbers of pods do count. Namespaces, UIDs, names of volumes, cluster ID and incarnation are random: they are compared as what they stand for, and a time as being one. An entry with ? may be missing.\n")
}

// write gives the table of one section, and its notes.
func (s *section) write(w io.Writer) {
	columns := map[string]bool{}
	for _, row := range s.tried {
		for column := range row {
			columns[column] = true
		}
	}
	heads := slices.Sorted(maps.Keys(columns))
	if len(heads) > 0 {
		fmt.Fprintf(w, "\n| | %s |\n|---|%s\n", strings.Join(heads, " | "), strings.Repeat("---|", len(heads)))
	}
	for _, name := range slices.Sorted(maps.Keys(s.tried)) {
		fmt.Fprintf(w, "| %s |", name)
		for _, head := range heads {
			fmt.Fprintf(w, " %d |", s.tried[name][head])
		}
		fmt.Fprintln(w)
	}
	if len(s.notes) > 0 {
		fmt.Fprintln(w)
	}
	for _, note := range slices.Sorted(slices.Values(s.notes)) {
		fmt.Fprintf(w, "- %s\n", note)
	}
}

func (r *report) writeFailures(w io.Writer) {
	fmt.Fprint(w, "\n## What failed\n\n")
	if len(r.failures) == 0 {
		fmt.Fprintln(w, "Nothing.")
	}
	for _, f := range r.failures {
		fmt.Fprintf(w, "- %s\n", f.Case)
		const most = 6
		for i, wrong := range f.Wrong {
			if i == most {
				fmt.Fprintf(w, "  - and %d more\n", len(f.Wrong)-most)
				break
			}
			line, _, _ := strings.Cut(wrong, "\n")
			fmt.Fprintf(w, "  - %s\n", line)
		}
	}
}
