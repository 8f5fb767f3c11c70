package progress

import (
	"fmt"
	"strings"

	"golang.org/x/term"
)

// Mode is how progress is shown: the value of --progress.
type Mode string

// Modes. Auto is resolved with Choose.
const (
	Auto   Mode = "auto"
	TTY    Mode = "tty"
	Plain  Mode = "plain"
	GitHub Mode = "github"
	GitLab Mode = "gitlab"
	JSON   Mode = "json"
	None   Mode = "none"
)

// Set makes a Mode a flag value.
func (m *Mode) Set(text string) error {
	return setOneOf(m, text, Auto, TTY, Plain, GitHub, GitLab, JSON, None)
}

// String is the mode's name.
func (m *Mode) String() string { return string(*m) }

// Type is the word for the value in a flag's help.
func (*Mode) Type() string { return "mode" }

// ColorMode is when colour is used: the value of --color.
type ColorMode string

// Colour modes. ColorAuto is resolved with ChooseColor.
const (
	ColorAuto   ColorMode = "auto"
	ColorAlways ColorMode = "always"
	ColorNever  ColorMode = "never"
)

// Set makes a ColorMode a flag value.
func (m *ColorMode) Set(text string) error {
	return setOneOf(m, text, ColorAuto, ColorAlways, ColorNever)
}

// String is the colour mode's name.
func (m *ColorMode) String() string { return string(*m) }

// Type is the word for the value in a flag's help.
func (*ColorMode) Type() string { return "when" }

func setOneOf[T ~string](field *T, text string, allowed ...T) error {
	names := make([]string, 0, len(allowed))
	for _, value := range allowed {
		if string(value) == text {
			*field = value
			return nil
		}
		names = append(names, string(value))
	}
	return fmt.Errorf("must be one of %s", strings.Join(names, ", "))
}

// Stream says where a stream leads.
type Stream string

// Kinds of streams.
const (
	Piped    Stream = "piped"
	Terminal Stream = "terminal"
	// Log is no terminal, but a log whose viewer shows colours.
	Log Stream = "log"
)

// descriptor is what a stream has that leads to a file of the system:
// *os.File, and whatever stands in for one.
type descriptor interface{ Fd() uintptr }

// StreamOf looks whether w, a reader or a writer, is a terminal.
func StreamOf(w any) Stream {
	if file, ok := w.(descriptor); ok && term.IsTerminal(int(file.Fd())) {
		return Terminal
	}
	return Piped
}

// WidthOf asks the terminal behind w for its width in cells, anew at each
// call; 0 where there is none or it does not tell.
func WidthOf(w any) func() int {
	return func() int { width, _ := sizeOf(w); return width }
}

// HeightOf is WidthOf for the number of lines.
func HeightOf(w any) func() int {
	return func() int { _, height := sizeOf(w); return height }
}

func sizeOf(w any) (width, height int) {
	file, ok := w.(descriptor)
	if !ok {
		return 0, 0
	}
	width, height, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0, 0
	}
	return width, height
}

// Choose resolves Auto: GitHub Actions and GitLab CI get what their log viewers
// understand, a terminal that can be repainted TTY, everything else Plain. Any
// other mode is taken as it is. CI systems offer terminals whose logs keep
// every frame, so CI means Plain too.
func Choose(mode Mode, stream Stream, getenv func(string) string) Mode {
	switch {
	case mode != Auto && mode != "":
		return mode
	case getenv("GITHUB_ACTIONS") == "true":
		return GitHub
	case getenv("GITLAB_CI") == "true":
		return GitLab
	case stream != Terminal || getenv("TERM") == "dumb" || isSet(getenv("CI")):
		return Plain
	}
	return TTY
}

// ChooseColor resolves ColorAuto: colour on a terminal and in a log that shows
// it, unless NO_COLOR is set (https://no-color.org) or the terminal knows none.
// An explicit always or never is taken as it is.
func ChooseColor(mode ColorMode, stream Stream, getenv func(string) string) ColorMode {
	switch {
	case mode != ColorAuto && mode != "":
		return mode
	case getenv("NO_COLOR") != "":
		return ColorNever
	case stream == Log:
		return ColorAlways
	case stream != Terminal || getenv("TERM") == "dumb":
		return ColorNever
	}
	return ColorAlways
}

func isSet(value string) bool { return value != "" && value != "0" && value != "false" }
