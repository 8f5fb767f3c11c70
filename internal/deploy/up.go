package deploy

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Consent is what the user said about losing data.
type Consent string

const (
	// Unasked: nothing that loses data is done.
	Unasked Consent = ""
	// Given: the user has seen the list, or waived seeing it.
	Given Consent = "given"
)

// UpOptions are the ways in which one `up` differs from another.
type UpOptions struct {
	// Context is the name of the Kubernetes context, for the headline only.
	Context string
	Wish    Wish
	// DefaultImage is used for a cluster that does not exist yet.
	DefaultImage string
	Namespace    NamespacePolicy
	Conflicts    kube.Force
	// Authority is the user's own CA; nil: an existing one, or a new one.
	Authority *cockroach.Authority
	// AppPassword says what becomes of the password of the application's user.
	AppPassword PasswordPolicy
	// Fresh deletes the cluster with its data first.
	Fresh Consent
	// Confirm is asked with the list of what dies before --fresh deletes it.
	Confirm func(losing []string) error
	Lock    LockOptions
	// Grace is how long an unclear cause may stand before it ends the wait.
	Grace time.Duration
	// Incarnation is a new random mark, eight hex digits, used if the cluster is
	// made. Empty: one that is the same each time, for what is only looked at.
	Incarnation string
	Now         func() time.Time
}

// NamespacePolicy says what to do about a namespace that does not exist.
type NamespacePolicy string

const (
	// NamespaceMustExist: its absence is an error.
	NamespaceMustExist NamespacePolicy = ""
	// CreateNamespace: it is made.
	CreateNamespace NamespacePolicy = "create"
)

// PasswordPolicy says what becomes of a password.
type PasswordPolicy string

const (
	// KeepPassword: it stays, and is made once.
	KeepPassword PasswordPolicy = ""
	// RotatePassword: a new one takes its place.
	RotatePassword PasswordPolicy = "rotate"
)

// UpResult is what `up` ends with.
type UpResult struct {
	Cluster cockroach.Cluster
	// Changed counts the objects that were created or configured.
	Changed int
	// Waited: not all pods were there and well when it began.
	Waited  bool
	Elapsed time.Duration
	// ThrottledFrom is when a cluster without a licence becomes slow; zero: never.
	ThrottledFrom time.Time
}

// up is one run of the verb.
type up struct {
	client  *kube.Client
	target  Target
	opts    UpOptions
	purpose purpose
	r       *reporter
	started time.Time

	cluster cockroach.Cluster
	// was is the cluster as recorded, and course what leads on from there.
	was     cockroach.Cluster
	course  course
	seen    survey
	nodes   []corev1.Node
	classes []storagev1.StorageClass
	server  string
	// namespace is the cluster's; nil: it does not exist, or may not be read.
	namespace *corev1.Namespace
	// homeless: the namespace is still to be made.
	homeless bool
	// refusal is why `up` would go no further, for one that only compares.
	refusal *Error
	// notListed is why the classes could not be listed.
	notListed error
	// fresh is true when nothing of this cluster existed before.
	fresh bool
	// waited: not all pods were as they should be from the first look on.
	waited bool
	// notes are said after the headline.
	notes   []string
	changed atomic.Int64
	putting sync.Mutex // while what was put is taken into seen
	lookout *lookout
	certs   certificates
	app     credentials
	rollout diagnose.Rollout
	// kind is what another image takes; empty where there is none.
	kind cockroach.Upgrade
	// back: the other image is the one before.
	back bool
	// heldBack: not all pods have the StatefulSet's template.
	heldBack bool
	// rolledPods is how many got it by this run.
	rolledPods int
	// watch shows the workload, over all waits; nil: nothing was waited for yet.
	watch *kube.WorkloadWatch
	// applied is the StatefulSet as last applied; what is older is not it.
	applied *appsv1.StatefulSet
}

// Up makes the cluster what the user wished and waits until it serves. It
// takes up from wherever an earlier run ended, and changes nothing where
// nothing needs to change. Its errors are *Error, those of package kube, or
// the cause of ctx's end.
func Up(ctx context.Context, client *kube.Client, target Target, opts UpOptions, report func(progress.Event)) (UpResult, error) {
	u := newUp(client, target, opts, report)
	var lock *kube.Lock
	held := ctx
	check := step{"check", func(ctx context.Context) (ending, error) {
		if err := u.checkServer(ctx); err != nil {
			return ending{}, err
		}
		var err error
		if held, lock, err = takeLock(ctx, client, target, opts.Lock, u.r); err != nil {
			return ending{}, err
		}
		return u.checkCluster(held)
	}}
	defer func() {
		if lock != nil {
			lock.Release()
		}
	}()
	defer u.unwatch()
	if err := u.r.run(ctx, check); err != nil {
		return UpResult{}, lostLock(held, err)
	}
	err := u.r.runGroups(held, u.made()...)
	return u.result(), lostLock(held, err)
}

// made are the steps that make a cluster what it is to be. Each group is asked
// for when the one before has ended: what there is to do hangs on that.
func (u *up) made() []func() []step {
	return []func() []step{
		u.holdSteps,
		func() []step { return []step{{"cleanup", u.cleanup}, {"storage", u.storage}, {"apply", u.apply}} },
		u.rollSteps,
		func() []step { return []step{{"start", u.start}, {"init", u.initialise}} },
		u.memberSteps,
		func() []step { return []step{{"ready", u.ready}} },
		u.gateSteps,
		func() []step { return slices.Concat(u.appStep(), u.initSQLStep()) },
	}
}

// holdSteps keep the way back open before an upgrade to another series.
func (u *up) holdSteps() []step {
	if u.kind != cockroach.ReleaseUpgrade {
		return nil
	}
	return []step{{"hold", u.hold}}
}

// rollSteps give the pods another template.
func (u *up) rollSteps() []step {
	if !u.course.rolls || !u.heldBack {
		return nil
	}
	return []step{{"roll", u.rolled}}
}

// memberSteps let CockroachDB nodes leave, or call them back.
func (u *up) memberSteps() []step {
	var steps []step
	if u.cluster.ClusterID != "" && len(u.recalls()) > 0 {
		steps = append(steps, step{"recommission", u.recall})
	}
	if u.course.stay > 0 {
		steps = append(steps, step{"decommission", u.decommission}, step{"remove", u.retire})
	}
	return steps
}

// gateSteps wait until other members than before are whole.
func (u *up) gateSteps() []step {
	if !u.course.grows && u.was.Nodes <= u.cluster.Nodes {
		return nil
	}
	return []step{{"replicate", u.replicated}}
}

func (u *up) replicated(ctx context.Context) (ending, error) {
	changed := u.course.grows || u.was.Nodes != u.cluster.Nodes || u.was.ScalingTo > 0
	if !changed && whole(u.cluster, readVars(ctx, u.client, u.cluster, u.podNames())) == "" {
		return done("no range is under-replicated"), nil
	}
	if err := u.gate(ctx, "it is done"); err != nil {
		return ending{}, err
	}
	return done("no range is under-replicated"), nil
}

func newUp(client *kube.Client, target Target, opts UpOptions, report func(progress.Event)) *up {
	u := &up{
		client: client, target: target, opts: opts,
		r: newReporter(report, opts.Now), started: opts.Now(), lookout: newLookout(client, opts.Now),
	}
	u.lookout.first = askFirst // its port is not open before that
	return u
}

func (u *up) result() UpResult {
	result := UpResult{Cluster: u.cluster, Changed: int(u.changed.Load()), Waited: u.waited, Elapsed: u.opts.Now().Sub(u.started)}
	if from, applies := u.cluster.ThrottledFrom(u.opts.Now()); applies && u.fresh {
		result.ThrottledFrom = from
	}
	return result
}

// put applies one object and reports what became of it.
func (u *up) put(ctx context.Context, object cockroach.Object, before kube.Ref) error {
	conflicts := u.opts.Conflicts
	if before.Kind == kube.ConfigMap {
		conflicts = kube.TakeOver // the settings are ours alone, whoever brought them back
	}
	applied, err := u.client.Apply(ctx, object, before, conflicts)
	if err != nil {
		return err
	}
	if applied.Outcome != kube.Unchanged {
		u.changed.Add(1)
	}
	u.putting.Lock()
	defer u.putting.Unlock()
	u.seen.take(u.target, applied)
	u.r.object(applied.Ref, outcomeState(applied.Outcome))
	return nil
}

func outcomeState(outcome kube.Outcome) progress.State {
	switch outcome {
	case kube.Created:
		return progress.Created
	case kube.Configured:
		return progress.Configured
	case kube.Unchanged:
	}
	return progress.Unchanged
}
