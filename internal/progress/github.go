package progress

import (
	"io"
	"strings"
	"time"
)

// github writes the commands that the runner of GitHub Actions takes out of a
// step's output. It reads stdout and stderr alike.
type github struct{}

func (github) through(out io.Writer) io.Writer { return Shield(out) }

func (github) begin(step string, _ time.Time) string { return "::group::" + escapeData(step) + "\n" }

func (github) end(string, time.Time, time.Time) string { return "::endgroup::\n" }

func (github) note(text string) string { return annotation("warning", "crdb-kube", text) }

// Annotate writes the failure as an error that GitHub shows in the log and
// beside the workflow's summary. The title names the command. The lines of the
// text stand in the log by themselves, and so are shielded, too.
func (f Failure) Annotate(w io.Writer, title string) error {
	var text strings.Builder
	if err := f.Write(Shield(&text), Palette{}, 0); err != nil {
		return err
	}
	if f.Cause != nil {
		title += ": " + Clean(f.Cause.ID)
	}
	message := strings.TrimPrefix(strings.TrimSuffix(text.String(), "\n"), errorLabel)
	_, err := io.WriteString(w, annotation("error", title, message))
	return err
}

// annotation is one command of one line, whatever stands in its texts.
func annotation(level, title, message string) string {
	return "::" + level + " title=" + escapeProperty(Clean(title)) + "::" + escapeData(message) + "\n"
}

// escapeData writes what follows a command as the runner reads it.
func escapeData(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

// escapeProperty does so for a command's property, which ends at a comma or colon.
func escapeProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escapeData(text))
}

// Shield lets no line through that the runner would obey: a command is two
// colons at the beginning of a line, after any white space, or ##[ anywhere in
// it. A backslash breaks either. What the runner compares is text without
// regard to signs that are invisible, so nothing but the visible signs of
// ASCII counts here.
func Shield(w io.Writer) io.Writer { return shield{w} }

type shield struct{ w io.Writer }

// Write takes whole lines: what continues one counts as another.
func (s shield) Write(text []byte) (int, error) {
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		for part := range strings.SplitAfterSeq(line, "\r") { // a line ends there, too
			b.WriteString(harmlessLine(part))
		}
	}
	if _, err := io.WriteString(s.w, b.String()); err != nil {
		return 0, err
	}
	return len(text), nil
}

func harmlessLine(line string) string {
	var b strings.Builder
	visible := "" // the last signs
	for _, r := range line {
		isFirst := visible == ""
		if isFirst && r == ':' || r == '[' && strings.HasSuffix(visible, "##") {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		if r > ' ' && r < 0x7f || r == ' ' && !isFirst {
			visible = visible[max(0, len(visible)-1):] + string(r)
		}
	}
	return b.String()
}
