package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// makeDirectories lets a short-lived pod on each machine make the directory
// of each volume: the kubelet makes it when it mounts it.
func (u *up) makeDirectories(ctx context.Context, ordinals []int, places map[int]machine) error {
	var sets []throwAway
	for _, i := range ordinals {
		volume, claim, pod := u.cluster.Maker(i, places[i].hostname)
		sets = append(sets, throwAway{volume, claim, pod})
	}
	if len(sets) == 0 {
		return nil
	}
	return runThrowAways(ctx, u.client, u.r, u.cluster, cockroach.PurposeMake, sets)
}

// throwAway is a pod that does one thing on one machine, and its volume.
type throwAway struct{ volume, claim, pod runtime.Object }

// runThrowAways creates sets of volume, claim and pod, waits until every pod
// has succeeded, and removes them all.
func runThrowAways(ctx context.Context, client *kube.Client, r *reporter, c cockroach.Cluster, purpose string, sets []throwAway) error {
	var volumes, users []runtime.Object
	for _, set := range sets {
		volumes = append(volumes, set.volume)
		users = append(users, set.claim, set.pod)
	}
	refs, err := createAll(ctx, client, volumes)
	if err != nil {
		return inTheWay(ctx, client, r, c, err, refs)
	}
	if err := awaitVolumes(ctx, client, r, refs, c.PurposeSelector(purpose)); err != nil {
		return err
	}
	more, err := createAll(ctx, client, users)
	if err != nil {
		return inTheWay(ctx, client, r, c, err, slices.Concat(refs, more))
	}
	if err := awaitThrowAways(ctx, client, r, c, purpose, len(sets)); err != nil {
		return err
	}
	return removeAndAwait(ctx, client, r, slices.Concat(refs, more))
}

// awaitThrowAways waits until all pods of the purpose have done their work.
func awaitThrowAways(ctx context.Context, client *kube.Client, r *reporter, c cockroach.Cluster, purpose string, want int) error {
	what := "making directories on the nodes"
	if purpose == cockroach.PurposeWipe {
		what = "deleting directories on the nodes"
	}
	var rollout diagnose.Rollout
	verdict := newVerdict(DefaultGrace, r.now())
	selection := kube.Selection{Namespace: c.Namespace, Name: c.Name, Selector: c.PurposeSelector(purpose)}
	err := client.WatchWorkload(ctx, selection, func(_ context.Context, w kube.Workload) (kube.Verdict, error) {
		rollout = diagnose.Rollout{}
		for _, pod := range w.Pods {
			if pod.Status.Phase == corev1.PodFailed {
				return kube.Verdict{}, directoryError(pod)
			}
			if purpose == cockroach.PurposeWipe && nothingThere(pod, w.Events) {
				rollout.Pods = append(rollout.Pods, diagnose.Pod{Name: pod.Name, Phase: diagnose.Ready})
				continue
			}
			rollout.Pods = append(rollout.Pods, throwAwayPod(pod, w.Events))
		}
		n := rollout.Count(diagnose.Pod.IsReady)
		if n == want {
			return kube.Verdict{Done: true}, nil
		}
		why := fmt.Sprintf("%s: %d of %d done", what, n, want)
		if waits := rollout.Why(diagnose.Pod.IsReady); waits != "" {
			why = what + ": " + waits
		}
		r.waiting(0, 0, "%s", why)
		return kube.Verdict{Why: why, Again: unclearAgain(rollout)}, verdict.failure(rollout, r.now())
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return expired(err, rollout, diagnose.Pod.IsReady)
	}
	return err
}

// throwAwayPod describes a pod that is to end: well ended is Ready, and only
// that. While it runs Kubernetes calls it ready, for it has no probe; to take
// that for the end would kill it in the middle of its work.
func throwAwayPod(pod *corev1.Pod, events []*corev1.Event) diagnose.Pod {
	statuses := pod.Status.ContainerStatuses
	ended := len(statuses) > 0 && statuses[0].State.Terminated != nil && statuses[0].State.Terminated.ExitCode == 0
	if ended || pod.Status.Phase == corev1.PodSucceeded {
		return diagnose.Pod{Name: pod.Name, Phase: diagnose.Ready}
	}
	p := diagnose.Scene{Workload: kube.Workload{Events: events}}.Describe(pod)
	if p.Phase == diagnose.Ready || p.Answering() {
		p.Phase, p.Detail = diagnose.Starting, "at work"
	}
	return p
}

// nothingThere says whether the kubelet found no directory to mount for this
// pod: what it was to delete is gone already, with the machine's old disk.
func nothingThere(pod *corev1.Pod, events []*corev1.Event) bool {
	return slices.ContainsFunc(events, func(event *corev1.Event) bool {
		return event.InvolvedObject.UID == pod.UID && event.Reason == "FailedMount" &&
			strings.Contains(event.Message, "path ") && strings.Contains(event.Message, " does not exist")
	})
}

// inTheWay explains that somebody else's object has the name of a throw-away
// one, after it removed what was made before that was found.
func inTheWay(ctx context.Context, client *kube.Client, r *reporter, c cockroach.Cluster, err error, made []kube.Ref) error {
	var status apierrors.APIStatus
	if !apierrors.IsAlreadyExists(err) || !errors.As(err, &status) || status.Status().Details == nil {
		return err
	}
	made = slices.DeleteFunc(made, func(ref kube.Ref) bool { return !ref.Exists() })
	if err := removeAndAwait(ctx, client, r, made); err != nil {
		return err
	}
	taken := status.Status().Details.Kind + "/" + status.Status().Details.Name
	return &Error{
		Kind:    Refused,
		Message: taken + ": is somebody else's, and a name that is needed for a moment",
		Next:    fmt.Sprintf("delete it if nobody needs it, then the same command again: kubectl delete -n %s %s", c.Namespace, taken),
	}
}

// createAll makes objects side by side; of what could not be made the
// reference is empty.
func createAll(ctx context.Context, client *kube.Client, objects []runtime.Object) ([]kube.Ref, error) {
	refs := make([]kube.Ref, len(objects))
	group, grouped := errgroup.WithContext(ctx)
	for i, object := range objects {
		group.Go(func() (err error) {
			refs[i], err = client.Create(grouped, object)
			return err
		})
	}
	return refs, group.Wait()
}

// awaitVolumes waits until the controller that binds has seen these volumes.
// A claim that it sees before its volume is looked at again only after 15 s.
func awaitVolumes(ctx context.Context, client *kube.Client, r *reporter, refs []kube.Ref, selector string) error {
	wanted := map[string]bool{}
	for _, ref := range refs {
		wanted[ref.Name] = true
	}
	return kube.Await(ctx, nil, func(ctx context.Context) (kube.Verdict, error) {
		volumes, err := client.Volumes(ctx, selector)
		if err != nil {
			return kube.Verdict{}, err
		}
		seen := 0
		for i := range volumes {
			phase := volumes[i].Status.Phase
			if wanted[volumes[i].Name] && (phase == corev1.VolumeAvailable || phase == corev1.VolumeBound) {
				seen++
			}
		}
		why := fmt.Sprintf("%d of %s to be available", len(refs)-seen, progress.Count(len(refs), "volume"))
		r.waiting(seen, len(refs), "waiting for %s", why)
		return kube.Verdict{Done: seen == len(refs), Why: why, Again: 100 * time.Millisecond}, nil
	})
}

func directoryError(pod *corev1.Pod) error {
	text := pod.Status.Reason
	for _, status := range pod.Status.ContainerStatuses {
		if status.State.Terminated != nil {
			text = fmt.Sprintf("exit code %d %s", status.State.Terminated.ExitCode, status.State.Terminated.Message)
		}
	}
	return &Error{
		Message: fmt.Sprintf("pod %s: failed on node %s: %s", pod.Name, pod.Spec.NodeName, text),
		Next:    fmt.Sprintf("kubectl logs -n %s %s", pod.Namespace, pod.Name),
	}
}
