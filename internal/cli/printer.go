package cli

import (
	"io"

	"github.com/spf13/pflag"

	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// mode is how progress is shown on stderr.
func (a *app) mode() progress.Mode {
	mode := progress.Choose(a.progress, progress.StreamOf(a.streams.ErrOut), a.getenv)
	if a.verbose > 0 && mode == progress.TTY {
		return progress.Plain // client-go's log would tear the picture
	}
	return mode
}

// tells says whether progress is shown to people.
func (a *app) tells() bool {
	mode := a.mode()
	return mode != progress.JSON && mode != progress.None
}

// printer shows the events of a verb on stderr.
func (a *app) printer() *progress.Printer {
	return progress.New(a.streams.ErrOut, progress.Options{
		Mode:   a.mode(),
		Color:  progress.ChooseColor(a.color, a.errStream(), a.getenv),
		Width:  progress.WidthOf(a.streams.ErrOut),
		Height: progress.HeightOf(a.streams.ErrOut),
		Now:    a.now,
	})
}

// errStream is where stderr leads. GitLab's log shows colours; what a job
// writes to stdout may go to another program instead.
func (a *app) errStream() progress.Stream {
	if a.mode() == progress.GitLab {
		return progress.Log
	}
	return progress.StreamOf(a.streams.ErrOut)
}

// look is the palette and width for what a stream is given to read.
func (a *app) look(out any, leads progress.Stream) (progress.Palette, int) {
	return progress.NewPalette(progress.ChooseColor(a.color, leads, a.getenv)), progress.WidthOf(out)()
}

// outLook is look for stdout.
func (a *app) outLook() (progress.Palette, int) {
	return a.look(a.streams.Out, progress.StreamOf(a.streams.Out))
}

// out is stdout for what people read: a table, or the words of a result. What
// programs read goes there as it is.
func (a *app) out() io.Writer {
	if a.mode() == progress.GitHub {
		return progress.Shield(a.streams.Out)
	}
	return a.streams.Out
}

// words is stderr for all that is neither an event nor the end. How it is to be
// written is known only when the flags were read, so it is asked each time.
type words struct{ app *app }

func (w words) Write(text []byte) (int, error) {
	return progress.Beside(w.app.streams.ErrOut, w.app.mode(), w.app.now).Write(text)
}

// foresee finds --progress in arguments that could not all be read, so that
// their fault is told in the way that was asked for.
func (a *app) foresee(args []string) {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}
	mode := progress.Auto
	flags.Var(&mode, "progress", "")
	if err := flags.Parse(args); err == nil {
		a.progress = mode
	}
}
