package deploy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Condition is the state of a cluster in one word.
type Condition string

// The conditions that a cluster can be in.
const (
	Healthy  Condition = "healthy"
	Coming   Condition = "starting"
	Degraded Condition = "degraded"
	Stopped  Condition = "stopped"
)

// Status is what there is and how it does.
type Status struct {
	Cluster   cockroach.Cluster
	Condition Condition
	// Problems are what keeps it from being healthy, the worst first.
	Problems []string
	// Causes are behind those problems of which more is known.
	Causes []Finding
	// Next is what to do about the first problem.
	Next string
	Pods []PodStatus
	// Live, Unavailable and UnderReplicated come from the database.
	Live, Unavailable, UnderReplicated cockroach.Count
	ThrottledFrom                      time.Time
	// Licence is for how many seconds it is still good; 0: there is none,
	// less: it has ended.
	Licence cockroach.Count
	// CAExpires and NodeExpires are when the first of each kind ends.
	CAExpires, NodeExpires time.Time
	// Expires is when the first certificate ends; zero: unknown, or no TLS.
	Expires time.Time
	// Warnings are what will be a problem, and is none yet.
	Warnings []string
	// Deleting: the deletion of the data has begun, and has not ended.
	Deleting bool
	Seen     time.Time
}

// Finding is a cause, the pods that have it, and the problem that it explains.
type Finding struct {
	*progress.Cause
	Pods    []string
	Problem string
}

// PodStatus is one pod, what its database says, and its claim.
type PodStatus struct {
	diagnose.Pod
	NodeID  cockroach.Count
	Version string
	Used    cockroach.Count // bytes
	// Replicas is the number of copies of ranges that it keeps, Leads that of
	// the ranges that it answers for; ClockOffset is in nanoseconds.
	Replicas, Leads, ClockOffset cockroach.Count
	// Capacity and Available are bytes of the file system that the store is on.
	Capacity, Available cockroach.Count
	Claim               *ClaimStatus
}

// ClaimStatus is one claim.
type ClaimStatus struct {
	Name, Size, Phase string
	// Deleting is when it was told to go; zero: it stays.
	Deleting time.Time
	// Retained: its volume is our own, and stays when the claim goes.
	Retained bool
}

// Readings that a healthy database may give once after it lost a peer are
// looked at again before they are believed.
const (
	readAgain    = 500 * time.Millisecond
	readAttempts = 3
)

// GetStatus reads the state of the cluster. Its error is of Kind Absent
// where there is no such cluster.
func GetStatus(ctx context.Context, client *kube.Client, target Target, now func() time.Time) (Status, error) {
	var seen survey
	var workload kube.Workload
	group, grouped := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		seen, err = look(grouped, client, target)
		return err
	})
	group.Go(func() error { return namespaceGoing(grouped, client, target.Namespace) })
	group.Go(func() (err error) {
		workload, err = client.Snapshot(grouped, kube.Selection{Namespace: target.Namespace, Name: target.Name, Selector: names(target).Selector()})
		return err
	})
	if err := group.Wait(); err != nil {
		return Status{}, err
	}
	cluster, err := seen.cluster(target, workload)
	if err != nil {
		return Status{}, err
	}
	rollout := newLookout(client, now).assess(ctx, cluster, workload)
	readings, err := settled(ctx, client, cluster, rollout)
	if err != nil {
		return Status{}, err
	}
	return summarise(cluster, workload, rollout, readings, seen, now().Add(client.Ahead())), nil
}

// cluster is what was recorded, or where the record is lost what the
// StatefulSet says; its absence altogether is an error.
func (s survey) cluster(target Target, w kube.Workload) (cockroach.Cluster, error) {
	c := s.secured(names(target))
	switch {
	case s.record != nil:
		return *s.record, nil
	case w.StatefulSet != nil && owned(target, kube.RefOf(kube.StatefulSet, w.StatefulSet)):
		if w.StatefulSet.Spec.Replicas != nil {
			c.Nodes = min(max(int(*w.StatefulSet.Spec.Replicas), 0), cockroach.MaxNodes)
		}
		if containers := w.StatefulSet.Spec.Template.Spec.Containers; len(containers) > 0 {
			c.Image = containers[0].Image
		}
		return c, nil
	case slices.ContainsFunc(s.sorted(), func(ref kube.Ref) bool { return owned(target, ref) }):
		return c, nil
	}
	return c, &Error{
		Kind:    Absent,
		Message: fmt.Sprintf("cluster %s: there is none in namespace %s", target.Name, target.Namespace),
		Next:    "crdb-kube up makes it; --namespace and --name look elsewhere",
	}
}

// settled reads the metrics of the pods that can give them, and reads again
// before it believes that something is wrong.
func settled(ctx context.Context, client *kube.Client, c cockroach.Cluster, rollout diagnose.Rollout) (map[string]reading, error) {
	var pods []string
	for _, pod := range rollout.Pods {
		if pod.Phase == diagnose.Ready || pod.Phase == diagnose.Joining {
			pods = append(pods, pod.Name)
		}
	}
	if len(pods) == 0 {
		return nil, nil
	}
	var readings map[string]reading
	attempts := 0
	err := kube.Await(ctx, nil, func(ctx context.Context) (kube.Verdict, error) {
		readings = readVars(ctx, client, c, pods)
		if err := unheard(ctx, client, c, readings); err != nil {
			return kube.Verdict{}, err
		}
		attempts++
		if attempts == readAttempts || len(pods) < c.Nodes || unhealthy(c, readings) == "" {
			return kube.Verdict{Done: true}, nil
		}
		return kube.Verdict{Why: "a second reading: " + unhealthy(c, readings), Again: readAgain}, nil
	})
	return readings, err
}

// summarise puts it together. It is pure.
func summarise(c cockroach.Cluster, w kube.Workload, rollout diagnose.Rollout, readings map[string]reading, seen survey, now time.Time) Status {
	s := Status{Cluster: c, Seen: now}
	claims := map[string]*corev1.PersistentVolumeClaim{}
	for i := range seen.claims {
		claims[seen.claims[i].Name] = &seen.claims[i]
	}
	for i, pod := range rollout.Pods {
		one := PodStatus{Pod: pod, Claim: claimStatus(claims[c.ClaimName(i)])}
		if one.Claim != nil {
			one.Claim.Retained = seen.onOwnVolume(claims[c.ClaimName(i)])
		}
		if reading, ok := readings[pod.Name]; ok && reading.err == nil {
			one.take(reading.vars)
			s.Licence = licence(s.Licence, reading.vars.LicenceLeft)
			s.Live = most(s.Live, reading.vars.LiveNodes)
			s.Unavailable = sum(s.Unavailable, reading.vars.Unavailable)
			s.UnderReplicated = sum(s.UnderReplicated, reading.vars.UnderReplicated)
		}
		s.Pods = append(s.Pods, one)
	}
	if from, applies := c.ThrottledFrom(seen.made(c)); applies && c.ClusterID != "" && s.Licence.Value == 0 {
		s.ThrottledFrom = from
		if !now.Before(from) {
			s.Causes = append(s.Causes, Finding{Cause: diagnose.Throttled(from)})
		}
	}
	s.Deleting = seen.deleting(Target{c.Namespace, c.Name})
	if !s.Deleting {
		s.losses(seen.lost(c))
	}
	s.expiry(readings, seen)
	s.judge(w, rollout, readings, seen.absent(c))
	return s
}

func claimStatus(claim *corev1.PersistentVolumeClaim) *ClaimStatus {
	if claim == nil {
		return nil
	}
	status := &ClaimStatus{Name: claim.Name, Size: claim.Spec.Resources.Requests.Storage().String(), Phase: string(claim.Status.Phase)}
	if claim.DeletionTimestamp != nil {
		status.Deleting = claim.DeletionTimestamp.Time
	}
	return status
}

// sum adds what is known; of nothing known the sum is unknown.
func sum(total, n cockroach.Count) cockroach.Count {
	if !n.Known {
		return total
	}
	return cockroach.Count{Value: total.Value + n.Value, Known: true}
}

func most(best, n cockroach.Count) cockroach.Count {
	if n.Known && (!best.Known || n.Value > best.Value) {
		return n
	}
	return best
}
