package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

func (a *app) upgrade() *cobra.Command {
	var force, rollback, finalise bool
	var timeout *time.Duration
	opts := deploy.UpgradeOptions{Way: deploy.Forward, Grace: deploy.DefaultGrace, Now: a.now}
	cmd := &cobra.Command{
		Use:   "upgrade {VERSION | --rollback | --finalize}",
		Short: "take a running cluster to another release, pod by pod",
		Long: `upgrade VERSION takes a running cluster to another release of the image that it
has, such as v26.2.6: the highest ordinal first, and each pod only when the
database could lose it. It stops at the first pod that does not come back, and
leaves the others as they are. Interrupted, the same command goes on.

Within a series (v26.2.5 to v26.2.6) that is all. To another series the database
is kept from finalising the upgrade by itself: until --finalize, --rollback goes
back to the release before; after it there is no way back. A series is never
skipped where CockroachDB does not allow it.

Another repository, or an image of your own: crdb-kube up --image.`,
		Args: func(_ *cobra.Command, args []string) (err error) {
			opts.To, err = whereTo(args, count(rollback)+count(finalise))
			return err
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := deploy.Check(a.name, deploy.Wish{}); err != nil {
				return wrongUse(cmd, err)
			}
			a.running = true
			switch {
			case rollback:
				opts.Way = deploy.Rollback
			case finalise:
				opts.Way = deploy.Finalise
			}
			if force {
				opts.Conflicts = kube.TakeOver
			}
			ctx, cancel := limited(cmd.Context(), *timeout)
			defer cancel()
			return a.runUpgrade(ctx, opts)
		},
	}
	cmd.Flags().BoolVar(&rollback, "rollback", false, "go back to the release before, as long as the upgrade is not finalised")
	cmd.Flags().BoolVar(&finalise, "finalize", false, "finish an upgrade to another series; there is no way back from that")
	cmd.Flags().BoolVar(&force, "force-conflicts", false, "take over fields that somebody else has set")
	cmd.Flags().Var(&duration{&opts.Grace}, "grace", "how long to wait for what may pass by itself before it counts as a failure")
	timeout = timeoutFlag(cmd, 0)
	return cmd
}

// whereTo is the release that is wanted; none where one of the flags is given
// in its place.
func whereTo(args []string, flags int) (none cockroach.Version, err error) {
	switch ways := len(args) + flags; {
	case ways == 0:
		return none, errors.New("a VERSION is wanted, or --rollback, or --finalize")
	case ways > 1:
		return none, errors.New("only one of VERSION, --rollback and --finalize is wanted")
	case len(args) == 0:
		return none, nil
	}
	version, ok := cockroach.ParseVersion(args[0])
	switch {
	case !ok:
		return none, fmt.Errorf("%q is not a release such as v26.2.6", args[0])
	case !version.Deployable():
		return none, fmt.Errorf("%s is older than v21.1.0, the oldest that can be deployed", version)
	}
	return version, nil
}

func count(set bool) int {
	if set {
		return 1
	}
	return 0
}

func (a *app) runUpgrade(ctx *deadline, opts deploy.UpgradeOptions) error {
	result, err := led(a, "upgrade", func(at connection, lock deploy.LockOptions, report func(progress.Event)) (deploy.UpgradeResult, error) {
		opts.Context, opts.Lock = at.context, lock
		return deploy.DoUpgrade(ctx, at.client, deploy.Target{Namespace: at.namespace, Name: a.name}, opts, report)
	})
	if err != nil {
		return err
	}
	return a.print(upgradeResult(result))
}

func upgradeResult(r deploy.UpgradeResult) progress.Result {
	took := progress.Duration(r.Elapsed)
	pods := plural(r.Pods, "pod") + ", one by one"
	switch {
	case r.Way == deploy.Finalise && r.From == r.To:
		return progress.Result{Headline: "nothing to finalise: the cluster works at " + r.To}
	case r.Way == deploy.Finalise:
		return progress.Result{Headline: fmt.Sprintf("finalised in %s: %s → %s; there is no way back", took, r.From, r.To)}
	case r.Pods == 0 && r.From == r.To:
		return progress.Result{Headline: "nothing to change: all pods run " + r.To}
	case r.Way == deploy.Rollback:
		return progress.Result{Headline: fmt.Sprintf("rolled back in %s to %s: %s", took, r.To, pods)}
	}
	return progress.Result{Headline: fmt.Sprintf("upgraded in %s to %s: %s", took, r.To, pods)}
}
