package cockroach

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
)

// AuthoritySecret keeps the CA with its key. It is created and never written
// again.
func (c Cluster) AuthoritySecret(a Authority) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name: c.AuthoritySecretName(), Namespace: c.Namespace, Labels: c.Labels(),
			Annotations: map[string]string{AnnotationCAExpires: stamp(a.NotAfter())},
		},
		Type: corev1.SecretTypeOpaque,
		Data: map[string][]byte{FileCA: a.CertPEM(), FileCAKey: a.KeyPEM()},
	}
}

// CertificatesSecret has what the pods get.
func (c Cluster) CertificatesSecret(s Certificates) Object {
	ends := s.Ends()
	return applycore.Secret(c.CertificatesSecretName(), c.Namespace).
		WithLabels(c.Labels()).
		WithAnnotations(map[string]string{
			AnnotationCAExpires: stamp(ends.CA), AnnotationNodeExpires: stamp(ends.Node), AnnotationRootExpires: stamp(ends.Root),
		}).
		WithType(corev1.SecretTypeOpaque).
		WithData(s.Data())
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
