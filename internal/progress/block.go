package progress

import (
	"io"
	"strings"
)

// Form says whether a text may be broken into lines.
type Form string

const (
	// Verbatim text, such as a command to copy, is never broken.
	Verbatim Form = ""
	// Prose is broken at spaces where the terminal is too narrow.
	Prose Form = "prose"
)

// Pair is one labelled line of a block. Several lines in a row with the same
// label show it once.
type Pair struct {
	Label, Text string
	Form        Form
}

// Result is what a command ends with when it did what was asked.
type Result struct {
	Headline string
	Lines    []Pair
}

// Write prints the block. Prose is wrapped to width cells; 0 means that it is
// not, as for a pipe. The error is the writer's.
func (r Result) Write(w io.Writer, p Palette, width int) error {
	lines := prose(nil, Clean(r.Headline), Strong, width)
	return writeLines(w, p, append(lines, pairLines(r.Lines, 3, width)...))
}

// Failure is what a command ends with when it did not.
type Failure struct {
	// Message names the thing first; the word error is put before it.
	Message string
	Lines   []Pair
	// Cause is why, where that is known. The block itself does not show it: its
	// ID stands in the message.
	Cause *Cause
}

const errorLabel = "error: "

// Write prints the block as Result.Write does.
func (f Failure) Write(w io.Writer, p Palette, width int) error {
	lines := prose(line{{errorLabel, Bad}}, Clean(f.Message), Normal, width)
	return writeLines(w, p, append(lines, pairLines(f.Lines, 2, width)...))
}

// pairLines aligns the texts gap cells behind the longest label.
func pairLines(pairs []Pair, gap, width int) []line {
	labels := 0
	for _, pair := range pairs {
		labels = max(labels, cellsOf(Clean(pair.Label)))
	}
	var lines []line
	last := ""
	for _, pair := range pairs {
		label := Clean(pair.Label)
		shown := label
		if label == last {
			shown = ""
		}
		last = label
		limit := 0
		if pair.Form == Prose {
			limit = width
		}
		head := line{{"  " + pad(shown, labels+gap), Dim}}
		lines = append(lines, prose(head, Clean(pair.Text), Normal, limit)...)
	}
	return lines
}

func writeLines(w io.Writer, p Palette, lines []line) error {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.paint(p) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
