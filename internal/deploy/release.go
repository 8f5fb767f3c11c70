package deploy

import (
	"context"
	"fmt"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// UpgradeWay is what `upgrade` is to do.
type UpgradeWay string

const (
	// Forward goes to another release.
	Forward UpgradeWay = "forward"
	// Rollback goes back to the image before.
	Rollback UpgradeWay = "rollback"
	// Finalise ends an upgrade to another series: there is no way back from it.
	Finalise UpgradeWay = "finalise"
)

// UpgradeOptions are the ways in which one `upgrade` differs from another.
type UpgradeOptions struct {
	Context string
	Way     UpgradeWay
	// To is the release to go to, where the way is Forward.
	To        cockroach.Version
	Conflicts kube.Force
	Lock      LockOptions
	// Grace is how long an unclear cause may stand before it ends the wait.
	Grace time.Duration
	Now   func() time.Time
}

// UpgradeResult is what `upgrade` ends with.
type UpgradeResult struct {
	Way UpgradeWay
	// From and To are images, or for Finalise versions of the cluster.
	From, To string
	// Pods is how many were replaced by this run.
	Pods int
	// Kind is what it took; empty where an earlier run had begun it.
	Kind    cockroach.Upgrade
	Elapsed time.Duration
}

// finalStall is how long nothing may come of a finalising. It moves data where
// there is much, and says nothing meanwhile.
const finalStall = 30 * time.Minute

// upgrade is one run of the verb.
type upgrade struct {
	*up
	way    UpgradeWay
	to     cockroach.Version
	result UpgradeResult
}

// DoUpgrade takes a cluster that runs to another release, pod by pod, each only
// when the database could lose it; or back; or ends such an upgrade for good.
// The image's repository is kept.
func DoUpgrade(ctx context.Context, client *kube.Client, target Target, opts UpgradeOptions, report func(progress.Event)) (UpgradeResult, error) {
	v := &upgrade{way: opts.Way, to: opts.To, result: UpgradeResult{Way: opts.Way}, up: newUp(client, target, UpOptions{
		Context: opts.Context, Conflicts: opts.Conflicts, Lock: opts.Lock, Grace: opts.Grace, Now: opts.Now,
	}, report)}
	err := v.onRunning(ctx, v.decideWay, v.steps)
	v.result.Pods, v.result.Kind = v.rolledPods, v.kind
	v.result.Elapsed = opts.Now().Sub(v.started)
	return v.result, err
}

// decideWay turns the way into what `up` would be told.
func (v *upgrade) decideWay(ctx context.Context) (ending, error) {
	if _, err := v.found(ctx); err != nil { // another command may have held the lock until now
		return ending{}, err
	}
	record := *v.seen.record
	if record.ScalingTo > 0 {
		return ending{}, underWay(record)
	}
	image := record.Image
	switch v.way {
	case Finalise:
		v.sayWhere()
		return done("%s, image %s", progress.Count(record.Nodes, "pod"), image), nil
	case Forward:
		if version, ok := cockroach.VersionOf(image); !ok || version != v.to {
			image = cockroach.WithVersion(image, v.to)
		}
	case Rollback:
		if record.Previous != "" {
			image = record.Previous
		}
	}
	v.result.From, v.result.To = record.Image, image
	v.opts.Wish.Image = &image
	v.back = v.way == Rollback
	end, err := v.checkCluster(ctx)
	if err == nil && v.back {
		err = v.mayGoBack(ctx, record)
	}
	return end, err
}

// mayGoBack refuses a way back that there is not.
func (v *upgrade) mayGoBack(ctx context.Context, record cockroach.Cluster) error {
	unfinished := v.seen.set != nil && v.seen.set.Status.CurrentRevision != v.seen.set.Status.UpdateRevision
	if record.Previous == "" {
		if unfinished {
			return nil // an earlier run was interrupted on its way back
		}
		return &Error{
			Kind:    Refused,
			Message: v.target.Name + ": no upgrade is recorded that could be taken back",
			Next:    "crdb-kube status says what runs",
		}
	}
	before, ok := cockroach.VersionOf(record.Previous)
	if !ok {
		return nil
	}
	active, settled, err := v.active(ctx)
	if err != nil {
		return err
	}
	if !settled || active != before.Series() {
		return &Error{
			Kind:    Refused,
			Message: fmt.Sprintf("%s: works at %s, which %s cannot read: the upgrade is finalised, or being finalised", v.target.Name, active, before),
			Next:    "there is no way back from that, but a backup restored into another cluster",
		}
	}
	return nil
}

func (v *upgrade) steps() []func() []step {
	switch v.way {
	case Finalise:
		return []func() []step{func() []step { return []step{{"finalise", v.finalise}} }}
	case Rollback:
		return []func() []step{v.imageSteps, v.rollSteps, func() []step { return []step{{"release", v.letGo}} }}
	case Forward:
	}
	return []func() []step{v.holdSteps, v.imageSteps, v.rollSteps}
}

// imageSteps record the other image, and give it to the StatefulSet, but to no
// pod yet.
func (v *upgrade) imageSteps() []step {
	return []step{{"record", func(ctx context.Context) (ending, error) {
		if err := v.saveSettings(ctx); err != nil {
			return ending{}, err
		}
		return done("image %s", v.cluster.Image), nil
	}}, {"apply", v.apply}}
}

// letGo ends what holds finalising back once the older release runs again
// everywhere: there is nothing to hold any more.
func (v *upgrade) letGo(ctx context.Context) (ending, error) {
	runs := v.releases(ctx)
	if len(runs) != 1 {
		return skipped("the pods run %s", progress.And(versionWords(runs))), nil
	}
	_, err := v.through(ctx, v.cluster.Nodes, question{args: v.cluster.LetGo(runs[0]), what: "resetting what held the upgrade back"})
	return done("nothing is held back any more"), err
}

func versionWords(all []cockroach.Version) []string {
	var words []string
	for _, one := range all {
		words = append(words, one.String())
	}
	return words
}

// finalise ends an upgrade: all members run one series, nobody is missing, and
// the cluster works at that series from then on.
func (v *upgrade) finalise(ctx context.Context) (ending, error) {
	to, err := v.oneSeries(ctx)
	if err != nil {
		return ending{}, err
	}
	active, settled, err := v.active(ctx)
	if err != nil {
		return ending{}, err
	}
	v.result.From, v.result.To = active.String(), to.Series().String()
	already := settled && active == to.Series()
	if _, err := v.through(ctx, v.cluster.Nodes, question{args: v.cluster.LetGo(to), what: "letting the upgrade go on"}); err != nil {
		return ending{}, err
	}
	if !already {
		if err := v.awaitActive(ctx, to.Series()); err != nil {
			return ending{}, err
		}
	}
	if v.cluster.Previous != "" {
		v.cluster.Previous = ""
		if err := v.saveSettings(ctx); err != nil {
			return ending{}, err
		}
	}
	if already {
		return skipped("the cluster works at %s already", to.Series()), nil
	}
	return done("the cluster works at %s", to.Series()), nil
}

// oneSeries is the release that all members run.
func (v *upgrade) oneSeries(ctx context.Context) (cockroach.Version, error) {
	members, err := v.members(ctx, v.cluster.Nodes)
	if err != nil {
		return cockroach.Version{}, err
	}
	if err := (roster{members, v.cluster}).complete(v.cluster.Nodes); err != nil {
		return cockroach.Version{}, err
	}
	var to cockroach.Version
	for _, one := range members {
		runs, ok := cockroach.ParseVersion(one.Build)
		switch {
		case one.Membership == cockroach.MemberDecommissioned:
			continue
		case !ok:
			return to, &Error{Message: fmt.Sprintf("CockroachDB node %d: %q is no release", one.ID, one.Build), Next: "crdb-kube status says what runs"}
		case to != (cockroach.Version{}) && to.Series() != runs.Series():
			return to, &Error{
				Message: fmt.Sprintf("%s: CockroachDB nodes run %s and %s: the upgrade has not come to all of them", v.target.Name, to, runs),
				Next:    "crdb-kube upgrade with the release goes on; crdb-kube upgrade --rollback goes back",
			}
		}
		to = runs
	}
	return to, nil
}

// awaitActive tells the database to work at a series, and waits until it does.
// A command that is cut off goes on inside the database.
func (v *upgrade) awaitActive(ctx context.Context, to cockroach.Series) error {
	var s steady
	tell := true
	return kube.Await(ctx, nil, func(ctx context.Context) (kube.Verdict, error) {
		if tell {
			v.r.waiting(0, 0, "finalising: to %s", to)
			_, err := v.through(ctx, v.cluster.Nodes, question{args: v.cluster.Finalise(to), what: "finalising", wait: 5 * time.Minute})
			if tell = false; err != nil && ctx.Err() == nil {
				now, settled, askErr := v.active(ctx)
				if askErr == nil && settled && now == to {
					return kube.Verdict{Done: true}, nil
				}
				return kube.Verdict{}, err
			}
		}
		now, settled, err := v.active(ctx)
		if err != nil {
			return kube.Verdict{}, err
		}
		if settled && now == to {
			return kube.Verdict{Done: true}, nil
		}
		why := fmt.Sprintf("the cluster works at %s", now)
		if _, stalled := s.see(why, v.opts.Now()); stalled && v.opts.Now().Sub(s.moved) > finalStall {
			return kube.Verdict{}, &Error{Message: fmt.Sprintf("%s: %s, and nothing has changed for %s", v.target.Name, why, progress.Duration(finalStall)), Next: "the same command goes on from here; crdb-kube console shows its jobs"}
		}
		v.r.waiting(0, 0, "finalising: %s", why)
		return kube.Verdict{Why: why, Again: gateEvery}, nil
	})
}
