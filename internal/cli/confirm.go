package cli

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// confirmer asks before data is deleted: with --yes not at all, on a terminal
// with the list of what dies, off a terminal it refuses.
func (a *app) confirmer(yes bool, command string) func(losing []string) error {
	return func(losing []string) error {
		switch {
		case yes || len(losing) == 0:
			return nil
		case progress.StreamOf(a.streams.In) != progress.Terminal:
			return &deploy.Error{
				Kind:    deploy.Refused,
				Message: "data: would be deleted, and there is no terminal to ask on",
				Seen:    losing,
				Next:    command + " --yes deletes it without asking",
			}
		}
		return a.ask(losing)
	}
}

func (a *app) ask(losing []string) error {
	fmt.Fprintln(a.streams.ErrOut, "This deletes, with all data in it:")
	for _, line := range losing {
		fmt.Fprintln(a.streams.ErrOut, "  "+progress.Clean(line))
	}
	fmt.Fprint(a.streams.ErrOut, "Type yes to delete it: ")
	answer, err := bufio.NewReader(a.streams.In).ReadString('\n')
	if strings.TrimSpace(answer) == "yes" {
		return nil
	}
	return &deploy.Error{Message: "declined: nothing was deleted", Err: err}
}
