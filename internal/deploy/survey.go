package deploy

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
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
	// revisions are the ControllerRevisions of the set, left by orphan deletion.
	revisions []kube.Ref
	// left are throw-away objects of an interrupted run.
	left []kube.Ref
	// pods are those with the cluster's labels.
	pods []kube.Ref
}

// look reads the whole survey side by side. A user who may not list volumes
// cannot have volumes of their own, so that one refusal is no error.
func look(ctx context.Context, client *kube.Client, target Target) (survey, error) {
	names := cockroach.Cluster{Namespace: target.Namespace, Name: target.Name}
	s := survey{refs: map[string]kube.Ref{}}
	var settings *corev1.ConfigMap
	var refs []kube.Ref
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		settings, err = client.ConfigMap(ctx, target.Namespace, names.SettingsName())
		return err
	})
	group.Go(func() (err error) {
		refs, err = client.Lookup(ctx, fixedObjects(target)...)
		return err
	})
	group.Go(func() error {
		all, err := client.Claims(ctx, target.Namespace, "")
		s.claims = underOurNames(all, target.Name)
		return err
	})
	group.Go(func() (err error) {
		s.volumes, err = client.Volumes(ctx, names.VolumeSelector())
		if kube.IsForbidden(err) {
			return nil
		}
		return err
	})
	group.Go(func() (err error) {
		s.pods, err = client.List(ctx, target.Namespace, names.Selector(), kube.Pod)
		return err
	})
	if err := group.Wait(); err != nil {
		return s, err
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

// fixedObjects are the objects that every cluster has once.
func fixedObjects(target Target) []kube.Ref {
	c := cockroach.Cluster{Namespace: target.Namespace, Name: target.Name}
	at := func(kind kube.Kind, name string) kube.Ref {
		return kube.Ref{Kind: kind, Namespace: target.Namespace, Name: name}
	}
	return []kube.Ref{
		at(kube.Service, c.HeadlessService()),
		at(kube.Service, c.PublicService()),
		at(kube.PodDisruptionBudget, c.Budget()),
		at(kube.StatefulSet, c.Name),
	}
}

func underOurNames(claims []corev1.PersistentVolumeClaim, name string) []corev1.PersistentVolumeClaim {
	ours := slices.DeleteFunc(claims, func(claim corev1.PersistentVolumeClaim) bool {
		_, ok := ordinal(claim.Name, "datadir-"+name+"-")
		return !ok
	})
	slices.SortFunc(ours, func(a, b corev1.PersistentVolumeClaim) int {
		i, _ := ordinal(a.Name, "datadir-"+name+"-")
		j, _ := ordinal(b.Name, "datadir-"+name+"-")
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
		if s.record == nil || volume.Annotations[cockroach.AnnotationIncarnation] == s.record.Incarnation {
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

// obstacles refuses to go on over what is not ours or is being deleted.
func (s survey) obstacles(target Target, now time.Time) error {
	if err := s.foreign(target, now); err != nil {
		return err
	}
	var going []string
	for _, claim := range s.claims {
		if claim.DeletionTimestamp != nil {
			going = append(going, "persistentvolumeclaim/"+claim.Name+" is being deleted since "+roughly(now.Sub(claim.DeletionTimestamp.Time)))
		}
	}
	if len(going) == 0 {
		return nil
	}
	next := "wait until they are gone, then the same command again"
	if len(s.pods) > 0 {
		next = "back up the data now, while the pods run: with the next restart of a pod its claim and its data are gone"
	}
	return &Error{
		Kind:    Refused,
		Message: target.Name + ": " + count(len(going), "claim") + " being deleted",
		Seen:    going,
		Next:    next,
	}
}

func (s survey) foreign(target Target, now time.Time) error {
	var seen []string
	for _, ref := range s.sorted() {
		if owned(target, ref) {
			continue
		}
		line := ref.String() + " was not made by crdb-kube for this cluster"
		if len(ref.Managers) > 0 {
			line += ", but by " + and(ref.Managers) + " " + roughly(now.Sub(ref.Created)) + " ago"
		}
		seen = append(seen, line)
	}
	if len(seen) == 0 {
		return nil
	}
	first, _, _ := strings.Cut(seen[0], " ")
	message := first + ": was not made by crdb-kube, and it takes over nothing"
	if len(seen) > 1 {
		message = first + " and " + count(len(seen)-1, "more object") + ": were not made by crdb-kube, and it takes over nothing"
	}
	return &Error{
		Kind:    Refused,
		Message: message,
		Seen:    seen,
		Next:    "crdb-kube up --name " + target.Name + "-2 makes a cluster beside it, or delete what is in the way yourself",
	}
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
