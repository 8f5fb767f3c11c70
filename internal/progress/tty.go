package progress

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// tty shows the running step with its pods, repainted in place, and lets
// finished steps scroll away above it.
type tty struct {
	screen        screen
	board         *board
	width, height func() int
	now           func() time.Time
	// names is the width of the longest step name so far.
	names int
	// framed is when the last frame was painted; dirty says that something
	// has changed since.
	framed time.Time
	dirty  bool
}

const (
	timeColumn  = 80 // elapsed times end here on wider terminals
	narrow      = 60 // below, columns stand closer
	spinner     = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
	leastTime   = 100 * time.Millisecond
	leastFrames = frameTime / 2 // between two frames that no tick asked for
)

func newTTY(w io.Writer, opts Options) *tty {
	return &tty{
		screen: screen{w: w, palette: NewPalette(opts.Color)},
		board:  newBoard(),
		width:  orElse(opts.Width, defaultWidth),
		height: orElse(opts.Height, defaultHeight),
		now:    opts.Now,
		names:  plainStep,
	}
}

// orElse stands in for a size that nobody knows.
func orElse(size func() int, otherwise int) func() int {
	return func() int {
		if size != nil {
			if n := size(); n > 0 {
				return n
			}
		}
		return otherwise
	}
}

func (t *tty) event(e Event) {
	e = cleanNames(e)
	t.names = max(t.names, cellsOf(e.Step))
	now := t.now()
	if e.State == Plan {
		headline := prose(nil, phrase(e), Strong, t.width())
		t.paint(now, append(headline, line{}))
		return
	}
	if e.State == Note {
		t.paint(now, t.note(e))
		return
	}
	if ended := t.board.apply(e); ended != nil {
		t.paint(now, t.ending(ended, e))
		return
	}
	t.dirty = true
	if now.Sub(t.framed) >= leastFrames {
		t.paint(now, nil)
	}
}

func (t *tty) tick(now time.Time) {
	t.paint(now, nil)
}

func (t *tty) close() {
	if t.dirty {
		t.paint(t.now(), nil)
	}
}

// aside takes the region away, so that somebody else can write; the next
// frame begins below that.
func (t *tty) aside() {
	t.screen.paint(nil, nil, size{t.width(), t.height()})
}

func (t *tty) paint(now time.Time, finished []line) {
	at := size{t.width(), t.height()}
	t.screen.paint(finished, t.region(now, at), at)
	t.framed, t.dirty = now, false
}

// region is what is repainted: the running steps and their pods, in fewer
// lines than the terminal has, if it has more lines than there are steps.
func (t *tty) region(now time.Time, at size) []line {
	width := at.width
	room := at.height - 1 - len(t.board.running)
	var lines []line
	for _, s := range t.board.running {
		elapsed := now.Sub(s.began)
		frames := []rune(spinner)
		glyph := span{string(frames[int(max(0, elapsed)/frameTime)%len(frames)]), Strong}
		lines = append(lines, t.stepLine(glyph, s.name, span{text: s.message}, elapsed, width))
		subjects := subjectLines(s.subjects, now, max(0, room), width)
		room -= len(subjects)
		lines = append(lines, subjects...)
	}
	return lines
}

// ending is what stays of a step. One that failed keeps the pods that it
// waited for: they are what explains it.
func (t *tty) ending(s *stepView, e Event) []line {
	width := t.width()
	elapsed := e.Elapsed
	if elapsed == 0 {
		elapsed = e.Time.Sub(s.began)
	}
	glyph, message := span{"✓", Good}, span{text: s.message}
	if e.State == Skipped {
		glyph, message = span{"-", Dim}, span{s.message, Dim}
	}
	if e.State == Failed {
		glyph, message = span{"✗", Bad}, span{s.message, Bad}
	}
	lines := []line{t.stepLine(glyph, s.name, message, elapsed, width)}
	if e.State == Failed {
		lines = append(lines, subjectLines(s.subjects, e.Time, len(s.subjects), width)...)
	}
	return lines
}

// note is a line that stays above the running steps. It is not cut: it is
// said once and nowhere else.
func (t *tty) note(e Event) []line {
	text := phrase(e)
	if e.Subject != "" {
		text = e.Subject + " " + text
	}
	name := e.Step
	if name == "" {
		name = "note"
	}
	width := t.width()
	return prose(t.head(span{"!", Warn}, name, width), text, Normal, width)
}

func (t *tty) head(glyph span, name string, width int) line {
	gap := 3
	if width < narrow {
		gap = 1
	}
	return line{glyph, {text: " " + pad(name, t.names+gap)}}
}

func (t *tty) stepLine(glyph span, name string, message span, elapsed time.Duration, width int) line {
	clock := ""
	if elapsed >= leastTime {
		clock = Duration(elapsed)
	}
	return withClock(append(t.head(glyph, name, width), message), clock, width)
}

// withClock puts a time at the end of the line if both have room, and cuts
// the line if not even it alone has.
func withClock(l line, clock string, width int) line {
	need := l.cells() + 2 + cellsOf(clock)
	if clock == "" || need > width {
		return l.cut(width)
	}
	end := max(need, min(width, timeColumn))
	return append(l.padded(end-cellsOf(clock)), span{clock, Dim})
}

// subjectLines are the pods of a step in at most room lines; if there are
// more, those that are waited for come first.
func subjectLines(subjects []*subjectView, now time.Time, room, width int) []line {
	shown := subjects
	if len(subjects) > room {
		if room == 0 {
			return nil
		}
		shown = mostTelling(subjects, room-1)
	}
	names := 0
	for _, v := range shown {
		names = max(names, cellsOf(shortName(v.name)))
	}
	var lines []line
	for _, v := range shown {
		clock := ""
		if age := now.Sub(v.since); v.awaited() && age >= time.Second {
			clock = wholeSeconds(age.Truncate(time.Second))
		}
		l := line{{text: "    " + pad(shortName(v.name), names) + "  "}, {v.phase, toneOf(v.state)}}
		lines = append(lines, withClock(l, clock, width))
	}
	if rest := len(subjects) - len(shown); rest > 0 {
		lines = append(lines, line{{fmt.Sprintf("    and %d more", rest), Dim}}.cut(width))
	}
	return lines
}

// mostTelling picks n subjects, the awaited ones first, in their order.
func mostTelling(subjects []*subjectView, n int) []*subjectView {
	var awaited, others []*subjectView
	for _, v := range subjects {
		if v.awaited() {
			awaited = append(awaited, v)
		} else {
			others = append(others, v)
		}
	}
	return append(awaited, others...)[:n]
}

// shortName leaves the kind out where it is plain: among steps it is pods
// that are waited for.
func shortName(subject string) string { return strings.TrimPrefix(subject, "pod/") }
