package deploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// How often is looked at what no watch tells of.
const (
	// databaseEvery is for what the databases say.
	databaseEvery = 5 * time.Second
	// surveyEvery is for the settings, Services, Secrets and volumes;
	// surveyAgain for the same after a change, which they may follow.
	surveyEvery   = 30 * time.Second
	surveyAgain   = 3 * time.Second
	surveyTimeout = 10 * time.Second
	// troubleAgain is for a server that did not answer.
	troubleAgain = 2 * time.Second
)

// Glance is one look at a status that is watched.
type Glance struct {
	// Status is what was seen last; nil: nothing so far, or there is no cluster.
	Status *Status
	// Trouble is why it could not be seen anew; nil: it was.
	Trouble error
	// Seen is when the server last told how it is, by the clock of this
	// machine; zero: never.
	Seen time.Time
}

// WatchStatus shows the status at once, after each change that the API server
// tells of, and every few seconds, until ctx ends or show fails. A server that
// does not answer, and a cluster that is not there, are shown as trouble, and
// waited for; who may not look, or is not known, is an error.
func WatchStatus(ctx context.Context, client *kube.Client, target Target, now func() time.Time, show func(Glance) error) error {
	w := &statusWatch{client: client, target: target, now: now, show: show, lookout: newLookout(client, now)}
	if err := kube.Await(ctx, nil, w.first); err != nil {
		return err
	}
	selection := kube.Selection{Namespace: target.Namespace, Name: target.Name, Selector: names(target).Selector()}
	return client.WatchWorkload(ctx, selection, w.look)
}

// statusWatch remembers between looks what need not be asked again.
type statusWatch struct {
	client *kube.Client
	target Target
	now    func() time.Time
	show   func(Glance) error
	*lookout

	// surveyed is the workload to which seen belongs, clusterID what it says.
	seen      survey
	surveyed  string
	surveyDue time.Time
	clusterID string
	// read are the pods that readings come from.
	readings map[string]reading
	read     string
	readDue  time.Time

	last     *Status
	lastSeen time.Time
}

// first is the survey before the watch, which would begin in silence where the
// server does not answer.
func (w *statusWatch) first(ctx context.Context) (kube.Verdict, error) {
	if err := w.survey(ctx); err != nil {
		return w.trouble(ctx, err)
	}
	return kube.Verdict{Done: true}, nil
}

func (w *statusWatch) look(ctx context.Context, workload kube.Workload) (kube.Verdict, error) {
	err := workload.Trouble
	if err == nil {
		err = w.refresh(ctx, workload)
	}
	if err != nil {
		return w.trouble(ctx, err)
	}
	w.lastSeen = w.now()
	again := databaseEvery
	for _, due := range []time.Duration{w.readDue.Sub(w.lastSeen), w.surveyDue.Sub(w.lastSeen), w.again()} {
		if due > 0 {
			again = min(again, due)
		}
	}
	return kube.Verdict{Why: "the next change", Again: again}, w.show(Glance{Status: w.last, Seen: w.lastSeen})
}

// refresh looks at what is due, or has changed.
func (w *statusWatch) refresh(ctx context.Context, workload kube.Workload) error {
	if err := w.resurvey(ctx, workload); err != nil {
		return err
	}
	cluster, err := w.seen.cluster(w.target, workload)
	if err != nil {
		return err
	}
	if cluster.ClusterID != w.clusterID {
		w.clusterID = cluster.ClusterID
		w.forget() // an init has changed them
	}
	rollout := w.assess(ctx, cluster, workload)
	if pods := fmt.Sprint(clusterPods(rollout)); pods != w.read || !w.now().Before(w.readDue) {
		readings, err := settled(ctx, w.client, cluster, rollout)
		if err != nil {
			return err
		}
		w.readings, w.read, w.readDue = readings, pods, w.now().Add(databaseEvery)
	}
	status := summarise(cluster, workload, rollout, w.readings, w.seen, w.now().Add(w.client.Ahead()))
	w.last = &status
	return nil
}

// clusterPods tells pods apart by what changes their readings.
func clusterPods(rollout diagnose.Rollout) []string {
	var all []string
	for _, pod := range rollout.Pods {
		all = append(all, fmt.Sprint(pod.Name, pod.Phase, pod.Restarts, pod.Created.Unix()))
	}
	return all
}

// resurvey surveys what is not watched when that is due, when the set or its
// claims have changed, and once more soon after that.
func (w *statusWatch) resurvey(ctx context.Context, workload kube.Workload) error {
	var of string
	if set := workload.StatefulSet; set != nil {
		of = fmt.Sprint(set.UID, set.Generation)
	}
	for _, claim := range workload.Claims {
		of += fmt.Sprint(" ", claim.UID, claim.ResourceVersion)
	}
	changed := of != w.surveyed
	if !changed && w.now().Before(w.surveyDue) {
		return nil
	}
	if err := w.survey(ctx); err != nil {
		return err
	}
	w.surveyed, w.surveyDue = of, w.now().Add(surveyEvery)
	if changed {
		w.surveyDue = w.now().Add(surveyAgain)
	}
	return nil
}

func (w *statusWatch) survey(ctx context.Context) error {
	return within(ctx, surveyTimeout, func(ctx context.Context) error {
		var seen survey
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() (err error) {
			seen, err = look(ctx, w.client, w.target)
			return err
		})
		group.Go(func() error { return namespaceGoing(ctx, w.client, w.target.Namespace) })
		if err := group.Wait(); err != nil {
			return err
		}
		w.seen = seen
		return nil
	})
}

// trouble shows why there is no new status. What was seen last stays, unless
// the server itself says that it is so no more. After a silence all is looked
// at again.
func (w *statusWatch) trouble(ctx context.Context, err error) (kube.Verdict, error) {
	if ctx.Err() != nil || kube.IsForbidden(err) || kube.IsCredentials(err) {
		return kube.Verdict{}, err
	}
	again := troubleAgain
	if _, said := errors.AsType[*Error](err); said {
		w.last, w.lastSeen, again = nil, w.now(), databaseEvery
	} else {
		w.surveyDue, w.readDue = time.Time{}, time.Time{}
	}
	return kube.Verdict{Why: firstLine(err), Again: again}, w.show(Glance{Status: w.last, Trouble: err, Seen: w.lastSeen})
}
