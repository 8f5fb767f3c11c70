package deploy

import (
	"context"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// ScaleOptions are the ways in which one `scale` differs from another.
type ScaleOptions struct {
	Context string
	// Nodes is how many CockroachDB nodes there are to be.
	Nodes     int
	Conflicts kube.Force
	Lock      LockOptions
	// Grace is how long an unclear cause may stand before it ends the wait.
	Grace time.Duration
	Now   func() time.Time
}

// ScaleResult is what `scale` ends with.
type ScaleResult struct {
	// From and To are the numbers of CockroachDB nodes.
	From, To int
	// Resumed: it finished, or took back, what an earlier run began.
	Resumed bool
	Elapsed time.Duration
}

// Scale gives a cluster that runs more CockroachDB nodes or fewer. Those that
// go are decommissioned first, the highest ordinals; nothing is taken away
// before the database holds all of it elsewhere. It is `up` with no other wish.
func Scale(ctx context.Context, client *kube.Client, target Target, opts ScaleOptions, report func(progress.Event)) (ScaleResult, error) {
	u := newUp(client, target, UpOptions{
		Context: opts.Context, Wish: Wish{Nodes: &opts.Nodes}, Conflicts: opts.Conflicts, Lock: opts.Lock, Grace: opts.Grace, Now: opts.Now,
	}, report)
	var result ScaleResult
	err := u.onRunning(ctx, func(ctx context.Context) (ending, error) {
		end, err := u.checkCluster(ctx)
		result.From, result.To = u.was.Nodes, opts.Nodes
		result.Resumed = u.was.ScalingTo > 0
		if err == nil && u.course.stay > 0 {
			err = mayDo(ctx, client, target.Namespace, scaleDownPermissions(), nil)
		}
		return end, err
	}, func() []func() []step { return u.scaled() })
	result.Elapsed = opts.Now().Sub(u.started)
	return result, err
}

// scaled are the steps of `up` that have to do with the number of nodes.
func (u *up) scaled() []func() []step {
	steps := []func() []step{func() []step { return []step{{"cleanup", u.cleanup}} }}
	if u.course.stay == 0 {
		steps = append(steps, func() []step {
			return []step{{"storage", u.storage}, {"apply", u.apply}, {"start", u.start}}
		})
	}
	return append(steps, u.memberSteps, func() []step { return []step{{"ready", u.ready}, {"replicate", u.replicated}} })
}
