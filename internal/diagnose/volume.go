package diagnose

import (
	"regexp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Causes that lie with claims and volumes.
const (
	NoStorageClass       = "NO_STORAGE_CLASS"
	StorageClassNotFound = "STORAGE_CLASS_NOT_FOUND"
	ProvisionerSilent    = "PROVISIONER_SILENT"
	ProvisioningFailed   = "PROVISIONING_FAILED"
	ClaimLost            = "CLAIM_LOST"
	ClaimMissing         = "CLAIM_MISSING"
	VolumeNodeGone       = "VOLUME_NODE_GONE"
	MountFailed          = "MOUNT_FAILED"
)

func volumeEntries() []Entry {
	const claims = "Events of the claim."
	return []Entry{
		{
			NoStorageClass, progress.User,
			"A claim names no StorageClass, and the cluster has no default one: nobody will make its volume.", claims,
			"crdb-kube down --delete-data, then crdb-kube up with --storage-class, or with --host-path for volumes of its own.",
		},
		{
			StorageClassNotFound, progress.User,
			"A claim names a StorageClass that is not there.", claims,
			"kubectl get storageclasses shows those that there are. A claim's class cannot be changed: down --delete-data, then up with another.",
		},
		{
			ProvisionerSilent, progress.Unclear,
			"A claim waits for a provisioner that has not said a word about it: most often it is not installed or does not run.", claims,
			"kubectl get storageclasses names the provisioner; look after its pods.",
		},
		{
			ProvisioningFailed, progress.Unclear,
			"The provisioner tried to make a volume and failed.", claims,
			"Read the evidence; the provisioner tries again by itself.",
		},
		{
			ClaimLost, progress.User,
			"The volume behind a claim was deleted: what it held is gone.", "The claim's phase Lost.",
			"Where the others have the data: delete the claim and its pod, then crdb-kube up; the pod starts empty and gets its data from them.",
		},
		{
			ClaimMissing, progress.Unclear,
			"The claim of a pod's data is not there.", "The scheduler's word about the pod.",
			"crdb-kube up makes the claim again; the pod starts empty and gets its data from the others.",
		},
		{
			VolumeNodeGone, progress.User,
			"A pod's volume lies on one node, and that node is not part of the Kubernetes cluster any more.", "The volume's node affinity, and the nodes.",
			"Bring the node back under its name; else give the data of this one pod up: delete its claim and the pod, then crdb-kube up.",
		},
		{
			MountFailed, progress.Unclear,
			"The kubelet cannot mount or attach a volume of the pod.", "FailedMount and FailedAttachVolume events of the pod.",
			"Read the evidence; the kubelet tries again by itself. A volume that is still attached to a node that is down is freed after some minutes.",
		},
	}
}

// unbound is why a pod still waits for its volume; nil: it is normal so far.
func (s Scene) unbound(pod *corev1.Pod, words string) *progress.Cause {
	for _, claim := range s.claims(pod) {
		if cause := s.claimCause(claim); cause != nil {
			return cause
		}
	}
	said := progress.Evidence{Text: words, Where: "scheduler, about pod " + pod.Name}
	if strings.Contains(words, "bound to non-existent persistentvolume") {
		return because(ClaimLost, "the volume of its claim was deleted: what it held is gone", "kubectl get persistentvolumeclaims -n "+pod.Namespace, said)
	}
	if missingClaim.MatchString(words) {
		return because(ClaimMissing, "its claim is not there", "crdb-kube up makes it again", said)
	}
	return nil
}

// missingClaim is how the scheduler says that a pod's claim is not there.
var missingClaim = regexp.MustCompile(`persistentvolumeclaim "[^"]+" not found`)

// claimCause is what keeps one claim from being bound; nil: nothing, or it is
// on its way.
func (s Scene) claimCause(claim *corev1.PersistentVolumeClaim) *progress.Cause {
	where := "persistentvolumeclaim/" + claim.Name
	if claim.Status.Phase == corev1.ClaimLost {
		said := progress.Evidence{Text: "volume " + claim.Spec.VolumeName + " is not there", Where: where}
		return because(ClaimLost, "the volume of its claim was deleted: what it held is gone",
			"kubectl get persistentvolumeclaims -n "+claim.Namespace+"; without that claim and its pod, crdb-kube up starts the pod empty", said)
	}
	if claim.Status.Phase == corev1.ClaimBound {
		return nil
	}
	event := s.latest(claim.UID, "FailedBinding", "ProvisioningFailed", "ExternalProvisioning", "Provisioning", "WaitForFirstConsumer", "WaitForPodScheduled")
	if event == nil {
		return nil
	}
	said := s.evidence(event, where)
	class := className(claim)
	switch {
	case event.Reason == "FailedBinding" && strings.Contains(event.Message, "no storage class is set"):
		return because(NoStorageClass, "its claim names no StorageClass, and there is no default one",
			"crdb-kube down --delete-data, then crdb-kube up with --storage-class, or --host-path "+hostPath, said)
	case event.Reason == "ProvisioningFailed" && strings.Contains(event.Message, "storageclass") && strings.Contains(event.Message, "not found"):
		return because(StorageClassNotFound, "there is no StorageClass "+class,
			"crdb-kube down --delete-data, then crdb-kube up with another --storage-class; kubectl get storageclasses", said)
	case event.Reason == "ProvisioningFailed":
		return because(ProvisioningFailed, "the provisioner of class "+class+" cannot make a volume", "kubectl describe storageclass "+class, said)
	case event.Reason == "ExternalProvisioning" && s.age(claim.CreationTimestamp.Time) >= provisionerTime:
		return because(ProvisionerSilent, "no volume yet from the provisioner of class "+class, "kubectl describe storageclass "+class+" names the provisioner: look whether it runs", said)
	}
	return nil
}

// provisionerTime is how long a provisioner may take to say something. One that
// works begins within a second.
const provisionerTime = 15 * time.Second

// hostPath is where volumes of our own are offered.
const hostPath = "/var/lib/crdb-kube"

func className(claim *corev1.PersistentVolumeClaim) string {
	if claim.Spec.StorageClassName == nil {
		return "(none)"
	}
	return *claim.Spec.StorageClassName
}

// pinned is the cause where the volume of a pod lies on a node that is gone, or
// not ready.
func (s Scene) pinned(pod *corev1.Pod, said progress.Evidence) *progress.Cause {
	if s.Nodes == nil {
		return nil
	}
	for _, claim := range s.claims(pod) {
		volume := s.Volumes[claim.Spec.VolumeName]
		if volume == nil {
			continue
		}
		hosts := hostnames(volume)
		if len(hosts) == 0 {
			continue
		}
		lies := "its data lies on node " + progress.And(hosts)
		node := s.oneOf(hosts)
		if node == nil {
			where := progress.Evidence{Text: "lies on node " + progress.And(hosts), Where: "persistentvolume/" + volume.Name}
			return because(VolumeNodeGone, lies+", which is gone", "kubectl get nodes; bring the node back under its name", where, said)
		}
		if bad := s.notReady(node); bad != nil {
			return because(NodeNotReady, lies+", which is not ready", "kubectl describe node "+node.Name, *bad, said)
		}
	}
	return nil
}

// oneOf is a node with one of these names or host names; nil: there is none.
func (s Scene) oneOf(hosts []string) *corev1.Node {
	for _, name := range sortedNames(s.Nodes) {
		if slices.Contains(hosts, name) || slices.Contains(hosts, s.Nodes[name].Labels[corev1.LabelHostname]) {
			return s.Nodes[name]
		}
	}
	return nil
}

// hostnames are the nodes to which a volume is bound; none: it is not.
func hostnames(volume *corev1.PersistentVolume) []string {
	if volume.Spec.NodeAffinity == nil || volume.Spec.NodeAffinity.Required == nil {
		return nil
	}
	var hosts []string
	for _, term := range volume.Spec.NodeAffinity.Required.NodeSelectorTerms {
		for _, one := range term.MatchExpressions {
			if one.Key == corev1.LabelHostname && one.Operator == corev1.NodeSelectorOpIn {
				hosts = append(hosts, one.Values...)
			}
		}
		for _, one := range term.MatchFields {
			if one.Key == "metadata.name" && one.Operator == corev1.NodeSelectorOpIn {
				hosts = append(hosts, one.Values...)
			}
		}
	}
	return hosts
}

// mounting is why a pod on a node does not get its volumes; nil: nobody
// complains.
func (s Scene) mounting(pod *corev1.Pod) *progress.Cause {
	event := s.latest(pod.UID, "FailedMount", "FailedAttachVolume", "SuccessfulAttachVolume", "Pulling", "Pulled", "Created", "Started")
	if event == nil || (event.Reason != "FailedMount" && event.Reason != "FailedAttachVolume") {
		return nil
	}
	said := s.evidence(event, "pod "+pod.Name+", node "+pod.Spec.NodeName)
	if cause := reference(pod, said); cause != nil {
		return cause
	}
	return because(MountFailed, "its node cannot mount a volume", "kubectl describe pod -n "+pod.Namespace+" "+pod.Name, said)
}
