package deploy

import (
	"context"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// partingGrace is how long a pod whose CockroachDB node was decommissioned may
// take to stop, in seconds. It holds nothing any more, and a release that tries
// to drain all the same is answered by nobody.
const partingGrace = 10

// retire takes away the pods whose CockroachDB nodes were decommissioned, then
// their claims and volumes of our own: such a store must never come back. The
// settings follow once the StatefulSet cannot bring a pod back.
func (u *up) retire(ctx context.Context) (ending, error) {
	from, stay := u.cluster.Nodes, u.course.stay
	u.cluster.Nodes, u.course.stay = stay, 0
	parting, err := u.part(ctx, stay, from)
	if err != nil {
		return ending{}, err
	}
	if err := u.openTo(ctx, u.keepPartition()); err != nil {
		return ending{}, err
	}
	d := &down{client: u.client, target: u.target, r: u.r, opts: DownOptions{Now: u.opts.Now}, lost: map[string]string{}}
	if err := d.awaitPods(ctx, parting, u.cluster.Selector()); err != nil {
		return ending{}, err
	}
	u.cluster.ScalingTo, u.cluster.Served = 0, stay
	if err := u.saveSettings(ctx); err != nil {
		return ending{}, err
	}
	removed, err := u.discard(ctx, stay, d.lost)
	if err != nil {
		return ending{}, err
	}
	if u.cluster.SpareVolumes > 0 {
		if err := u.spareAgain(ctx); err != nil {
			return ending{}, err
		}
	}
	return done("%s and %s", progress.Count(from-stay, "pod"), progress.Count(removed, "claim")), nil
}

// keepPartition is a partition that lets no pod have another template than it
// has.
func (u *up) keepPartition() int {
	if set := u.seen.set; set != nil && set.Status.CurrentRevision != set.Status.UpdateRevision {
		return u.cluster.Nodes
	}
	return 0
}

// spareAgain makes the spare claims that follow the pods which are left.
func (u *up) spareAgain(ctx context.Context) error {
	var err error
	if u.seen, err = look(ctx, u.client, u.target); err != nil {
		return err
	}
	volumes := map[int]string{}
	if u.cluster.HostPath != "" {
		if volumes, err = u.ownVolumes(ctx); err != nil {
			return err
		}
	}
	return u.putClaims(ctx, volumes)
}

// part tells the pods of these ordinals to stop. It comes just before the
// StatefulSet is told to have fewer: what that deletes gets the full grace
// period, which no later word makes shorter (seen with v1.37 and containerd
// 1.6).
func (u *up) part(ctx context.Context, first, end int) ([]kube.Ref, error) {
	pods, err := u.client.List(ctx, u.target.Namespace, u.cluster.Selector(), kube.Pod)
	if err != nil {
		return nil, err
	}
	pods = slices.DeleteFunc(pods, func(ref kube.Ref) bool {
		n, ok := ordinal(ref.Name, u.cluster.Name+"-")
		return !ok || n < first || n >= end
	})
	grace := int64(partingGrace)
	for _, ref := range pods {
		if err := u.client.Delete(ctx, ref, kube.DeleteOptions{Grace: &grace}); err != nil {
			return nil, err
		}
	}
	return pods, nil
}

// discard deletes what retired decides, the directories first. What lies on a
// machine that does not answer stays, marked, and is never used again; so does
// the claim of a pod there, of which nobody knows whether it runs on.
func (u *up) discard(ctx context.Context, nodes int, lost map[string]string) (claims int, err error) {
	if u.seen, err = look(ctx, u.client, u.target); err != nil {
		return 0, err
	}
	claimsGo, volumesGo := retired(u.seen, u.target, nodes)
	for pod, node := range lost {
		u.r.note("pod %s is on node %s, which does not answer: its claim stays until it does; the next crdb-kube up or scale deletes it", pod, node)
		claimsGo = slices.DeleteFunc(claimsGo, func(ref kube.Ref) bool { return ref.Name == claimOfPod(pod) })
	}
	if len(claimsGo)+len(volumesGo) == 0 {
		return 0, nil
	}
	u.r.waiting(0, 0, "deleting %s", kinds(slices.Concat(claimsGo, volumesGo)))
	if err := removeAndAwait(ctx, u.client, u.r, claimsGo); err != nil {
		return 0, err
	}
	for _, ref := range claimsGo {
		u.r.object(ref, progress.Removed)
	}
	if len(volumesGo) == 0 {
		return len(claimsGo), nil
	}
	some := u.seen
	some.volumes = slices.Clone(some.volumes)
	some.volumes = slices.DeleteFunc(some.volumes, func(volume corev1.PersistentVolume) bool {
		return !slices.ContainsFunc(volumesGo, func(ref kube.Ref) bool { return ref.UID == volume.UID })
	})
	w := wiper{client: u.client, target: u.target, r: u.r, now: u.opts.Now}
	left, unreached, err := w.directories(ctx, some)
	if err != nil {
		return 0, err
	}
	if len(left) > 0 {
		u.r.note("%s stays until its node answers; the next crdb-kube up or scale deletes it", progress.And(left))
	}
	volumesGo = slices.DeleteFunc(volumesGo, func(ref kube.Ref) bool { return unreached[ref.Name] })
	if err := removeAndAwait(ctx, u.client, u.r, volumesGo); err != nil {
		return 0, err
	}
	for _, ref := range volumesGo {
		u.r.object(ref, progress.Removed)
	}
	u.seen, err = look(ctx, u.client, u.target)
	return len(claimsGo), err
}

// retired decides what is deleted of pods that left for good: claims and
// volumes of our own from an ordinal on that carry the mark which only a
// decommissioning sets. It is called when the settings, or the command itself,
// know that this has come to its end.
func retired(s survey, target Target, nodes int) (claims, volumes []kube.Ref) {
	for i := range s.claims {
		ref := kube.RefOf(kube.PersistentVolumeClaim, &s.claims[i])
		n, ok := ordinal(ref.Name, claimPrefix+target.Name+"-")
		if ok && n >= nodes && owned(target, ref) && ref.Annotations[cockroach.AnnotationLeaving] != "" {
			claims = append(claims, ref)
		}
	}
	for i := range s.volumes {
		ref := kube.RefOf(kube.PersistentVolume, &s.volumes[i])
		n, err := strconv.Atoi(ref.Annotations[cockroach.AnnotationOrdinal])
		ours := s.record != nil && ref.Annotations[cockroach.AnnotationIncarnation] == s.record.Incarnation
		if err == nil && n >= nodes && ours && owned(target, ref) && ref.Annotations[cockroach.AnnotationLeaving] != "" {
			volumes = append(volumes, ref)
		}
	}
	return claims, volumes
}
