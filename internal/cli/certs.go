package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

const rotateTimeout = 5 * time.Minute

func (a *app) certs() *cobra.Command {
	form := outputTable
	var timeout *time.Duration
	cmd := &cobra.Command{
		Use:   "certs",
		Short: "show the certificates, when they end, and what each pod uses",
		Long: `certs shows the CA, the node's and root's certificates in their Secret, and the
certificate that each pod really shows. Keys are never printed.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := deploy.Check(a.name, deploy.Wish{}); err != nil {
				return wrongUse(cmd, err)
			}
			a.running = true
			at, err := a.dial()
			if err != nil {
				return err
			}
			ctx, cancel := limited(cmd.Context(), *timeout)
			defer cancel()
			certs, err := deploy.GetCerts(ctx, at.client, deploy.Target{Namespace: at.namespace, Name: a.name}, a.now)
			if err != nil {
				return err
			}
			return a.writeCerts(certs, form)
		},
	}
	cmd.Flags().VarP(&form, "output", "o", "table, wide, json or yaml")
	timeout = timeoutFlag(cmd, statusTimeout)
	cmd.AddCommand(a.rotateCerts())
	return cmd
}

func (a *app) rotateCerts() *cobra.Command {
	var caCert, caKey string
	var force bool
	var timeout *time.Duration
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "renew the node's and root's certificates, without downtime",
		Long: `rotate issues new certificates for the CockroachDB nodes and for root, signed by
the same CA, and makes each pod use them without a restart: connections that are
open stay open. It ends when every pod shows the new one. After an interruption
the same command finishes what was begun.

Where the certificates come from a Secret of yours, put new ones there first;
rotate then makes the pods use them.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f := upFlags{caCert: caCert, caKey: caKey}
			if err := deploy.Check(a.name, deploy.Wish{}); err != nil {
				return wrongUse(cmd, err)
			}
			if err := f.checkSecurity(); err != nil {
				return wrongUse(cmd, err)
			}
			authority, err := a.readAuthority(caCert, caKey)
			if err != nil {
				return wrongUse(cmd, err)
			}
			a.running = true
			opts := deploy.RotateOptions{Authority: authority, Now: a.now}
			if force {
				opts.Conflicts = kube.TakeOver
			}
			ctx, cancel := limited(cmd.Context(), *timeout)
			defer cancel()
			return a.runRotate(ctx, opts)
		},
	}
	cmd.Flags().StringVar(&caCert, "ca-cert", "", "the cluster's CA, PEM: `FILE`; only where its key is not in the cluster")
	cmd.Flags().StringVar(&caKey, "ca-key", "", "the key of that CA: `FILE`, PEM; it is kept in a Secret")
	cmd.Flags().BoolVar(&force, "force-conflicts", false, "take over fields that somebody else has set")
	timeout = timeoutFlag(cmd, rotateTimeout)
	return cmd
}

func (a *app) runRotate(ctx *deadline, opts deploy.RotateOptions) error {
	at, err := a.dial()
	if err != nil {
		return err
	}
	holder, err := a.holder("certs rotate")
	if err != nil {
		return err
	}
	opts.Context = at.context
	opts.Lock = deploy.LockOptions{Holder: holder, Wait: a.waitLock}
	result, err := a.doRotate(ctx, at, opts)
	if err != nil {
		return err
	}
	return a.print(rotateResult(result))
}

func (a *app) doRotate(ctx *deadline, at connection, opts deploy.RotateOptions) (deploy.RotateResult, error) {
	printer := a.printer()
	defer printer.Close()
	return deploy.Rotate(ctx, at.client, deploy.Target{Namespace: at.namespace, Name: a.name}, opts, printer.Report)
}

func rotateResult(r deploy.RotateResult) progress.Result {
	first := r.Ends.Node
	if r.Ends.Root.Before(first) {
		first = r.Ends.Root
	}
	result := progress.Result{Headline: fmt.Sprintf("renewed in %s: certificates until %s", progress.Duration(r.Elapsed), first.UTC().Format(time.DateOnly))}
	switch {
	case r.Theirs != "":
		result.Headline = fmt.Sprintf("reloaded in %s: secret/%s, until %s", progress.Duration(r.Elapsed), r.Theirs, first.UTC().Format(time.DateOnly))
	case r.Resumed:
		result.Headline = fmt.Sprintf("finished in %s what an earlier run began: certificates until %s", progress.Duration(r.Elapsed), first.UTC().Format(time.DateOnly))
	}
	pods := "no pod runs; they use them when they start"
	if r.Pods > 0 {
		pods = "shown by " + plural(r.Pods, "pod") + ", none of which was restarted"
	}
	result.Lines = []progress.Pair{{Label: "pods", Text: pods, Form: progress.Prose}}
	return result
}
