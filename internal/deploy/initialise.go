package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// Deadlines of one command in a pod. `cockroach init` retries for ever by
// itself, so that a deadline is the only end it may have.
const (
	initDeadline = 30 * time.Second
	sqlDeadline  = 20 * time.Second
	// initPatience is how long pods may take to join before they are asked.
	initPatience = 3 * time.Second
	// httpTries is how often the ID is asked for over HTTP before SQL is tried.
	httpTries = 20
)

// initialise makes the nodes one cluster, exactly once in its life: only when
// nothing carries an identity and every pod itself says that it waits, and
// through pod 0 alone, since two nodes asked at once make two clusters.
func (u *up) initialise(ctx context.Context) (ending, error) {
	waiting := u.rollout.Count(func(p diagnose.Pod) bool { return p.Said.Health == cockroach.WaitingForInit })
	switch {
	case u.cluster.ClusterID != "" && waiting == len(u.rollout.Pods):
		return ending{}, u.emptyStores()
	case u.cluster.ClusterID != "":
		return skipped("cluster %s", short(u.cluster.ClusterID)), nil
	case waiting < len(u.rollout.Pods):
		// Somebody answered as a member: an earlier run was ended between
		// init and the record of it, or a single node initialised itself.
		return u.identify(ctx, skipped)
	}
	if err := u.sendInit(ctx); err != nil {
		return ending{}, err
	}
	u.lookout.doubt(initPatience)
	return u.identify(ctx, done)
}

// emptyStores is said where the record knows a cluster and no pod does. To
// initialise now would put an empty cluster in the place of a lost one.
func (u *up) emptyStores() error {
	return &Error{
		Kind:    Refused,
		Message: fmt.Sprintf("%s: cluster %s was initialised, but every pod has an empty store: its data is gone from the volumes", u.target.Name, short(u.cluster.ClusterID)),
		Next:    "bring the volumes back; crdb-kube up --fresh gives the old cluster up and starts empty",
	}
}

func short(id string) string {
	if len(id) > 8 {
		return id[:8]
	}
	return id
}

func (u *up) sendInit(ctx context.Context) error {
	pod := u.cluster.PodName(0)
	u.r.waiting(0, 0, "sending init through %s", pod)
	limited, cancel := context.WithTimeoutCause(ctx, initDeadline, fmt.Errorf("no end after %s", initDeadline))
	defer cancel()
	out, errOut, code, err := u.inPod(limited, pod, u.cluster.InitCommand())
	if err != nil {
		return fmt.Errorf("init through %s: %w", pod, err)
	}
	if outcome, last := cockroach.InitOutcome(code, out, errOut); outcome == cockroach.InitFailed {
		return &Error{
			Message: fmt.Sprintf("init through %s: %s", pod, last),
			Next:    fmt.Sprintf("kubectl logs -n %s %s says more; the same command again tries again", u.target.Namespace, pod),
		}
	}
	return nil
}

// inPod runs one command in a pod's database container. A container that has
// just started may not be found for a moment: that is tried again.
func (u *up) inPod(ctx context.Context, pod string, args []string) (out, errOut string, code int, err error) {
	return inPod(ctx, u.client, u.target.Namespace, pod, args)
}

func inPod(ctx context.Context, client *kube.Client, namespace, pod string, args []string) (out, errOut string, code int, err error) {
	err = kube.Await(ctx, nil, func(ctx context.Context) (kube.Verdict, error) {
		var stdout, stderr bytes.Buffer
		var runErr error
		code, runErr = client.Exec(ctx, kube.Command{
			Namespace: namespace, Pod: pod, Container: cockroach.Container,
			Args: args, Stdout: &stdout, Stderr: &stderr,
		})
		out, errOut = stdout.String(), stderr.String()
		if errors.Is(runErr, kube.ErrNotRunning) {
			return kube.Verdict{Why: pod + " to run", Again: 200 * time.Millisecond}, nil
		}
		return kube.Verdict{Done: runErr == nil, Why: pod + " to answer"}, runErr
	})
	return out, errOut, code, err
}

// identify asks the database for its cluster ID and writes it beside the
// data: it is what keeps the next run from initialising again.
func (u *up) identify(ctx context.Context, end func(string, ...any) ending) (ending, error) {
	pod := u.cluster.PodName(0)
	u.r.waiting(0, 0, "asking %s for the cluster's ID", pod)
	tries := 0
	err := kube.Await(ctx, nil, func(ctx context.Context) (kube.Verdict, error) {
		why := "asked by SQL alone"
		if u.cluster.Security == cockroach.Insecure { // with TLS it wants a login
			why = u.askIdentity(ctx, pod)
		}
		if tries++; why != "" && (tries > httpTries || u.cluster.Security != cockroach.Insecure) {
			why = u.askIdentityBySQL(ctx, pod)
		}
		return kube.Verdict{Done: why == "", Why: pod + " to tell the cluster's ID: " + why, Again: 150 * time.Millisecond}, nil
	})
	if err != nil {
		return ending{}, err
	}
	if err := u.saveIdentity(ctx); err != nil {
		return ending{}, err
	}
	return end("cluster %s", short(u.cluster.ClusterID)), nil
}

// askIdentity reads the ID over HTTP. It returns why it could not, if so.
func (u *up) askIdentity(ctx context.Context, pod string) (why string) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	got, err := u.client.Get(ctx, endpoint(u.cluster, pod, cockroach.IdentityPath))
	if err != nil {
		return firstLine(err)
	}
	return u.identified(cockroach.ParseIdentity(got.Status, got.Body))
}

// askIdentityBySQL is for a database that does not tell it over HTTP.
func (u *up) askIdentityBySQL(ctx context.Context, pod string) (why string) {
	ctx, cancel := context.WithTimeout(ctx, sqlDeadline)
	defer cancel()
	out, errOut, code, err := u.inPod(ctx, pod, u.cluster.IdentityCommand())
	switch {
	case err != nil:
		return firstLine(err)
	case code != 0:
		return lastLine(errOut)
	}
	return u.identified(cockroach.ParseClusterID(out))
}

func (u *up) identified(id string, err error) (why string) {
	if err != nil {
		return err.Error()
	}
	u.cluster.ClusterID = id
	u.cluster.Served = max(u.cluster.Served, u.cluster.Nodes)
	return ""
}

// saveIdentity writes the cluster ID into the settings and onto the claims
// and volumes of our own.
func (u *up) saveIdentity(ctx context.Context) error {
	group, grouped := errgroup.WithContext(ctx)
	// What was seen changes with the first answer.
	before := u.settingsRef()
	group.Go(func() error { return u.putSettings(grouped, before) })
	volumes := map[int]string{}
	if u.cluster.HostPath != "" {
		for i, volume := range u.existingVolumes() {
			volumes[i] = volume.ref.Name
			group.Go(func() error {
				return u.put(grouped, u.cluster.Volume(i, volume.at.node, volume.at.hostname), volume.ref)
			})
		}
	}
	group.Go(func() error { return u.putClaims(grouped, volumes) })
	return group.Wait()
}
