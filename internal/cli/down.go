package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
)

const downTimeout = 2 * time.Minute

func (a *app) down() *cobra.Command {
	var deleteData, yes bool
	var timeout *time.Duration
	cmd := &cobra.Command{
		Use:   "down",
		Short: "stop the cluster and keep its data; --delete-data deletes that too",
		Long: `down stops the database, fast, and removes what up makes anew. Claims, volumes
and settings stay, and up continues with them. Only --delete-data deletes them;
it lists what dies and asks.`,
		Example: `  crdb-kube down                      stop, keep the data
  crdb-kube down --delete-data --yes  stop, delete everything, do not ask`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if yes && !deleteData {
				return wrongUse(cmd, &usageError{[]fault{{"--yes: there is nothing to confirm without --delete-data", "leave it out, or add --delete-data"}}})
			}
			if err := deploy.Check(a.name, deploy.Wish{}); err != nil {
				return wrongUse(cmd, err)
			}
			a.running = true
			consent := deploy.Unasked
			if deleteData {
				consent = deploy.Given
			}
			ctx, cancel := limited(cmd.Context(), *timeout)
			defer cancel()
			return a.runDown(ctx, consent, question{command: typed(cmd), yes: yes})
		},
	}
	cmd.Flags().BoolVar(&deleteData, "delete-data", false, "delete claims, volumes and settings with all data")
	cmd.Flags().BoolVar(&yes, "yes", false, "with --delete-data: do not ask")
	timeout = timeoutFlag(cmd, downTimeout)
	return cmd
}

func (a *app) runDown(ctx *deadline, data deploy.Consent, q question) error {
	at, err := a.dial()
	if err != nil {
		return err
	}
	holder, err := a.holder("down")
	if err != nil {
		return err
	}
	opts := deploy.DownOptions{
		Context: at.context,
		Data:    data,
		Lock:    deploy.LockOptions{Holder: holder, Wait: a.waitLock},
		Now:     a.now,
	}
	target := deploy.Target{Namespace: at.namespace, Name: a.name}
	q.at = at
	result, err := a.doDown(ctx, target, opts, q)
	if err != nil {
		return err
	}
	return a.print(downResult(result, target))
}

func (a *app) doDown(ctx *deadline, target deploy.Target, opts deploy.DownOptions, q question) (deploy.DownResult, error) {
	printer := a.printer()
	defer printer.Close()
	q.app, q.printer, q.clock = a, printer, ctx
	opts.Confirm = q.confirm
	return deploy.Down(ctx, q.at.client, target, opts, printer.Report)
}
