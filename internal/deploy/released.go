package deploy

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// rebind gives volumes of our own whose claims were deleted back to the claims
// of the same names: those of this very cluster. It must come before the
// claims are made: a claim that finds its volume taken is looked at again only
// after 15 s. It returns how many there were.
func (u *up) rebind(ctx context.Context) (int, error) {
	var back []kube.Ref
	for i := range u.seen.volumes {
		if !u.released(&u.seen.volumes[i]) {
			continue
		}
		ref := kube.RefOf(kube.PersistentVolume, &u.seen.volumes[i])
		if err := u.client.Unbind(ctx, ref); err != nil {
			return 0, err
		}
		back = append(back, ref)
	}
	if len(back) == 0 {
		return 0, nil
	}
	return len(back), awaitVolumes(ctx, u.client, u.r, back, u.cluster.VolumeSelector())
}

// released says whether a volume of this very cluster lost its claim. One whose
// CockroachDB node left for good is never bound again.
func (u *up) released(volume *corev1.PersistentVolume) bool {
	return volume.Status.Phase == corev1.VolumeReleased && volume.Annotations[cockroach.AnnotationIncarnation] == u.cluster.Incarnation &&
		volume.Annotations[cockroach.AnnotationLeaving] == ""
}

// earlier lists volumes of our own that an earlier cluster of this name left,
// whose claims went without it. They are nobody's now, and hold its data.
func (u *up) earlier() {
	var names []string
	for i := range u.seen.volumes {
		volume := &u.seen.volumes[i]
		if volume.Annotations[cockroach.AnnotationIncarnation] == u.cluster.Incarnation {
			continue
		}
		name := "persistentvolume/" + volume.Name
		if id := volume.Annotations[cockroach.AnnotationClusterID]; id != "" {
			name += " (cluster " + short(id) + ")"
		}
		names = append(names, name)
	}
	if len(names) > 0 {
		u.r.note("left as they are, with the data of an earlier cluster of this name: %s", progress.And(names))
	}
}

// cleaned says what cleanup did.
func cleaned(removed, bound int) ending {
	switch {
	case removed == 0 && bound == 0:
		return done("nothing left from before")
	case bound == 0:
		return done("%s of an interrupted run removed", progress.Count(removed, "object"))
	}
	text := fmt.Sprintf("%s bound again", progress.Count(bound, "volume"))
	if removed > 0 {
		text += fmt.Sprintf(", %s of an interrupted run removed", progress.Count(removed, "object"))
	}
	return done("%s", text)
}
