package cockroach

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
)

const (
	// certsVolume is what the database reads its certificates from.
	certsVolume = "certs"
	// secretVolume and secretPath are where the Secret itself lies, where the
	// database gets a copy.
	secretVolume = "certs-secret"
	secretPath   = "/cockroach/certs-secret"
	// copier is the init container that makes that copy.
	copier = "copy-certs"
)

// CertificatesSource is the Secret that the pods get their certificates from.
func (c Cluster) CertificatesSource() string {
	if c.CertsSecret != "" {
		return c.CertsSecret
	}
	return c.CertificatesSecretName()
}

// copiesKeys says whether the pods get a copy of the Secret's files: where the
// release refuses keys that a group may read, or nobody knows the release.
func (c Cluster) copiesKeys() bool {
	version, known := VersionOf(c.Image)
	return !known || !version.readsGroupKeys()
}

// certificateFiles are the files that the pods get, in a stable order.
func certificateFiles() []string {
	return []string{FileCA, FileNode, FileNodeKey, FileRoot, FileRootKey}
}

// shapeCertificates makes the manifest's way of the certificates into the pod
// this cluster's. The manifest mounts the Secret.
func (c Cluster) shapeCertificates(template *applycore.PodTemplateSpecApplyConfiguration) {
	pod := template.Spec
	database := &pod.Containers[0]
	if c.Security == Insecure {
		pod.Volumes, database.VolumeMounts = nil, withoutMount(database.VolumeMounts, certsVolume)
		template.Annotations = nil
		return
	}
	pod.Volumes[0].Secret.WithSecretName(c.CertificatesSource())
	if !c.copiesKeys() {
		return
	}
	secret := pod.Volumes[0]
	secret.WithName(secretVolume)
	directory := applycore.Volume().WithName(certsVolume).
		WithEmptyDir(applycore.EmptyDirVolumeSource().WithMedium(corev1.StorageMediumMemory))
	pod.Volumes = []applycore.VolumeApplyConfiguration{*directory, secret}
	// It may be written to: at a rotation the copy is made again.
	copied := applycore.VolumeMount().WithName(certsVolume).WithMountPath(CertsPath)
	source := applycore.VolumeMount().WithName(secretVolume).WithMountPath(secretPath).WithReadOnly(true)
	database.VolumeMounts = withoutMount(database.VolumeMounts, certsVolume)
	database.WithVolumeMounts(copied, source)
	pod.WithInitContainers(applycore.Container().
		WithName(copier).WithImage(c.Image).WithImagePullPolicy(*database.ImagePullPolicy).
		WithCommand("/bin/sh", "-c", copyCommand()).
		WithResources(database.Resources).
		WithSecurityContext(database.SecurityContext).
		WithTerminationMessagePolicy(*database.TerminationMessagePolicy).
		WithVolumeMounts(copied, source))
}

func withoutMount(mounts []applycore.VolumeMountApplyConfiguration, name string) []applycore.VolumeMountApplyConfiguration {
	var rest []applycore.VolumeMountApplyConfiguration
	for i := range mounts {
		if *mounts[i].Name != name {
			rest = append(rest, mounts[i])
		}
	}
	return rest
}

// copyCommand copies the Secret's files so that only their owner may read
// them. Files of an earlier copy are replaced. The kubelet changes all files
// of a Secret at once, by turning the link ..data to another directory: who has
// entered the one it leads to never gets a certificate and the key of another.
func copyCommand() string {
	return "cd " + secretPath + "/..data && umask 077 && cp -f " + strings.Join(certificateFiles(), " ") + " " + CertsPath + "/"
}

// ReloadCommand makes the database in a pod take the certificates up that lie
// in its Secret by now. Connections that are open stay open. The database is the first process
// of its container.
//
// Source: recorded from v21.1.2; the new certificate is served within 1 s, and
// files that cannot be loaded leave the old ones in use.
func (c Cluster) ReloadCommand() []string {
	command := "kill -HUP 1"
	if c.copiesKeys() {
		command = copyCommand() + " && " + command
	}
	return []string{"/bin/sh", "-c", command}
}
