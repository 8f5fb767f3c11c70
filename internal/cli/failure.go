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

// printEnd says on stderr what went wrong and what to do next, and to programs
// in any case how it ended. It is the one place that prints errors.
func (a *app) printEnd(ctx context.Context, cmd *cobra.Command, err error, code int) {
	end := a.said
	all := a.told(ctx, cmd, err)
	if len(all) > 0 {
		end = progress.End{} // which is no longer true
	}
	end.ExitCode = code
	palette, width := a.look(a.streams.ErrOut, a.errStream())
	for _, failure := range all {
		// That stderr is closed leaves nowhere to say so.
		switch a.mode() {
		case progress.JSON:
			end = failing(end, failure)
		case progress.GitHub:
			_ = failure.Annotate(a.streams.ErrOut, cmd.CommandPath())
		default:
			_ = failure.Write(a.streams.ErrOut, palette, width)
		}
	}
	if a.mode() == progress.JSON {
		_ = end.Write(a.streams.ErrOut, a.now())
	}
}

// told are the failures that are still to be said, as the user has to type
// what they advise.
func (a *app) told(ctx context.Context, cmd *cobra.Command, err error) []progress.Failure {
	if _, silent := errors.AsType[*exitError](err); silent || err == nil {
		return nil
	}
	all := failures(ctx, cmd, err)
	for _, failure := range all {
		for i, line := range failure.Lines {
			if line.Label != "seen" {
				failure.Lines[i].Text = a.scoped(line.Text)
			}
		}
	}
	return all
}

// failing is the end with one more failure. There are several of wrong use only.
func failing(end progress.End, failure progress.Failure) progress.End {
	end.Message = joinedBy("; ", end.Message, failure.Message)
	end.Cause = failure.Cause
	for _, line := range failure.Lines {
		switch line.Label {
		case "seen":
			end.Seen = append(end.Seen, line.Text)
		case "next":
			end.Next = joinedBy("; ", end.Next, line.Text)
		}
	}
	return end
}

func joinedBy(separator, first, second string) string {
	if first == "" {
		return second
	}
	return first + separator + second
}

func failures(ctx context.Context, cmd *cobra.Command, err error) []progress.Failure {
	if wrong, ok := errors.AsType[*usageError](err); ok {
		var all []progress.Failure
		for _, one := range wrong.faults {
			all = append(all, failure(one.message, nil, one.hint))
		}
		return all
	}
	if interrupted, ok := interruption(ctx); ok {
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
		f := failure(ownMessage(own), own.Seen, own.Next)
		f.Cause = own.Cause
		return f
	}
	if command, ok := errors.AsType[*commandError](err); ok {
		return failure(oneLine(err), nil, command.next)
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
