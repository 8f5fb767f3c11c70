package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// printFailure says on stderr what went wrong and what to do next. It is the
// one place that prints errors.
func (a *app) printFailure(ctx context.Context, cmd *cobra.Command, err error) {
	palette, width := a.look(a.streams.ErrOut)
	for _, failure := range failures(ctx, cmd, err) {
		for i, line := range failure.Lines {
			if line.Label != "seen" {
				failure.Lines[i].Text = a.scoped(line.Text)
			}
		}
		// That stderr is closed leaves nowhere to say so.
		_ = failure.Write(a.streams.ErrOut, palette, width)
	}
}

func failures(ctx context.Context, cmd *cobra.Command, err error) []progress.Failure {
	if wrong, ok := errors.AsType[*usageError](err); ok {
		var all []progress.Failure
		for _, one := range wrong.faults {
			all = append(all, failure(one.message, nil, one.hint))
		}
		return all
	}
	if interrupted, ok := errors.AsType[Interrupted](context.Cause(ctx)); ok {
		return []progress.Failure{failure(interrupted.Error(), nil, typed(cmd)+" goes on from here")}
	}
	return []progress.Failure{explain(err)}
}

func failure(message string, seen []string, next string) progress.Failure {
	f := progress.Failure{Message: message}
	for _, line := range seen {
		f.Lines = append(f.Lines, progress.Pair{Label: "seen", Text: line, Form: progress.Prose})
	}
	if next != "" {
		f.Lines = append(f.Lines, progress.Pair{Label: "next", Text: next, Form: progress.Prose})
	}
	return f
}

// explain finds the words for an error of the layers below.
func explain(err error) progress.Failure {
	if own, ok := errors.AsType[*deploy.Error](err); ok {
		return failure(ownMessage(own), own.Seen, own.Next)
	}
	var unreachable *kube.UnreachableError
	var credentials *kube.CredentialsError
	var locked *kube.LockedError
	var wait *kube.WaitError
	switch {
	case errors.As(err, &unreachable):
		return failure(oneLine(err), nil, "start the cluster, or choose another with --context")
	case errors.As(err, &credentials):
		return failure(oneLine(err), nil, "log in again, or choose another --context or --user")
	case errors.As(err, &locked):
		return failure(oneLine(err), nil, "wait until it ends, or let this command wait with --wait-lock 5m")
	case errors.As(err, &wait) && errors.Is(err, context.DeadlineExceeded):
		return failure("timed out: waited for "+wait.Why, nil, "the same command again goes on from here; --timeout sets how long")
	case errors.Is(err, context.DeadlineExceeded):
		return failure("timed out: "+oneLine(err), nil, "the same command again goes on from here; --timeout sets how long")
	case kube.IsForbidden(err):
		return failure(oneLine(err), nil, "ask whoever runs the cluster for a role that allows it")
	}
	return failure(oneLine(err), nil, "the same command again tries again; -v shows what the server answers")
}

func ownMessage(e *deploy.Error) string {
	if e.Kind == deploy.TimedOut && e.Message == "" {
		return "timed out: not all pods are ready"
	}
	return oneLine(e)
}

func oneLine(err error) string {
	return strings.Join(strings.Fields(fmt.Sprint(err)), " ")
}
