package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// question is asked before data is deleted.
type question struct {
	app     *app
	printer *progress.Printer
	clock   *deadline
	at      connection
	// command is what was typed, for the hint to say it again with --yes.
	command string
	yes     bool
}

// confirm asks on a terminal, with the list of what dies; with --yes it only
// shows the list; off a terminal, and among JSON lines, it refuses.
func (q question) confirm(losing []string) error {
	switch {
	case len(losing) == 0:
		return nil
	case q.yes:
		if q.app.tells() {
			q.printer.Aside(func() { q.show(losing) })
		}
		return nil
	case q.app.mode() == progress.JSON:
		return q.refused("with --progress json nobody is asked", losing)
	case progress.StreamOf(q.app.streams.In) != progress.Terminal:
		return q.refused("there is no terminal to ask on", losing)
	}
	var err error
	resume := q.clock.pause()
	defer resume()
	q.printer.Aside(func() {
		q.show(losing)
		err = q.ask()
	})
	return err
}

func (q question) refused(why string, losing []string) error {
	return &deploy.Error{
		Kind:    deploy.Refused,
		Message: "data of " + q.which() + ": would be deleted, and " + why,
		Seen:    losing,
		Next:    q.command + " --yes deletes it without asking",
	}
}

func (q question) which() string {
	return fmt.Sprintf("cluster %s in namespace %s on %s", q.app.name, q.at.namespace, q.at.context)
}

func (q question) show(losing []string) {
	out := words{q.app}
	fmt.Fprintf(out, "This deletes the data of %s:\n", progress.Clean(q.which()))
	for _, line := range losing {
		fmt.Fprintln(out, "  "+progress.Clean(line))
	}
}

// ask reads the answer, unless the command is interrupted first. Who reads
// on then does so until the program ends.
func (q question) ask() error {
	fmt.Fprint(words{q.app}, "Type yes to delete it: ")
	answers := make(chan string, 1)
	go func() {
		answer, _ := bufio.NewReader(q.app.streams.In).ReadString('\n') // the end of input is a no
		answers <- answer
	}()
	select {
	case <-q.clock.Done():
		fmt.Fprintln(words{q.app})
		return context.Cause(q.clock)
	case answer := <-answers:
		if strings.TrimSpace(answer) == "yes" {
			return nil
		}
		if !strings.HasSuffix(answer, "\n") {
			fmt.Fprintln(words{q.app})
		}
	}
	return &deploy.Error{Message: "declined: nothing was deleted", Next: "crdb-kube status shows what there is"}
}
