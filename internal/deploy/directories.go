package deploy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
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
		return err
	}
	if err := awaitVolumes(ctx, client, r, refs, c.PurposeSelector(purpose)); err != nil {
		return err
	}
	more, err := createAll(ctx, client, users)
	if err != nil {
		return err
	}
	selection := kube.Selection{Namespace: c.Namespace, Name: c.Name, Selector: c.PurposeSelector(purpose)}
	err = client.WatchWorkload(ctx, selection, func(_ context.Context, w kube.Workload) (kube.Verdict, error) {
		return directoriesDone(r, w, purpose, len(sets))
	})
	if err != nil {
		return err
	}
	return removeAndAwait(ctx, client, r, slices.Concat(refs, more))
}

// createAll makes objects side by side.
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
		why := fmt.Sprintf("%d of %s to be available", len(refs)-seen, count(len(refs), "volume"))
		r.waiting(seen, len(refs), "waiting for %s", why)
		return kube.Verdict{Done: seen == len(refs), Why: why, Again: 100 * time.Millisecond}, nil
	})
}

func directoriesDone(r *reporter, w kube.Workload, purpose string, want int) (kube.Verdict, error) {
	what := "making directories on the nodes"
	if purpose == cockroach.PurposeWipe {
		what = "deleting directories on the nodes"
	}
	succeeded, why := 0, "waiting for the pods that do it"
	for _, pod := range w.Pods {
		switch pod.Status.Phase {
		case corev1.PodSucceeded:
			succeeded++
			continue
		case corev1.PodFailed:
			return kube.Verdict{}, directoryError(pod)
		}
		if finished(pod) {
			continue // its phase follows
		}
		described := describe(pod, w.Events, word{}, podImage(pod))
		if described.Cause != nil {
			why = pod.Name + ": " + described.Cause.Sentence
		} else {
			why = pod.Name + " " + described.words()
		}
	}
	if succeeded == want {
		return kube.Verdict{Done: true}, nil
	}
	r.waiting(0, 0, "%s: %s", what, why)
	return kube.Verdict{Why: what + ": " + why}, nil
}

// finished says whether the pod's container has ended well.
func finished(pod *corev1.Pod) bool {
	statuses := pod.Status.ContainerStatuses
	return len(statuses) > 0 && statuses[0].State.Terminated != nil && statuses[0].State.Terminated.ExitCode == 0
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

func podImage(pod *corev1.Pod) string {
	if len(pod.Spec.Containers) == 0 {
		return ""
	}
	return pod.Spec.Containers[0].Image
}
