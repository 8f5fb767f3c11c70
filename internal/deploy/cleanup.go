package deploy

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// cleanup removes what an earlier run left in the way: with --fresh the whole
// cluster and its data, else only throw-away pods of an interrupted run. It
// gives volumes of our own that lost their claims back to the cluster.
func (u *up) cleanup(ctx context.Context) (ending, error) {
	if u.opts.Fresh == Given {
		return u.wipeFirst(ctx)
	}
	if left := u.seen.left; len(left) > 0 {
		if err := removeAndAwait(ctx, u.client, u.r, left); err != nil {
			return ending{}, err
		}
	}
	if err := u.discardLeft(ctx); err != nil {
		return ending{}, err
	}
	bound, err := u.rebind(ctx)
	if err != nil {
		return ending{}, err
	}
	u.earlier()
	return cleaned(len(u.seen.left), bound), nil
}

// discardLeft finishes what a scale left: claims of pods that are gone for good.
func (u *up) discardLeft(ctx context.Context) error {
	if u.seen.record == nil || u.seen.record.ScalingTo > 0 {
		return nil
	}
	claims, volumes := retired(u.seen, u.target, u.seen.record.Nodes)
	if len(claims)+len(volumes) == 0 {
		return nil
	}
	if err := mayDo(ctx, u.client, u.target.Namespace, scaleDownPermissions(), nil); err != nil {
		return err
	}
	there, err := u.stillThere(ctx, u.seen.record.Nodes)
	if err != nil {
		return err
	}
	_, err = u.discard(ctx, u.seen.record.Nodes, there)
	return err
}

// stillThere are pods that left for good and are not gone yet, with their
// nodes: one that does not answer keeps its pods.
func (u *up) stillThere(ctx context.Context, nodes int) (map[string]string, error) {
	all := map[string]string{}
	for _, ref := range u.seen.pods {
		if n, ok := ordinal(ref.Name, u.target.Name+"-"); !ok || n < nodes {
			continue
		}
		pod, err := u.client.Pod(ctx, u.target.Namespace, ref.Name)
		if err != nil {
			return nil, err
		}
		if pod != nil {
			all[pod.Name] = pod.Spec.NodeName
		}
	}
	return all, nil
}

// removeAndAwait deletes objects at once and waits until they are gone.
func removeAndAwait(ctx context.Context, client *kube.Client, r *reporter, refs []kube.Ref) error {
	now := int64(0)
	for _, ref := range refs {
		options := kube.DeleteOptions{}
		switch ref.Kind {
		case kube.Pod:
			options.Grace = &now
		case kube.Job: // by default its pods would go on
			options.Propagation = metav1.DeletePropagationForeground
		default:
		}
		if err := client.Delete(ctx, ref, options); err != nil {
			return err
		}
	}
	return awaitGone(ctx, client, r, refs)
}

// awaitGone waits until none of these very objects exists any more.
func awaitGone(ctx context.Context, client *kube.Client, r *reporter, refs []kube.Ref) error {
	return kube.Await(ctx, nil, func(ctx context.Context) (kube.Verdict, error) {
		left, err := client.Remaining(ctx, refs)
		if err != nil {
			return kube.Verdict{}, err
		}
		if len(left) == 0 {
			return kube.Verdict{Done: true}, nil
		}
		why := fmt.Sprintf("%s to be gone", left[0])
		if len(left) > 1 {
			why = fmt.Sprintf("%s and %s to be gone", left[0], progress.Count(len(left)-1, "more object"))
		}
		r.emit(progress.Event{State: progress.Running, Message: "waiting for " + why, Done: len(refs) - len(left), Total: len(refs)})
		return kube.Verdict{Why: why, Again: goneAgain}, nil
	})
}
