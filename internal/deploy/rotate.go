package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// RotateOptions are the ways in which one `certs rotate` differs from another.
type RotateOptions struct {
	Context string
	// Authority is the user's own CA, where its key is not in the cluster.
	Authority *cockroach.Authority
	Conflicts kube.Force
	Lock      LockOptions
	Now       func() time.Time
}

// RotateResult is what `certs rotate` ends with.
type RotateResult struct {
	Ends cockroach.Ends
	// Pods are those that use the new certificates, by their own showing.
	Pods int
	// Resumed: no others were issued, for some pods did not use those of an
	// earlier run yet.
	Resumed bool
	// Theirs is the user's own Secret, where they come from there.
	Theirs  string
	Elapsed time.Duration
}

// rotate is one run of the verb. It is an up that stops at the certificates.
type rotate struct {
	up
	result RotateResult
	pods   []string
}

// Rotate renews the node's and root's certificates and makes all pods use
// them, without restarting one. Where an earlier run was interrupted between
// the two, it finishes that one.
func Rotate(ctx context.Context, client *kube.Client, target Target, opts RotateOptions, report func(progress.Event)) (RotateResult, error) {
	r := &rotate{up: up{client: client, target: target, r: newReporter(report, opts.Now), opts: UpOptions{
		Context: opts.Context, Authority: opts.Authority, Conflicts: opts.Conflicts, Lock: opts.Lock, Now: opts.Now,
	}}}
	began := opts.Now()
	if err := mayDo(ctx, client, target.Namespace, rotatePermissions(), waysToPods()); err != nil {
		return r.result, err
	}
	held, lock, err := takeLock(ctx, client, target, opts.Lock, r.r)
	if err != nil {
		return r.result, err
	}
	defer lock.Release()
	err = r.r.runAll(held, []step{{"check", r.check}, {"issue", r.issue}, {"reload", r.reload}})
	r.result.Elapsed = opts.Now().Sub(began)
	return r.result, lostLock(held, err)
}

// check looks at the cluster, its Secrets and its pods.
func (r *rotate) check(ctx context.Context) (ending, error) {
	var err error
	if r.seen, err = look(ctx, r.client, r.target); err != nil {
		return ending{}, err
	}
	w, err := r.client.Snapshot(ctx, kube.Selection{Namespace: r.target.Namespace, Name: r.target.Name, Selector: names(r.target).Selector()})
	if err != nil {
		return ending{}, err
	}
	if r.cluster, err = r.seen.cluster(r.target, w); err != nil {
		return ending{}, err
	}
	if r.cluster.Security == cockroach.Insecure {
		return ending{}, insecure(r.target)
	}
	if err := r.prepareCertificates(ctx); err != nil {
		return ending{}, err
	}
	for _, pod := range w.Pods {
		if diagnose.RunningContainer(pod) != "" {
			r.pods = append(r.pods, pod.Name)
		}
	}
	slices.Sort(r.pods)
	r.r.headline(strings.Join([]string{r.opts.Context, "namespace " + r.target.Namespace, "cluster " + r.target.Name}, " · "))
	for _, text := range r.notes {
		r.r.note("%s", text)
	}
	return done("certificates until %s, %s running", day(earliest(r.certs.set.Ends().Node, r.certs.set.Ends().Root)), progress.Count(len(r.pods), "pod")), nil
}

func insecure(target Target) *Error {
	return &Error{
		Kind:    Refused,
		Message: target.Name + ": is insecure, and has no certificates",
		Next:    "crdb-kube up --name " + target.Name + "-2 makes a cluster with TLS; move the data with BACKUP and RESTORE",
	}
}

// issue writes new certificates, unless those of an earlier run have not come
// to all pods yet, or they are the user's own.
func (r *rotate) issue(ctx context.Context) (ending, error) {
	r.result.Theirs = r.cluster.CertsSecret
	if r.result.Theirs != "" {
		return skipped("secret/%s is your own", r.result.Theirs), nil
	}
	for _, one := range r.reloader().lookAll(ctx, r.pods) {
		r.result.Resumed = r.result.Resumed || (one.err == nil && !one.same && !r.certs.write)
	}
	if r.result.Resumed {
		return skipped("done by an earlier run: until %s", day(r.certs.set.Ends().Node)), nil
	}
	if r.certs.authority == nil {
		return ending{}, &Error{
			Message: fmt.Sprintf("secret/%s: the CA's key is not there, and nothing can be issued", r.cluster.AuthoritySecretName()),
			Next:    "crdb-kube certs rotate --ca-cert FILE --ca-key FILE, with the CA of this cluster",
		}
	}
	var err error
	if r.certs.set, err = r.cluster.Renew(r.certs.set, *r.certs.authority, r.serverTime()); err != nil {
		return ending{}, err
	}
	r.certs.write = true
	all, err := r.applyCertificates(ctx)
	if err != nil {
		return ending{}, explainConflict(err)
	}
	for _, applied := range all {
		r.r.object(applied.Ref, outcomeState(applied.Outcome))
	}
	return done("node and root until %s", day(earliest(r.certs.set.Ends().Node, r.certs.set.Ends().Root))), nil
}

func (r *rotate) reloader() reloader {
	return reloader{r.client, r.cluster, r.certs.set, r.r, r.opts.Now}
}

func (r *rotate) reload(ctx context.Context) (ending, error) {
	r.result.Ends = r.certs.set.Ends()
	if len(r.pods) == 0 {
		return skipped("no pod runs"), nil
	}
	if err := r.reloader().run(ctx, r.pods); err != nil {
		return ending{}, err
	}
	r.result.Pods = len(r.pods)
	return done("%s shown by %s", "the new certificate", progress.Count(len(r.pods), "pod")), nil
}

// rotatePermissions are what renewing needs.
func rotatePermissions() []kube.Permission {
	return concat(
		in("apps", "statefulsets", "", "get"),
		in("", "pods", "", "get", "list", "patch"),
		in("", "pods", "exec", "create"),
		in("", "services", "", "get"),
		in("", "persistentvolumeclaims", "", "list"),
		in("", "configmaps", "", "get"),
		in("", "secrets", "", "get", "create", "patch"),
		in("policy", "poddisruptionbudgets", "", "get"),
		in("coordination.k8s.io", "leases", "", "get", "create", "update", "delete"),
	)
}
