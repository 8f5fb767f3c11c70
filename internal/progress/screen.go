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

// screen keeps a live region at the bottom of a terminal. The cursor rests
// in the first column below the region between frames.
type screen struct {
	w       io.Writer
	palette Palette
	region  []line
	painted []string // the region as written
	width   int      // of the terminal when it was written
	hidden  bool
}

// paint writes the finished lines above the region, where they stay, and the
// region anew, all in one write. It writes only what has changed.
func (s *screen) paint(finished, region []line, width int) {
	var b strings.Builder
	if len(region) > 0 && !s.hidden {
		b.WriteString(hideCursor)
		s.hidden = true
	}
	painted := s.colour(region)
	if len(finished) > 0 || width != s.width {
		s.up(&b, width)
		if len(s.region) > 0 {
			b.WriteString(eraseBelow)
		}
		for _, text := range s.colour(finished) {
			b.WriteString(text + "\n")
		}
		writeRegion(&b, painted, nil)
	} else if !slices.Equal(painted, s.painted) {
		s.up(&b, width)
		writeRegion(&b, painted, s.painted)
		if len(painted) < len(s.painted) {
			b.WriteString(eraseBelow)
		}
	}
	s.region, s.painted, s.width = region, painted, width
	if len(region) == 0 {
		s.release(&b)
	}
	s.write(b.String())
}

// close gives the cursor back and leaves what is shown.
func (s *screen) close() {
	var b strings.Builder
	s.release(&b)
	s.write(b.String())
}

func (s *screen) release(b *strings.Builder) {
	if s.hidden {
		b.WriteString(showCursor)
		s.hidden = false
	}
}

// up moves to the region's first line. A terminal that became narrower has
// broken its lines into several.
func (s *screen) up(b *strings.Builder, width int) {
	rows := 0
	for _, l := range s.region {
		rows += max(1, (l.cells()+width-1)/width)
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

func (s *screen) write(text string) {
	if text != "" {
		_, _ = io.WriteString(s.w, text) // nobody is left to tell
	}
}
