package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

func (a *app) logs() *cobra.Command {
	opts := deploy.LogOptions{Tail: -1}
	var timeout *time.Duration
	cmd := &cobra.Command{
		Use:   "logs [POD…]",
		Short: "the logs of all pods in one stream",
		Long: `logs prints what the database has written in all pods, or in those that are
named, in order of time, with the pod's name before each line.

With --follow it goes on until it is interrupted: through restarts, through the
deletion of a pod, and where the connection breaks, without a line twice. With
--previous it shows what the containers wrote that ran before the last restart.

On a terminal what would drive it, such as escape sequences, is spelt out; into
a pipe each line goes as it was written.`,
		Example: `  crdb-kube logs --tail 20
  crdb-kube logs -f --since 5m
  crdb-kube logs cockroachdb-1 --previous`,
		ValidArgsFunction: a.podNames(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkLogs(opts, cmd.Flags().Changed("tail")); err != nil {
				return wrongUse(cmd, err)
			}
			if err := deploy.Check(a.name, deploy.Wish{}); err != nil {
				return wrongUse(cmd, err)
			}
			a.running = true
			slices.Sort(args)
			opts.Pods = slices.Compact(args)
			ctx, cancel := limited(cmd.Context(), *timeout)
			defer cancel()
			return a.runLogs(ctx, opts)
		},
	}
	cmd.Flags().BoolVarP(&opts.Follow, "follow", "f", false, "go on with what comes, until interrupted")
	cmd.Flags().BoolVarP(&opts.Previous, "previous", "p", false, "of the containers that ran before the last restart")
	cmd.Flags().Var(&duration{&opts.Since}, "since", "leave out what is older, such as 5m")
	cmd.Flags().Int64Var(&opts.Tail, "tail", -1, "leave out all but so many last lines of each pod")
	cmd.Flags().Lookup("tail").DefValue = ""
	timeout = timeoutFlag(cmd, 0)
	return cmd
}

func checkLogs(opts deploy.LogOptions, tailed bool) error {
	wrong := func(message, hint string) error { return &usageError{[]fault{{message, hint}}} }
	switch {
	case tailed && opts.Tail < 0:
		return wrong("--tail "+strconv.FormatInt(opts.Tail, 10)+": negative", "a number of lines; without --tail all are shown")
	case opts.Follow && opts.Previous:
		return wrong("--follow and --previous: what ran before writes no more", "one of the two")
	}
	return nil
}

func (a *app) runLogs(ctx context.Context, opts deploy.LogOptions) error {
	at, err := a.dial()
	if err != nil {
		return err
	}
	access, err := deploy.Open(ctx, at.client, deploy.Target{Namespace: at.namespace, Name: a.name})
	if err != nil {
		return err
	}
	opts.Now = a.now
	opts.Write = a.logLines(access, len(opts.Pods))
	opts.Note = func(text string) {
		if a.mode() != progress.None {
			fmt.Fprintln(words{a}, "note: "+text)
		}
	}
	err = access.Logs(ctx, opts)
	if opts.Follow {
		return a.left(ctx, err)
	}
	return err
}

// logLines prints lines, with the name of their pod before them unless there is
// only one.
func (a *app) logLines(access deploy.Access, wanted int) func(pod string, line []byte) error {
	palette, _ := a.outLook()
	terminal := progress.StreamOf(a.streams.Out) == progress.Terminal
	width := len(access.Cluster.PodName(access.Cluster.Nodes - 1))
	alone := wanted == 1 || wanted == 0 && access.Cluster.Nodes == 1
	return func(pod string, line []byte) error {
		text := string(line)
		if terminal {
			text = progress.Clean(text)
		}
		if !alone {
			_, ordinal, _ := cutLast(pod, "-")
			n, _ := strconv.Atoi(ordinal)
			text = palette.Tell(n, pod) + strings.Repeat(" ", max(1, width+2-len(pod))) + text
		}
		_, err := fmt.Fprintln(a.out(), text)
		return err
	}
}

// cutLast cuts text at the last sep.
func cutLast(text, sep string) (before, after string, found bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}
