package progress

import (
	"io"
	"time"
)

// folded is plain for the log viewer of a CI system, which folds the lines
// between two marks. What a step says on its way stands between them; how it
// ended stands below, so that a log with everything folded still tells all.
// A step that ends before there was anything to say has no marks.
type folded struct {
	*plain
	out   io.Writer
	marks marks
	open  *stepView // the step whose lines are being folded
}

// marks are what one system's log viewer understands.
type marks interface {
	// through is the writer for plain's lines.
	through(out io.Writer) io.Writer
	begin(step string, began time.Time) string
	end(step string, began, now time.Time) string
	// note is an event that is a note as the viewer wants it; "": as plain has it.
	note(text string) string
}

func newFolded(w io.Writer, opts Options, m marks) *folded {
	f := &folded{plain: newPlain(m.through(w), opts), out: w, marks: m}
	f.frame = f.around
	return f
}

func (f *folded) event(e Event) {
	if e.State == Note && f.annotate(cleanNames(e)) {
		return
	}
	f.plain.event(e)
	if f.open != nil && f.board.find(f.open.name) == nil {
		f.leave()
	}
}

// annotate shows a note in the system's own way, if it has one. It is seen
// unfolded, too.
func (f *folded) annotate(e Event) bool {
	text := phrase(e)
	if e.Subject != "" {
		text = e.Subject + " " + text
	}
	if e.Step != "" {
		text = e.Step + ": " + text
	}
	note := f.marks.note(text)
	if note == "" {
		return false
	}
	f.leave()
	f.write(note)
	f.spoke = f.now()
	return true
}

// around is called before each line of plain with the step that it is about.
// There is one pair of marks at a time: not every viewer knows several.
func (f *folded) around(step string) {
	running := f.board.find(step)
	if running == f.open {
		return
	}
	f.leave()
	if running != nil {
		f.write(f.marks.begin(running.name, running.began))
		f.open = running
	}
}

func (f *folded) leave() {
	if f.open != nil {
		f.write(f.marks.end(f.open.name, f.open.began, f.now()))
		f.open = nil
	}
}

// aside makes room for what is to be seen unfolded.
func (f *folded) aside() { f.leave() }

func (f *folded) close() { f.leave() }

func (f *folded) write(text string) {
	_, _ = io.WriteString(f.out, text) // nobody is left to tell
}
