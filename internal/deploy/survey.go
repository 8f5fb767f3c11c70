package deploy

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// survey is everything that exists under one cluster's names, whoever made
// it, and everything that carries its labels, as seen at one moment.
type survey struct {
	// record is what was decided when the cluster was made; nil: nothing recorded.
	record *cockroach.Cluster
	// refs are the fixed objects by Ref.String(); absent ones do not Exist.
	refs map[string]kube.Ref
	// claims are those named after the cluster's pods, by ordinal.
	claims []corev1.PersistentVolumeClaim
	// volumes are the cluster's own, cluster-wide.
	volumes []corev1.PersistentVolume
	// set is the StatefulSet under the cluster's name; nil: there is none.
	set *appsv1.StatefulSet
	// recipe is what an older way to run CockroachDB left; see lookRecipe.
	recipe recipe
	// revisions are the ControllerRevisions of the set, left by orphan deletion.
	revisions []kube.Ref
	// left are throw-away objects of an interrupted run.
	left []kube.Ref
	// pods are those with the cluster's labels.
	pods []kube.Ref
	// secrets are those under our names, whoever made them, by name.
	secrets map[string]*corev1.Secret
	// secretsHidden is why they could not be read.
	secretsHidden error
}

// look reads the whole survey side by side. A user who may not list volumes
// cannot have volumes of their own, so that one refusal is no error.
func look(ctx context.Context, client *kube.Client, target Target) (survey, error) {
	cluster := names(target)
	s := survey{refs: map[string]kube.Ref{}}
	var settings *corev1.ConfigMap
	var refs []kube.Ref
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		settings, err = client.ConfigMap(ctx, target.Namespace, cluster.SettingsName())
		return err
	})
	var pods []kube.Ref
	var claims []corev1.PersistentVolumeClaim
	var volumes []corev1.PersistentVolume
	group.Go(func() (err error) {
		refs, err = client.Lookup(ctx, fixedObjects(target)...)
		return err
	})
	group.Go(func() error { return s.lookSecrets(ctx, client, target) })
	group.Go(func() (err error) {
		s.set, err = client.StatefulSet(ctx, target.Namespace, cluster.Name)
		return err
	})
	group.Go(func() (err error) {
		claims, err = client.Claims(ctx, target.Namespace, "")
		return err
	})
	group.Go(func() (err error) {
		volumes, err = client.Volumes(ctx, cluster.VolumeFamilySelector())
		return unlessForbidden(err)
	})
	group.Go(func() (err error) {
		pods, err = client.List(ctx, target.Namespace, cluster.FamilySelector(), kube.Pod)
		return err
	})
	if err := group.Wait(); err != nil {
		return s, err
	}
	s.sort(target, pods, claims, volumes)
	if s.set != nil {
		refs = append(refs, kube.RefOf(kube.StatefulSet, s.set))
	}
	for _, secret := range s.secrets {
		if ref := kube.RefOf(kube.Secret, secret); owned(target, ref) {
			refs = append(refs, ref)
		}
	}
	for _, ref := range refs {
		s.refs[ref.String()] = ref
	}
	return s, s.read(target, settings)
}

// read takes the recorded settings in, if they are ours.
func (s *survey) read(target Target, settings *corev1.ConfigMap) error {
	if settings == nil {
		return nil
	}
	ref := kube.RefOf(kube.ConfigMap, settings)
	s.refs[ref.String()] = ref
	if !owned(target, ref) {
		return nil // reported with the other foreign objects
	}
	record, err := cockroach.ParseRecord(target.Namespace, target.Name, settings.Data)
	if err != nil {
		return &Error{
			Kind:    Refused,
			Message: ref.String() + ": cannot be read as settings of crdb-kube",
			Next:    "kubectl get " + ref.String() + " -n " + target.Namespace + " -o yaml shows it; a newer crdb-kube may have written it",
			Err:     err,
		}
	}
	s.record = &record
	return nil
}

// fixedObjects are the objects that every cluster has once, without the
// StatefulSet and the settings, of which more than the metadata is wanted.
func fixedObjects(target Target) []kube.Ref {
	c := names(target)
	at := func(kind kube.Kind, name string) kube.Ref {
		return kube.Ref{Kind: kind, Namespace: target.Namespace, Name: name}
	}
	return []kube.Ref{
		at(kube.Service, c.HeadlessService()),
		at(kube.Service, c.PublicService()),
		at(kube.PodDisruptionBudget, c.Budget()),
	}
}

func underOurNames(claims []corev1.PersistentVolumeClaim, name string) []corev1.PersistentVolumeClaim {
	ours := slices.DeleteFunc(claims, func(claim corev1.PersistentVolumeClaim) bool {
		_, ok := ordinal(claim.Name, claimPrefix+name+"-")
		return !ok
	})
	slices.SortFunc(ours, func(a, b corev1.PersistentVolumeClaim) int {
		i, _ := ordinal(a.Name, claimPrefix+name+"-")
		j, _ := ordinal(b.Name, claimPrefix+name+"-")
		return i - j
	})
	return ours
}

// ordinal reads the number behind prefix; false where there is none.
func ordinal(name, prefix string) (int, bool) {
	digits, ok := strings.CutPrefix(name, prefix)
	if !ok || digits == "" || len(digits) > 9 || (len(digits) > 1 && digits[0] == '0') {
		return 0, false
	}
	n := 0
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int(d-'0')
	}
	return n, true
}

// owned says whether crdb-kube made this object for this very cluster.
func owned(target Target, ref kube.Ref) bool {
	return ref.Labels["app.kubernetes.io/managed-by"] == cockroach.ManagedBy &&
		ref.Labels["app.kubernetes.io/instance"] == target.Name
}

// clusterID is the identity that the settings, claims and volumes carry:
// empty where there is none, an error where they disagree.
func (s survey) clusterID(target Target) (string, error) {
	carriers := map[string]string{}
	see := func(id, carrier string) {
		if id != "" && carriers[id] == "" {
			carriers[id] = carrier
		}
	}
	if s.record != nil {
		see(s.record.ClusterID, "configmap/"+target.Name+"-cluster")
	}
	for _, claim := range s.claims {
		see(claim.Annotations[cockroach.AnnotationClusterID], "persistentvolumeclaim/"+claim.Name)
	}
	for _, volume := range s.volumes {
		if s.record != nil && volume.Annotations[cockroach.AnnotationIncarnation] == s.record.Incarnation {
			see(volume.Annotations[cockroach.AnnotationClusterID], "persistentvolume/"+volume.Name)
		}
	}
	var ids, seen []string
	for id, carrier := range carriers {
		ids = append(ids, id)
		seen = append(seen, carrier+" belongs to cluster "+id)
	}
	switch len(ids) {
	case 0:
		return "", nil
	case 1:
		return ids[0], nil
	}
	slices.Sort(seen)
	return "", &Error{
		Kind:    Refused,
		Message: target.Name + ": its claims and settings belong to different clusters, and mixing them would destroy one",
		Seen:    seen,
		Next:    "delete or rename the claims that do not belong, or use another --name",
	}
}

// claimPrefix is what the name of a claim has before that of its pod.
const claimPrefix = "datadir-"

// claimOfPod is the name of the claim of a pod of ours.
func claimOfPod(pod string) string { return claimPrefix + pod }

// names is a cluster of which only the names and selectors are known.
func names(target Target) cockroach.Cluster {
	return cockroach.Cluster{Namespace: target.Namespace, Name: target.Name}
}

// sorted are all fixed objects and claims that exist, in a stable order.
func (s survey) sorted() []kube.Ref {
	var all []kube.Ref
	for _, ref := range s.refs {
		if ref.Exists() {
			all = append(all, ref)
		}
	}
	for i := range s.claims {
		all = append(all, kube.RefOf(kube.PersistentVolumeClaim, &s.claims[i]))
	}
	slices.SortFunc(all, func(a, b kube.Ref) int { return strings.Compare(a.String(), b.String()) })
	return all
}

// ref is what was seen of one fixed object.
func (s survey) ref(kind kube.Kind, name string) kube.Ref {
	return s.refs[kube.Ref{Kind: kind, Name: name}.String()]
}

// made is when the data of the cluster began, as its oldest claim says: its
// settings may be those of a cluster before it.
func (s survey) made(c cockroach.Cluster) time.Time {
	if len(s.claims) == 0 {
		return s.ref(kube.ConfigMap, c.SettingsName()).Created
	}
	oldest := s.claims[0].CreationTimestamp.Time
	for i := range s.claims {
		if at := s.claims[i].CreationTimestamp.Time; at.Before(oldest) {
			oldest = at
		}
	}
	return oldest
}

// absent says which of the objects that every cluster has are not there.
func (s survey) absent(c cockroach.Cluster) []string {
	var gone []string
	for key, what := range map[string]string{
		"service/" + c.PublicService():      "no client reaches the database",
		"service/" + c.HeadlessService():    "the pods do not find each other when they start",
		"poddisruptionbudget/" + c.Budget(): "draining Kubernetes nodes may stop too many pods at once",
		"configmap/" + c.SettingsName():     "what was decided about the cluster stands nowhere",
	} {
		if !s.refs[key].Exists() {
			gone = append(gone, key+" is gone: "+what)
		}
	}
	slices.Sort(gone)
	return gone
}

// deleting says whether the settings carry the mark that `down --delete-data`
// sets before it deletes the first claim.
func (s survey) deleting(target Target) bool {
	c := names(target)
	return s.ref(kube.ConfigMap, c.SettingsName()).Annotations[cockroach.AnnotationDeleting] != ""
}
