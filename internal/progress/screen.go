package progress

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// The few control sequences in use; all terminals since the VT100 know them,
// but for hiding the cursor, which those that do not know it ignore.
const (
	hideCursor = "\x1b[?25l"
	showCursor = "\x1b[?25h"
	wrapOff    = "\x1b[?7l"
	wrapOn     = "\x1b[?7h"
	eraseLine  = "\x1b[2K"
	eraseBelow = "\x1b[J"
)

// screen keeps a live region at the bottom of a terminal.
//
// A frame is one write, and gives back within it what it took: between frames
// the cursor is shown, in the first column below the region, and lines wrap.
// So there is nothing to restore, whichever way the program ends: a panic in
// any goroutine, a signal, SIGKILL, or Ctrl-Z.
type screen struct {
	w       io.Writer
	palette Palette
	region  []line
	painted []string // the region as written
	size    size     // of the terminal when it was written
}

// size is that of a terminal, in cells.
type size struct{ width, height int }

// paint writes the finished lines above the region, where they stay, and the
// region anew, as much of it as the terminal has room for. It writes only what
// has changed.
func (s *screen) paint(finished, region []line, now size) {
	// The row that the cursor rests in is one of the terminal's, too.
	region = region[:min(len(region), max(0, now.height-1))]
	painted := s.colour(region)
	var b strings.Builder
	switch {
	case len(finished) > 0 || now != s.size:
		s.up(&b, now)
		if len(s.region) > 0 {
			b.WriteString(eraseBelow)
		}
		for _, text := range s.colour(finished) {
			b.WriteString(text + "\n")
		}
		writeRegion(&b, painted, nil)
	case !slices.Equal(painted, s.painted):
		s.up(&b, now)
		writeRegion(&b, painted, s.painted)
		if len(painted) < len(s.painted) {
			b.WriteString(eraseBelow)
		}
	}
	s.region, s.painted, s.size = region, painted, now
	if b.Len() > 0 {
		_, _ = io.WriteString(s.w, hideCursor+b.String()+showCursor) // nobody is left to tell
	}
}

// up moves to the region's first line, or as far up as the terminal goes. One
// that became narrower has broken its lines into several.
func (s *screen) up(b *strings.Builder, now size) {
	rows := 0
	for _, l := range s.region {
		rows += max(1, (l.cells()+now.width-1)/now.width)
	}
	if rows > 0 {
		fmt.Fprintf(b, "\r\x1b[%dA", rows)
	}
}

// writeRegion writes the lines that differ from those on the screen, and
// steps over the others. Lines must not break even where the terminal finds
// a rune wider than we do: the way back up would be too short.
func writeRegion(b *strings.Builder, lines, before []string) {
	if len(lines) == 0 {
		return
	}
	b.WriteString(wrapOff)
	for i, text := range lines {
		switch {
		case i >= len(before):
			b.WriteString(text)
		case before[i] != text:
			b.WriteString(eraseLine + text)
		}
		b.WriteString("\n")
	}
	b.WriteString(wrapOn)
}

func (s *screen) colour(lines []line) []string {
	painted := make([]string, 0, len(lines))
	for _, l := range lines {
		painted = append(painted, l.paint(s.palette))
	}
	return painted
}
