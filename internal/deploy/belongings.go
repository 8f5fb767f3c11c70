package deploy

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// sort tells what belongs to the cluster from throw-away objects.
func (s *survey) sort(target Target, pods []kube.Ref, claims []corev1.PersistentVolumeClaim, volumes []corev1.PersistentVolume) {
	for _, ref := range pods {
		switch {
		case cockroach.ThrowAway(ref.Labels):
			s.left = append(s.left, ref)
		case cockroach.OfDatabase(ref.Labels):
			s.pods = append(s.pods, ref)
		}
	}
	for i := range claims {
		if ref := kube.RefOf(kube.PersistentVolumeClaim, &claims[i]); cockroach.ThrowAway(ref.Labels) && owned(target, ref) {
			s.left = append(s.left, ref)
		}
	}
	for i := range volumes {
		switch labels := volumes[i].Labels; {
		case cockroach.ThrowAway(labels):
			s.left = append(s.left, kube.RefOf(kube.PersistentVolume, &volumes[i]))
		case cockroach.OfDatabase(labels):
			s.volumes = append(s.volumes, volumes[i])
		}
	}
	s.claims = underOurNames(claims, target.Name)
}

// take replaces what was seen of an object by what the server answered when it
// was applied.
func (s *survey) take(target Target, applied kube.Applied) {
	switch object := applied.Object.(type) {
	case *corev1.ConfigMap:
		s.refs[applied.Ref.String()] = applied.Ref
	case *corev1.PersistentVolumeClaim:
		others := slices.DeleteFunc(slices.Clone(s.claims), func(c corev1.PersistentVolumeClaim) bool { return c.Name == object.Name })
		s.claims = underOurNames(append(others, *object), target.Name)
	case *corev1.PersistentVolume:
		others := slices.DeleteFunc(slices.Clone(s.volumes), func(v corev1.PersistentVolume) bool { return v.Name == object.Name })
		s.volumes = append(others, *object)
	}
}
