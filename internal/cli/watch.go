package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// watchStatus shows the status and its changes. It ends only with the context,
// or where nobody may look.
func (a *app) watchStatus(ctx context.Context, at connection, form output) error {
	show, end := a.watcher(form)
	defer end()
	err := deploy.WatchStatus(ctx, at.client, deploy.Target{Namespace: at.namespace, Name: a.name}, a.now, show)
	return a.left(ctx, err)
}

// watcher chooses how a watched status is shown.
func (a *app) watcher(form output) (show func(deploy.Glance) error, end func()) {
	out := a.streams.Out
	if !a.repaints(form, progress.StreamOf(out)) {
		return (&changes{app: a, form: form}).show, func() {}
	}
	picture := progress.NewPicture(out, progress.Options{
		Color:  progress.ChooseColor(a.color, progress.StreamOf(out), a.getenv),
		Width:  progress.WidthOf(out),
		Height: progress.HeightOf(out),
	})
	return func(g deploy.Glance) error {
		picture.Show(a.watchPage(g, form))
		return nil
	}, picture.Close
}

// repaints says whether a watched status is repainted in place: a table on a
// terminal is, unless --progress wants lines or a log would tear it.
func (a *app) repaints(form output, stream progress.Stream) bool {
	switch {
	case form != outputTable && form != outputWide:
		return false
	case a.progress != progress.Auto && a.progress != progress.TTY:
		return false
	case a.verbose > 0:
		return false
	}
	return progress.Choose(progress.Auto, stream, a.getenv) == progress.TTY
}

// watchPage is what is repainted: the time of the last look, why there is no
// newer one, and what was seen.
func (a *app) watchPage(g deploy.Glance, form output) progress.Page {
	clock := "nothing seen yet"
	if !g.Seen.IsZero() {
		clock = g.Seen.Format(time.TimeOnly)
	}
	head := progress.Heading{Text: []progress.Cell{{Text: clock, Tone: progress.Dim}}}
	if g.Trouble != nil && g.Status != nil {
		head.Parts = append(head.Parts, "seen last")
	}
	head.Parts = append(head.Parts, "Ctrl-C ends")
	page := progress.Page{head}
	if g.Trouble != nil {
		page = append(page, a.troublePage(g)...)
	}
	if g.Status == nil {
		return page
	}
	page = append(page, a.statusPage(*g.Status, form)...)
	if len(g.Status.Pods) > 0 {
		page = append(page, podTable(*g.Status, form))
	}
	return page
}

// troublePage says what to do only where there is nothing else to show.
func (a *app) troublePage(g deploy.Glance) progress.Page {
	failure := explain(g.Trouble)
	page := progress.Page{progress.Remark{Mark: progress.Cell{Text: "!", Tone: progress.Bad}, Text: failure.Message}}
	for _, line := range failure.Lines {
		if g.Status == nil && line.Label == "next" {
			page = append(page, next(a.scoped(line.Text)))
		}
	}
	return page
}

// changes prints the status anew whenever it reads differently.
type changes struct {
	app  *app
	form output
	last string
}

func (c *changes) show(g deploy.Glance) error {
	a := c.app
	now := ""
	switch {
	case g.Trouble != nil:
		now = oneLine(g.Trouble)
	case g.Status != nil:
		now = fingerprint(*g.Status)
	}
	if now == c.last {
		return nil
	}
	first := c.last == ""
	c.last = now
	switch {
	case g.Trouble != nil:
		c.trouble(now)
		return nil //nolint:nilerr // it passes
	case c.form == outputJSON:
		text, err := encodeJSON(viewOf(*g.Status), "") // one line for each
		if err == nil {
			_, err = a.streams.Out.Write(text)
		}
		return err
	}
	if err := c.separate(first); err != nil {
		return err
	}
	return a.writeStatus(*g.Status, c.form)
}

// trouble is said, and ends nothing: who watches wants to see it come back.
func (c *changes) trouble(text string) {
	// That stderr is closed leaves nowhere to say so.
	_, _ = fmt.Fprintf(c.app.streams.ErrOut, "%s  %s\n", c.app.now().Format(time.TimeOnly), progress.Clean(text))
}

// separate parts one status from that before.
func (c *changes) separate(first bool) error {
	mark := "\n" + c.app.now().Format(time.TimeOnly) + "\n"
	switch {
	case first:
		return nil
	case c.form == outputYAML:
		mark = "---\n"
	}
	_, err := fmt.Fprint(c.app.streams.Out, mark)
	return err
}

// fingerprint is the status without what changes by itself all the time.
func fingerprint(status deploy.Status) string {
	view := viewOf(status)
	view.Seen = nil
	for i := range view.Pods {
		view.Pods[i].measuresView = measuresView{}
	}
	for _, cause := range view.Causes {
		for i := range cause.Evidence {
			cause.Evidence[i].AgeSeconds = 0
		}
	}
	text, err := json.Marshal(view)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
