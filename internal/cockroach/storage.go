package cockroach

import (
	"path"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
)

// claimTemplate is the name of the StatefulSet's claim template and with it
// the beginning of every claim's name. It cannot change while claims exist.
const claimTemplate = "datadir"

// Claim is the claim of the pod with this ordinal, made before the pod. It
// equals what the StatefulSet controller would make from its template in
// class, size, mode and labels, so that neither conflicts with the other. The
// incarnation stands only on claims made here: a claim that the controller
// made again, empty, is known by its absence. volumeName is that of the volume
// of our own; empty where a class provides it.
func (c Cluster) Claim(ordinal int, volumeName string) *applycore.PersistentVolumeClaimApplyConfiguration {
	claim := applycore.PersistentVolumeClaim(c.ClaimName(ordinal), c.Namespace).
		WithLabels(c.Labels()).
		WithAnnotations(c.identity(ordinal)).
		WithSpec(applycore.PersistentVolumeClaimSpec().
			WithAccessModes(corev1.ReadWriteOnce).
			WithVolumeMode(corev1.PersistentVolumeFilesystem).
			WithResources(applycore.VolumeResourceRequirements()))
	c.shapeClaim(claim.Spec)
	if volumeName != "" {
		claim.Spec.WithVolumeName(volumeName)
	}
	return claim
}

// shapeClaim sets what claims and their template have in common.
func (c Cluster) shapeClaim(spec *applycore.PersistentVolumeClaimSpecApplyConfiguration) {
	spec.WithStorageClassName(c.StorageClass)
	spec.Resources.WithRequests(corev1.ResourceList{corev1.ResourceStorage: c.Storage})
}

// Volume is a `local` volume of our own for the claim with this ordinal: a
// directory on one machine, which must exist (see Maker). hostname is the value
// of that machine's label kubernetes.io/hostname, which usually but not always
// is its name. It is bound to that claim beforehand and kept when the claim goes.
func (c Cluster) Volume(ordinal int, node, hostname string) Object {
	annotations := c.identity(ordinal)
	annotations[AnnotationNode] = node
	annotations[AnnotationImage] = c.Image
	return applycore.PersistentVolume(c.VolumeName(ordinal)).
		WithLabels(c.volumeLabels()).
		WithAnnotations(annotations).
		WithSpec(applycore.PersistentVolumeSpec().
			WithCapacity(corev1.ResourceList{corev1.ResourceStorage: c.Storage}).
			WithAccessModes(corev1.ReadWriteOnce).
			WithVolumeMode(corev1.PersistentVolumeFilesystem).
			WithPersistentVolumeReclaimPolicy(corev1.PersistentVolumeReclaimRetain).
			WithClaimRef(applycore.ObjectReference().
				WithAPIVersion("v1").WithKind("PersistentVolumeClaim").
				WithNamespace(c.Namespace).WithName(c.ClaimName(ordinal))).
			WithLocal(applycore.LocalVolumeSource().WithPath(c.Directory(ordinal))).
			WithNodeAffinity(applycore.VolumeNodeAffinity().
				WithRequired(applycore.NodeSelector().
					WithNodeSelectorTerms(applycore.NodeSelectorTerm().
						WithMatchExpressions(applycore.NodeSelectorRequirement().
							WithKey(corev1.LabelHostname).
							WithOperator(corev1.NodeSelectorOpIn).
							WithValues(hostname))))))
}

// Directory is where a volume of our own keeps its data on its machine. A
// cluster that is made anew has another incarnation and never finds old data.
func (c Cluster) Directory(ordinal int) string {
	return path.Join(c.parentDirectory(), strconv.Itoa(ordinal))
}

// parentDirectory holds the directories of this incarnation and nothing else:
// the kubelet changes the group of everything in it when Wiper mounts it.
func (c Cluster) parentDirectory() string { return path.Join(c.HostPath, c.Incarnation) }

// identity are the annotations by which data is known to be this cluster's.
func (c Cluster) identity(ordinal int) map[string]string {
	identity := map[string]string{
		AnnotationIncarnation: c.Incarnation,
		AnnotationOrdinal:     strconv.Itoa(ordinal),
	}
	if c.ClusterID != "" {
		identity[AnnotationClusterID] = c.ClusterID
	}
	return identity
}
