package cockroach

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// user is the user and group of every pod of ours; Pod Security "restricted"
// wants any but root.
const user int64 = 1000

const throwAwayMount = "/data"

// Maker is what makes the directory of a volume of our own on one machine: a
// hostPath volume, its claim, and a pod that mounts it, so that the kubelet
// makes the directory (owned by root; the pod of the database, with a `local`
// volume there, then gets it through its fsGroup). The pod ends at once. A
// volume and a claim stand between, because Pod Security forbids a hostPath in
// the pod itself. All three are to be deleted afterwards; the directory stays.
// hostname is the machine's label, as for Volume.
func (c Cluster) Maker(ordinal int, hostname string) (pv, pvc, pod runtime.Object) {
	w := c.throwAway(c.makerName(ordinal), PurposeMake, hostname)
	kind := corev1.HostPathDirectoryOrCreate
	w.volume.Spec.HostPath = &corev1.HostPathVolumeSource{Path: c.Directory(ordinal), Type: &kind}
	w.container().Command = []string{program, "version"}
	return w.volume, w.claim, w.pod
}

// Wiper is what deletes the directories of these ordinals on one machine, of
// exactly this incarnation: a `local` volume on their common parent, its claim,
// and a pod that removes them with the image's own rm. The kubelet first gives
// the whole parent to the pod's group. The parent must exist, or the pod never
// starts; it stays behind, empty. node is the machine's name for whoever reads
// the objects; hostname is its label, as for Volume.
func (c Cluster) Wiper(node, hostname string, ordinals []int) (pv, pvc, pod runtime.Object) {
	w := c.throwAway(c.wiperName(hostname), PurposeWipe, hostname)
	w.volume.Annotations = map[string]string{AnnotationNode: node}
	w.pod.Annotations = map[string]string{AnnotationNode: node}
	w.volume.Spec.Local = &corev1.LocalVolumeSource{Path: c.parentDirectory()}
	always := corev1.FSGroupChangeAlways
	w.pod.Spec.SecurityContext.FSGroup = new(user)
	w.pod.Spec.SecurityContext.FSGroupChangePolicy = &always
	command := []string{"rm", "-rf", "--"}
	for _, ordinal := range ordinals {
		command = append(command, throwAwayMount+"/"+strconv.Itoa(ordinal))
	}
	w.container().Command = command
	return w.volume, w.claim, w.pod
}

// throwAway is a volume, the claim bound to it, and the pod that mounts it.
type throwAway struct {
	volume *corev1.PersistentVolume
	claim  *corev1.PersistentVolumeClaim
	pod    *corev1.Pod
}

func (w throwAway) container() *corev1.Container { return &w.pod.Spec.Containers[0] }

// throwAway pins both the volume and the pod to the machine. The scheduler is
// not passed over, since it is what checks the volume's own rules.
func (c Cluster) throwAway(name, purpose, hostname string) throwAway {
	meta := func(name, namespace string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: c.purposeLabels(purpose)}
	}
	size := resource.MustParse("1Mi")
	mode := corev1.PersistentVolumeFilesystem
	volume := c.volumeName(name)
	return throwAway{
		volume: &corev1.PersistentVolume{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolume"},
			ObjectMeta: meta(volume, ""),
			Spec: corev1.PersistentVolumeSpec{
				Capacity:                      corev1.ResourceList{corev1.ResourceStorage: size},
				AccessModes:                   []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
				VolumeMode:                    &mode,
				PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
				NodeAffinity:                  &corev1.VolumeNodeAffinity{Required: onMachine(hostname)},
				ClaimRef: &corev1.ObjectReference{
					APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: c.Namespace, Name: name,
				},
			},
		},
		claim: &corev1.PersistentVolumeClaim{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolumeClaim"},
			ObjectMeta: meta(name, c.Namespace),
			Spec: corev1.PersistentVolumeClaimSpec{
				AccessModes:      []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
				VolumeMode:       &mode,
				StorageClassName: new(""),
				VolumeName:       volume,
				Resources:        corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: size}},
			},
		},
		pod: &corev1.Pod{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
			ObjectMeta: meta(name, c.Namespace),
			Spec:       c.throwAwayPod(name, hostname),
		},
	}
}

// throwAwayPod runs once, under Pod Security "restricted", and asks for little:
// it must find room on a machine that is nearly full. Of the patch it takes
// over what lets it onto the machine and to its image.
func (c Cluster) throwAwayPod(claim, hostname string) corev1.PodSpec {
	scheduling := c.Scheduling()
	return corev1.PodSpec{
		Tolerations:                   scheduling.Tolerations,
		ImagePullSecrets:              scheduling.PullSecrets,
		NodeSelector:                  map[string]string{corev1.LabelHostname: hostname},
		RestartPolicy:                 corev1.RestartPolicyNever,
		AutomountServiceAccountToken:  new(false),
		EnableServiceLinks:            new(false),
		TerminationGracePeriodSeconds: new(int64(1)),
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot:   new(true),
			RunAsUser:      new(user),
			RunAsGroup:     new(user),
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		Volumes: []corev1.Volume{{
			Name: "data",
			VolumeSource: corev1.VolumeSource{
				PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim},
			},
		}},
		Containers: []corev1.Container{{
			Name:            "directory",
			Image:           c.Image,
			ImagePullPolicy: corev1.PullIfNotPresent,
			VolumeMounts:    []corev1.VolumeMount{{Name: "data", MountPath: throwAwayMount}},
			Resources: corev1.ResourceRequirements{
				Requests: corev1.ResourceList{
					corev1.ResourceCPU:    resource.MustParse("10m"),
					corev1.ResourceMemory: resource.MustParse("64Mi"),
				},
				Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("512Mi")},
			},
			SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: new(false),
				ReadOnlyRootFilesystem:   new(true),
				Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			},
		}},
	}
}

func onMachine(hostname string) *corev1.NodeSelector {
	return &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
		MatchExpressions: []corev1.NodeSelectorRequirement{{
			Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{hostname},
		}},
	}}}
}
