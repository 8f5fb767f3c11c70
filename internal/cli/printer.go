package cli

import (
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// tells says whether progress is shown to people.
func (a *app) tells() bool {
	mode := progress.Choose(a.progress, progress.StreamOf(a.streams.ErrOut), a.getenv)
	return mode == progress.TTY || mode == progress.Plain
}

// printer shows the events of a verb on stderr.
func (a *app) printer() *progress.Printer {
	stream := progress.StreamOf(a.streams.ErrOut)
	mode := progress.Choose(a.progress, stream, a.getenv)
	if a.verbose > 0 && mode == progress.TTY {
		mode = progress.Plain // client-go's log would tear the picture
	}
	return progress.New(a.streams.ErrOut, progress.Options{
		Mode:   mode,
		Color:  progress.ChooseColor(a.color, stream, a.getenv),
		Width:  progress.WidthOf(a.streams.ErrOut),
		Height: progress.HeightOf(a.streams.ErrOut),
		Now:    a.now,
	})
}

// palette and width of one of the two streams.
func (a *app) look(stream any) (progress.Palette, int) {
	return progress.NewPalette(progress.ChooseColor(a.color, progress.StreamOf(stream), a.getenv)), progress.WidthOf(stream)()
}
