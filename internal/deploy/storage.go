package deploy

import (
	"context"
	"fmt"
	"strconv"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// storage records the settings, then makes the claims, and the volumes where
// nothing else provides them. It does not wait for claims to be bound: a
// class may bind only when a pod needs the volume.
func (u *up) storage(ctx context.Context) (ending, error) {
	if err := u.saveSettings(ctx); err != nil {
		return ending{}, err
	}
	volumes := map[int]string{}
	if u.cluster.HostPath != "" {
		var err error
		if volumes, err = u.ownVolumes(ctx); err != nil {
			return ending{}, err
		}
	}
	if err := u.putClaims(ctx, volumes); err != nil {
		return ending{}, err
	}
	text := fmt.Sprintf("%s of %s", count(u.claims(), "claim"), u.cluster.Storage.String())
	if u.cluster.HostPath != "" {
		text += ", on volumes of our own"
	}
	return done("%s", text), nil
}

// claims is how many there are to be: one a pod, and the spare ones.
func (u *up) claims() int { return u.cluster.Nodes + u.cluster.SpareVolumes }

// saveSettings writes what was decided beside the data, before any data.
func (u *up) saveSettings(ctx context.Context) error {
	return u.put(ctx, u.cluster.Settings(), u.seen.ref(kube.ConfigMap, u.cluster.SettingsName()))
}

func (u *up) putClaims(ctx context.Context, volumes map[int]string) error {
	before := map[string]kube.Ref{}
	for i := range u.seen.claims {
		before[u.seen.claims[i].Name] = kube.RefOf(kube.PersistentVolumeClaim, &u.seen.claims[i])
	}
	group, ctx := errgroup.WithContext(ctx)
	for i := range u.claims() {
		group.Go(func() error {
			return u.put(ctx, u.cluster.Claim(i, volumes[i]), before[u.cluster.ClaimName(i)])
		})
	}
	return group.Wait()
}

// ownVolumes makes a directory and a volume for each claim and says which
// volume belongs to which ordinal.
func (u *up) ownVolumes(ctx context.Context) (map[int]string, error) {
	existing, err := u.existingVolumes()
	if err != nil {
		return nil, err
	}
	places, err := place(u.nodes, existing, u.claims())
	if err != nil {
		return nil, err
	}
	var missing []int
	for i := range u.claims() {
		if _, ok := existing[i]; !ok {
			missing = append(missing, i)
		}
	}
	if err := u.makeDirectories(ctx, missing, places); err != nil {
		return nil, err
	}
	names := map[int]string{}
	var refs []kube.Ref
	for i := range u.claims() {
		names[i] = u.cluster.VolumeName(i)
		refs = append(refs, kube.Ref{Kind: kube.PersistentVolume, Name: names[i]})
		if err := u.put(ctx, u.cluster.Volume(i, places[i].node, places[i].hostname), existing[i].ref); err != nil {
			return nil, err
		}
	}
	if len(missing) == 0 {
		return names, nil
	}
	return names, awaitVolumes(ctx, u.client, u.r, refs, u.cluster.VolumeSelector())
}

// ownVolume is a volume of ours that exists, and the machine it is pinned to.
type ownVolume struct {
	ref kube.Ref
	at  machine
}

// machine is one machine, by its node's name and its hostname label.
type machine struct{ node, hostname string }

// existingVolumes are those of this incarnation by ordinal. One that lost its
// claim is refused: what it holds must not be taken for an empty volume.
func (u *up) existingVolumes() (map[int]ownVolume, error) {
	all := map[int]ownVolume{}
	for i := range u.seen.volumes {
		volume := &u.seen.volumes[i]
		if volume.Annotations[cockroach.AnnotationIncarnation] != u.cluster.Incarnation {
			continue
		}
		n, err := strconv.Atoi(volume.Annotations[cockroach.AnnotationOrdinal])
		if err != nil {
			continue
		}
		if volume.Status.Phase == corev1.VolumeReleased || volume.DeletionTimestamp != nil {
			return nil, &Error{
				Kind:    Refused,
				Message: fmt.Sprintf("persistentvolume/%s: holds the data of %s, but its claim was deleted", volume.Name, u.cluster.PodName(n)),
				Next:    fmt.Sprintf(`kubectl patch pv %s --type merge -p '{"spec":{"claimRef":{"uid":null,"resourceVersion":null}}}' gives it back to its claim`, volume.Name),
			}
		}
		hostname := pinnedTo(volume)
		all[n] = ownVolume{kube.RefOf(kube.PersistentVolume, volume), machine{nodeOf(u.nodes, hostname), hostname}}
	}
	return all, nil
}

// pinnedTo is the hostname that a local volume's node affinity names.
func pinnedTo(volume *corev1.PersistentVolume) string {
	if volume.Spec.NodeAffinity == nil || volume.Spec.NodeAffinity.Required == nil {
		return ""
	}
	for _, term := range volume.Spec.NodeAffinity.Required.NodeSelectorTerms {
		for _, expression := range term.MatchExpressions {
			if expression.Key == corev1.LabelHostname && len(expression.Values) == 1 {
				return expression.Values[0]
			}
		}
	}
	return ""
}

func nodeOf(nodes []corev1.Node, hostname string) string {
	for i := range nodes {
		if nodes[i].Labels[corev1.LabelHostname] == hostname {
			return nodes[i].Name
		}
	}
	return hostname
}
