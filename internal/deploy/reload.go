package deploy

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

const (
	// showTimeout is how long one look at what a pod shows may take.
	showTimeout = 5 * time.Second
	// The kubelet brings a changed Secret into a pod when it looks at the pod
	// again: at once if the pod changes, else within some 90 s.
	reloadFirst = 300 * time.Millisecond
	reloadLast  = 5 * time.Second
)

// shown is the node certificate that a pod uses, as far as it can be seen.
type shown struct {
	expires time.Time
	// same: it is the one in the Secret.
	same bool
	err  error
}

// reloader brings pods to use the certificates in their Secret.
type reloader struct {
	client  *kube.Client
	cluster cockroach.Cluster
	set     cockroach.Certificates
	r       *reporter
	now     func() time.Time
}

// look sees what a pod shows on the wire; where that is forbidden, when what
// it uses ends, by its metrics.
func (l reloader) look(ctx context.Context, pod string) shown {
	ctx, cancel := context.WithTimeout(ctx, showTimeout)
	defer cancel()
	chain, err := l.client.Certificates(ctx, endpoint(l.cluster, pod, cockroach.HealthPath))
	switch {
	case err == nil && len(chain) > 0:
		return shown{expires: chain[0].NotAfter, same: chain[0].Equal(l.set.NodeCert())}
	case err != nil && !kube.IsForbidden(err):
		return shown{err: err}
	}
	one := readVars(ctx, l.client, l.cluster, []string{pod})[pod]
	if one.err != nil {
		return shown{err: one.err}
	}
	expires := time.Unix(one.vars.NodeExpires.Value, 0)
	return shown{expires: expires, same: one.vars.NodeExpires.Known && expires.Equal(l.set.Ends().Node)}
}

// lookAll looks at several pods side by side.
func (l reloader) lookAll(ctx context.Context, pods []string) map[string]shown {
	all := map[string]shown{}
	var mu sync.Mutex
	var group sync.WaitGroup
	for _, pod := range pods {
		group.Go(func() {
			one := l.look(ctx, pod)
			mu.Lock()
			defer mu.Unlock()
			all[pod] = one
		})
	}
	group.Wait()
	return all
}

// run tells pods to load their certificates until they show those in the
// Secret. No connection is closed by it, and no pod restarted.
func (l reloader) run(ctx context.Context, pods []string) error {
	var mu sync.Mutex
	finished := 0
	l.r.waiting(0, len(pods), "%s to use the new certificates", progress.Count(len(pods), "pod"))
	group, ctx := errgroup.WithContext(ctx)
	for _, pod := range pods {
		group.Go(func() error {
			if err := l.one(ctx, pod); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			finished++
			l.r.emit(progress.Event{Subject: "pod/" + pod, State: progress.Ready, Message: "shows the certificate until " + day(l.set.Ends().Node)})
			l.r.waiting(finished, len(pods), "%d of %s with the new certificates", finished, progress.Count(len(pods), "pod"))
			return nil
		})
	}
	return group.Wait()
}

func (l reloader) one(ctx context.Context, pod string) error {
	refs, err := l.client.Lookup(ctx, kube.Ref{Kind: kube.Pod, Namespace: l.cluster.Namespace, Name: pod})
	if err != nil {
		return err
	}
	if refs[0].Exists() {
		// That it did not work costs only time.
		_ = l.client.Annotate(ctx, refs[0], map[string]string{cockroach.AnnotationReloaded: l.now().UTC().Format(time.RFC3339)})
	}
	pause := reloadFirst
	return kube.Await(ctx, nil, func(ctx context.Context) (kube.Verdict, error) {
		why, err := l.tell(ctx, pod)
		if err != nil || why == "" {
			return kube.Verdict{Done: err == nil}, err
		}
		l.r.emit(progress.Event{Subject: "pod/" + pod, State: progress.Running, Message: why})
		again := pause
		pause = min(2*pause, reloadLast)
		return kube.Verdict{Why: "pod " + pod + ": " + why, Again: again}, nil
	})
}

// tell tells a pod once, and says why that was not enough yet.
func (l reloader) tell(ctx context.Context, pod string) (why string, err error) {
	_, errOut, code, err := inPod(ctx, l.client, l.cluster.Namespace, pod, l.cluster.ReloadCommand())
	switch {
	case err != nil:
		return firstLine(err), unlessPassing(ctx, err)
	case code != 0:
		return fmt.Sprintf("copying the certificates failed: %s", lastLine(errOut)), nil
	}
	seen := l.look(ctx, pod)
	switch {
	case seen.err != nil:
		return "cannot be looked at: " + firstLine(seen.err), nil //nolint:nilerr // it is asked again
	case !seen.same:
		return "still shows the certificate until " + day(seen.expires), nil
	}
	return "", nil
}

// unlessPassing keeps the errors that waiting does not change.
func unlessPassing(ctx context.Context, err error) error {
	if kube.IsForbidden(err) || ctx.Err() != nil {
		return err
	}
	return nil
}

// refreshPods makes pods that were started with other certificates than those
// in their Secret use these: an earlier run may have been interrupted after it
// renewed them, or this one did, or the user put new ones there.
func (u *up) refreshPods(ctx context.Context) error {
	if u.cluster.Security == cockroach.Insecure {
		return nil
	}
	var before []string
	for _, pod := range u.rollout.Pods {
		if pod.Created.Before(u.certs.ref.Changed) {
			before = append(before, pod.Name)
		}
	}
	if len(before) == 0 {
		return nil
	}
	l := reloader{u.client, u.cluster, u.certs.set, u.r, u.opts.Now}
	seen := l.lookAll(ctx, before)
	behind := slices.DeleteFunc(before, func(pod string) bool { return seen[pod].err != nil || seen[pod].same })
	if len(behind) == 0 {
		return nil
	}
	if err := l.run(ctx, behind); err != nil {
		return err
	}
	u.r.note("%s took new certificates up, until %s", progress.Count(len(behind), "pod"), day(u.certs.set.Ends().Node))
	return nil
}
