package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

func (a *app) restart() *cobra.Command {
	var force bool
	var timeout *time.Duration
	grace := deploy.DefaultGrace
	cmd := &cobra.Command{
		Use:   "restart [POD]",
		Short: "restart the pods one by one, without losing a row or the quorum",
		Long: `restart replaces the pods one by one, the highest ordinal first. Before each one,
and after the last, it waits until all CockroachDB nodes live and no range has
been unavailable or under-replicated for 12 seconds. It stops at the first pod
that does not come back, and leaves the others as they are.

Interrupted, the same command goes on with the pods that are left. With POD it
restarts that one alone.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("unexpected argument %q", args[1])
			}
			return nil
		},
		ValidArgsFunction: a.podNames(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := deploy.Check(a.name, deploy.Wish{}); err != nil {
				return wrongUse(cmd, err)
			}
			a.running = true
			opts := deploy.RestartOptions{Grace: grace, Now: a.now}
			if len(args) == 1 {
				opts.Pod = args[0]
			}
			if force {
				opts.Conflicts = kube.TakeOver
			}
			ctx, cancel := limited(cmd.Context(), *timeout)
			defer cancel()
			return a.runRestart(ctx, opts)
		},
	}
	cmd.Flags().BoolVar(&force, "force-conflicts", false, "take over fields that somebody else has set")
	cmd.Flags().Var(&duration{&grace}, "grace", "how long to wait for what may pass by itself before it counts as a failure")
	timeout = timeoutFlag(cmd, 0)
	return cmd
}

func (a *app) runRestart(ctx *deadline, opts deploy.RestartOptions) error {
	result, err := led(a, "restart", func(at connection, lock deploy.LockOptions, report func(progress.Event)) (deploy.RestartResult, error) {
		opts.Context, opts.Lock = at.context, lock
		return deploy.Restart(ctx, at.client, deploy.Target{Namespace: at.namespace, Name: a.name}, opts, report)
	})
	if err != nil {
		return err
	}
	return a.print(restartResult(result))
}

func restartResult(r deploy.RestartResult) progress.Result {
	headline := fmt.Sprintf("restarted in %s: %s, one by one", progress.Duration(r.Elapsed), plural(r.Pods, "pod"))
	switch {
	case r.Resumed:
		headline = fmt.Sprintf("finished in %s what was begun: %s restarted", progress.Duration(r.Elapsed), plural(r.Pods, "pod"))
	case r.Pods == 1:
		headline = fmt.Sprintf("restarted in %s: 1 pod", progress.Duration(r.Elapsed))
	}
	return progress.Result{Headline: headline}
}
