package progress

import (
	"fmt"
	"io"
	"time"
)

// Picture shows a page on a terminal and repaints it in place when the page or
// the window has changed. What it shows last stays.
type Picture struct {
	printer *Printer
	frame   *frame
}

// NewPicture shows nothing yet. Of the options Mode and Interval are of no use
// here. Close ends its goroutine; the terminal is as it was found without it.
func NewPicture(w io.Writer, opts Options) *Picture {
	f := &frame{
		screen: screen{w: w, palette: NewPalette(opts.Color)},
		width:  orElse(opts.Width, defaultWidth),
		height: orElse(opts.Height, defaultHeight),
	}
	p := &Printer{now: time.Now, stop: make(chan struct{}), stopped: make(chan struct{}), show: f}
	p.startTicking(opts.Ticks, frameTime)
	return &Picture{p, f}
}

// Show puts a page in place of the one before, by one write of the lines that
// differ. After Close it does nothing.
func (p *Picture) Show(page Page) {
	p.printer.mu.Lock()
	defer p.printer.mu.Unlock()
	if !p.printer.closed {
		p.frame.page = page
		p.frame.paint()
	}
}

// Close leaves the picture as it is.
func (p *Picture) Close() { p.printer.Close() }

// frame is the display of a Picture: it has no use for events.
type frame struct {
	screen        screen
	width, height func() int
	page          Page
}

func (*frame) event(Event) {}

// tick looks whether the window has changed.
func (f *frame) tick(time.Time) {
	if now := (size{f.width(), f.height()}); now != f.screen.size {
		f.paint()
	}
}

func (f *frame) aside() { f.screen.paint(nil, nil, size{f.width(), f.height()}) }
func (*frame) close()   {}

func (f *frame) paint() {
	now := size{f.width(), f.height()}
	f.screen.paint(nil, f.region(now), now)
}

// region is as much of the page as there is room for, with a line that says
// how much is missing. The cursor rests in a row of its own below.
func (f *frame) region(now size) []line {
	var lines []line
	for _, l := range f.page.lines(now.width) {
		lines = append(lines, l.cut(now.width))
	}
	room := now.height - 1
	if len(lines) <= room || room < 2 {
		return lines
	}
	missing := fmt.Sprintf("%s %d more lines: the window is too low", ellipsis, len(lines)-room+1)
	return append(lines[:room-1:room-1], line{{missing, Dim}}.cut(now.width))
}
