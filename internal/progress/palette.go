package progress

import (
	"maps"
	"slices"

	"github.com/fatih/color"
)

// Tone is what a piece of text means, from which its colour follows.
type Tone int

// Tones. Normal is the terminal's own colour.
const (
	Normal Tone = iota
	Good
	Warn
	Bad
	Dim
	Strong
)

// Palette turns tones into colours. The zero Palette uses none.
type Palette struct {
	colours map[Tone]*color.Color
	series  []*color.Color
}

// NewPalette is with colour for ColorAlways and without for anything else.
func NewPalette(mode ColorMode) Palette {
	if mode != ColorAlways {
		return Palette{}
	}
	p := Palette{colours: map[Tone]*color.Color{
		Good:   color.New(color.FgGreen),
		Warn:   color.New(color.FgYellow),
		Bad:    color.New(color.FgRed),
		Dim:    color.New(color.Faint),
		Strong: color.New(color.Bold),
	}}
	for _, one := range []color.Attribute{color.FgCyan, color.FgGreen, color.FgMagenta, color.FgYellow, color.FgBlue} {
		p.series = append(p.series, color.New(one))
	}
	for _, c := range slices.Concat(p.series, slices.Collect(maps.Values(p.colours))) {
		c.EnableColor() // whatever the environment of the process says
	}
	return p
}

// Tell gives text the colour of the n-th of several things that are to be told
// apart; there are five. It does not clean it.
func (p Palette) Tell(n int, text string) string {
	if len(p.series) == 0 || text == "" {
		return text
	}
	return p.series[n%len(p.series)].Sprint(text)
}

// Paint gives text its colour. It does not clean it.
func (p Palette) Paint(tone Tone, text string) string {
	c := p.colours[tone]
	if c == nil || text == "" {
		return text
	}
	return c.Sprint(text)
}
