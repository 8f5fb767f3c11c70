package deploy

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

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
	lookout *lookout
	certs   certificates
	app     credentials
	rollout diagnose.Rollout
	// generation is that of the StatefulSet as applied; what is older is not it.
	generation int64
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
	if err := u.r.run(ctx, check); err != nil {
		return UpResult{}, lostLock(held, err)
	}
	err := u.r.runAll(held, append([]step{
		{"cleanup", u.cleanup},
		{"storage", u.storage},
		{"apply", u.apply},
		{"start", u.start},
		{"init", u.initialise},
		{"ready", u.ready},
	}, slices.Concat(u.appStep(), u.initSQLStep())...))
	return u.result(), lostLock(held, err)
}

func newUp(client *kube.Client, target Target, opts UpOptions, report func(progress.Event)) *up {
	return &up{
		client: client, target: target, opts: opts,
		r: newReporter(report, opts.Now), started: opts.Now(), lookout: newLookout(client, opts.Now),
	}
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
