package cli

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

func (a *app) scale() *cobra.Command {
	var force bool
	var timeout *time.Duration
	var nodes int
	grace := deploy.DefaultGrace
	cmd := &cobra.Command{
		Use:   "scale N",
		Short: "give a running cluster more nodes, or fewer, without losing a row",
		Long: `scale gives a running cluster N nodes, 3 or more.

More: claims are made first, then the pods start and join, and it waits until
no range is under-replicated.

Fewer: the pods with the highest ordinals go. Their CockroachDB nodes are
decommissioned first, that is they hand over every replica; only then the pods
stop, and their claims and volumes are deleted, for such a store is never let in
again. Interrupted, the same command goes on. Until the pods stop, scale with
the old number calls the CockroachDB nodes back.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("one number of nodes is wanted, not %d arguments", len(args))
			}
			n, err := strconv.Atoi(args[0])
			if err != nil {
				return fmt.Errorf("%q is not a number of nodes", args[0])
			}
			nodes = n
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := deploy.Check(a.name, deploy.Wish{Nodes: &nodes}); err != nil {
				return wrongUse(cmd, wrongNumber(nodes, err))
			}
			a.running = true
			opts := deploy.ScaleOptions{Nodes: nodes, Grace: grace, Now: a.now}
			if force {
				opts.Conflicts = kube.TakeOver
			}
			ctx, cancel := limited(cmd.Context(), *timeout)
			defer cancel()
			return a.runScale(ctx, opts)
		},
	}
	cmd.Flags().BoolVar(&force, "force-conflicts", false, "take over fields that somebody else has set")
	cmd.Flags().Var(&duration{&grace}, "grace", "how long to wait for what may pass by itself before it counts as a failure")
	timeout = timeoutFlag(cmd, 0)
	return cmd
}

// wrongNumber is about an argument, where elsewhere it is about a flag.
func wrongNumber(nodes int, err error) error {
	for _, one := range cockroach.Faults(err) {
		if one.Field == "nodes" {
			return &usageError{[]fault{{fmt.Sprintf("%d nodes: %s", nodes, one.Reason), one.Hint}}}
		}
	}
	return err
}

func (a *app) runScale(ctx *deadline, opts deploy.ScaleOptions) error {
	result, err := led(a, "scale", func(at connection, lock deploy.LockOptions, report func(progress.Event)) (deploy.ScaleResult, error) {
		opts.Context, opts.Lock = at.context, lock
		return deploy.Scale(ctx, at.client, deploy.Target{Namespace: at.namespace, Name: a.name}, opts, report)
	})
	if err != nil {
		return err
	}
	return a.print(scaleResult(result))
}

// led runs a verb that holds the cluster's lock, and shows what it reports.
func led[R any](a *app, verb string, do func(connection, deploy.LockOptions, func(progress.Event)) (R, error)) (R, error) {
	var none R
	at, err := a.dial()
	if err != nil {
		return none, err
	}
	holder, err := a.holder(verb)
	if err != nil {
		return none, err
	}
	printer := a.printer()
	defer printer.Close()
	return do(at, deploy.LockOptions{Holder: holder, Wait: a.waitLock}, printer.Report)
}

func scaleResult(r deploy.ScaleResult) progress.Result {
	took := progress.Duration(r.Elapsed)
	headline := fmt.Sprintf("scaled in %s: %d → %s", took, r.From, plural(r.To, "node"))
	switch {
	case r.From == r.To && r.Resumed:
		headline = fmt.Sprintf("back in %s: %s", took, plural(r.To, "node"))
	case r.From == r.To:
		headline = fmt.Sprintf("nothing to change: %s", plural(r.To, "node"))
	}
	return progress.Result{Headline: headline}
}
