package deploy

import (
	"context"
	"fmt"
	"strconv"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// storage records the settings, then makes the claims, and the volumes where
// nothing else provides them. It does not wait for claims to be bound: a
// class may bind only when a pod needs the volume.
func (u *up) storage(ctx context.Context) (ending, error) {
	if err := u.saveSettings(ctx); err != nil {
		return ending{}, err
	}
	if u.seen.deleting(u.target) { // all of it is deleted, and these are the settings of what comes
		if err := u.client.Unannotate(ctx, u.settingsRef(), cockroach.AnnotationDeleting); err != nil {
			return ending{}, err
		}
	}
	volumes := map[int]string{}
	if u.cluster.HostPath != "" {
		var err error
		if volumes, err = u.ownVolumes(ctx); err != nil {
			return ending{}, err
		}
	}
	larger := u.seen.smaller(u.cluster)
	if err := u.putClaims(ctx, volumes); err != nil {
		return ending{}, err
	}
	text := fmt.Sprintf("%s of %s", progress.Count(u.claims(), "claim"), u.cluster.Storage.String())
	if u.cluster.HostPath != "" {
		text += ", on volumes of our own"
	}
	if larger > 0 {
		text += fmt.Sprintf(", %d of them made larger", larger)
		u.r.note("class %s makes the volumes larger, which takes its time, and with some classes a restart of the pods: kubectl get persistentvolumeclaims shows what they have; crdb-kube restart", u.cluster.StorageClass)
	}
	return done("%s", text), nil
}

// smaller is how many claims asked for less than they are to have.
func (s survey) smaller(c cockroach.Cluster) int {
	n := 0
	for i := range s.claims {
		if s.claims[i].Spec.Resources.Requests.Storage().Cmp(c.Storage) < 0 {
			n++
		}
	}
	return n
}

// claims is how many there are to be: one a pod, and the spare ones.
func (u *up) claims() int { return u.cluster.Nodes + u.cluster.SpareVolumes }

func (u *up) putClaims(ctx context.Context, volumes map[int]string) error {
	before := map[string]*corev1.PersistentVolumeClaim{}
	for i := range u.seen.claims {
		claim := u.seen.claims[i] // those that are seen change with each one that is put
		before[claim.Name] = &claim
	}
	group, ctx := errgroup.WithContext(ctx)
	for i := range u.claims() {
		want, seen := u.cluster.Claim(i, volumes[i]), before[u.cluster.ClaimName(i)]
		group.Go(func() error {
			switch {
			case seen == nil:
				return u.put(ctx, want, kube.Ref{})
			case asWanted(seen, want):
				u.r.object(kube.RefOf(kube.PersistentVolumeClaim, seen), progress.Unchanged)
				return nil
			}
			return u.put(ctx, want, kube.RefOf(kube.PersistentVolumeClaim, seen))
		})
	}
	return group.Wait()
}

// asWanted says whether an apply would change nothing of a claim. It is not
// left to the server to find out: the second apply of a claim moves its
// resourceVersion, though nothing else of it (seen with v1.37).
func asWanted(seen *corev1.PersistentVolumeClaim, want *applycore.PersistentVolumeClaimApplyConfiguration) bool {
	if kube.RefOf(kube.PersistentVolumeClaim, seen).Applied.IsZero() {
		return false // we never wrote it
	}
	for key, value := range want.Labels {
		if seen.Labels[key] != value {
			return false
		}
	}
	for key, value := range want.Annotations {
		if seen.Annotations[key] != value {
			return false
		}
	}
	size := (*want.Spec.Resources.Requests)[corev1.ResourceStorage]
	return size.Cmp(*seen.Spec.Resources.Requests.Storage()) == 0 &&
		*want.Spec.StorageClassName == classOf(seen) &&
		(want.Spec.VolumeName == nil || *want.Spec.VolumeName == seen.Spec.VolumeName)
}

// ownVolumes makes a directory and a volume for each claim and says which
// volume belongs to which ordinal.
func (u *up) ownVolumes(ctx context.Context) (map[int]string, error) {
	existing := u.existingVolumes()
	if err := u.undead(existing); err != nil {
		return nil, err
	}
	places, err := u.places()
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

// undead refuses to give a new pod the volume of one that left for good, which
// could not be deleted with it: the database would never let it in.
func (u *up) undead(existing map[int]ownVolume) error {
	for i := range u.claims() {
		if at := existing[i]; at.left {
			return &Error{
				Message: fmt.Sprintf("%s: still holds a CockroachDB node that was decommissioned, for node %s did not answer when it was to be deleted", at.ref, at.at.node),
				Next:    "the same command again, when the node is back",
			}
		}
	}
	return nil
}

// places are the machines of all volumes of our own, by ordinal.
func (u *up) places() (map[int]machine, error) {
	return place(suited(u.nodes, u.cluster), u.existingVolumes(), u.claims())
}

// ownVolume is a volume of ours that exists, and the machine it is pinned to.
type ownVolume struct {
	ref kube.Ref
	at  machine
	// left: its CockroachDB node left for good, and its claim is gone.
	left bool
}

// machine is one machine, by its node's name and its hostname label.
type machine struct{ node, hostname string }

// existingVolumes are those of this incarnation by ordinal.
func (u *up) existingVolumes() map[int]ownVolume {
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
		hostname := pinnedTo(volume)
		all[n] = ownVolume{
			kube.RefOf(kube.PersistentVolume, volume),
			machine{nodeOf(u.nodes, hostname), hostname},
			volume.Annotations[cockroach.AnnotationLeaving] != "" && volume.Status.Phase == corev1.VolumeReleased,
		}
	}
	return all
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
