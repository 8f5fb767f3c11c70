package cockroach

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ManagedBy is the value of the label LabelManagedBy on everything that this
// program makes.
const ManagedBy = "crdb-kube"

// Labels. The first three stand on every object and are the whole selector of
// Services, budget and StatefulSet.
const (
	LabelName      = "app.kubernetes.io/name"
	LabelInstance  = "app.kubernetes.io/instance"
	LabelManagedBy = "app.kubernetes.io/managed-by"
	// LabelNamespace stands on volumes, which have no namespace themselves.
	LabelNamespace = "crdb-kube.github.io/namespace"
	// LabelPurpose stands on throw-away objects: PurposeMake or PurposeWipe.
	LabelPurpose = "crdb-kube.github.io/purpose"
)

// Annotations on claims and volumes.
const (
	AnnotationClusterID   = "crdb-kube.github.io/cluster-id"
	AnnotationIncarnation = "crdb-kube.github.io/incarnation"
	AnnotationOrdinal     = "crdb-kube.github.io/ordinal"
	// AnnotationNudged is when the StatefulSet was touched to wake its controller.
	AnnotationNudged = "crdb-kube.github.io/nudged"
	// AnnotationRestarted stands in the pod template: when a rolling restart was
	// asked for. Another value is another template.
	AnnotationRestarted = "crdb-kube.github.io/restarted-at"
	// AnnotationLeaving stands on a claim, and on a volume of our own, whose
	// CockroachDB node is being decommissioned: its number, or NeverJoined.
	AnnotationLeaving = "crdb-kube.github.io/leaving"
	// AnnotationImage is what runs on a volume of our own: the same image
	// deletes its directory.
	AnnotationImage = "crdb-kube.github.io/image"
	// AnnotationCAExpires and the two that follow say when certificates in a Secret end
	// (RFC 3339, UTC).
	AnnotationCAExpires   = "crdb-kube.github.io/ca-expires"
	AnnotationNodeExpires = "crdb-kube.github.io/node-expires"
	AnnotationRootExpires = "crdb-kube.github.io/root-expires"
	// AnnotationPasswordSet says in which database the user and the password of
	// a Secret are known: cluster ID and user.
	AnnotationPasswordSet = "crdb-kube.github.io/password-set"
	// AnnotationReloaded is when a pod was told of new certificates.
	AnnotationReloaded = "crdb-kube.github.io/reloaded"
	// AnnotationNode is the name of the machine that a volume of our own lies on.
	AnnotationNode = "crdb-kube.github.io/node"
)

// NeverJoined is AnnotationLeaving of a pod that never became a CockroachDB
// node of the cluster.
const NeverJoined = "never joined"

// Purposes of throw-away objects.
const (
	PurposeMake = "make-directory"
	PurposeWipe = "wipe-directory"
)

const (
	labelNameDatabase  = "cockroachdb"
	labelNameDirectory = "cockroachdb-directory"
)

// Labels are what every object of the cluster carries and what its selectors
// ask for. They never change while the cluster lives.
func (c Cluster) Labels() map[string]string {
	return map[string]string{
		LabelName:      labelNameDatabase,
		LabelInstance:  c.Name,
		LabelManagedBy: ManagedBy,
	}
}

// volumeLabels are Labels with the namespace.
func (c Cluster) volumeLabels() map[string]string {
	labels := c.Labels()
	labels[LabelNamespace] = c.Namespace
	return labels
}

// purposeLabels stand on throw-away objects. They differ from Labels in the
// name, so that no Service, budget or StatefulSet ever selects such a pod.
func (c Cluster) purposeLabels(purpose string) map[string]string {
	labels := c.volumeLabels()
	labels[LabelName] = labelNameDirectory
	labels[LabelPurpose] = purpose
	return labels
}

// Selector finds what belongs to the cluster inside its namespace.
func (c Cluster) Selector() string { return selector(c.Labels()) }

// FamilySelector finds what Selector does, and throw-away objects.
func (c Cluster) FamilySelector() string { return selector(family(c.Labels())) }

// VolumeFamilySelector finds what VolumeSelector does, and throw-away volumes.
func (c Cluster) VolumeFamilySelector() string { return selector(family(c.volumeLabels())) }

func family(labels map[string]string) map[string]string {
	delete(labels, LabelName)
	return labels
}

// ThrowAway tells an object that made or wiped directories by its labels.
func ThrowAway(labels map[string]string) bool {
	return labels[LabelName] == labelNameDirectory && labels[LabelPurpose] != ""
}

// OfDatabase tells an object of the database itself by its labels.
func OfDatabase(labels map[string]string) bool { return labels[LabelName] == labelNameDatabase }

// VolumeSelector finds the cluster's own volumes, which are cluster-wide.
func (c Cluster) VolumeSelector() string { return selector(c.volumeLabels()) }

// PurposeSelector finds what Maker (PurposeMake) or Wiper (PurposeWipe) made,
// its volumes included.
func (c Cluster) PurposeSelector(purpose string) string {
	return selector(c.purposeLabels(purpose))
}

func selector(labels map[string]string) string {
	var terms []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		terms = append(terms, key+"="+labels[key])
	}
	return strings.Join(terms, ",")
}

// PodName is the name of the pod with this ordinal.
func (c Cluster) PodName(ordinal int) string { return c.Name + "-" + strconv.Itoa(ordinal) }

// HasPod says whether a pod of this name would be one of the cluster's.
func (c Cluster) HasPod(name string) bool {
	ordinal, found := strings.CutPrefix(name, c.Name+"-")
	n, err := strconv.Atoi(ordinal)
	return found && err == nil && n >= 0 && c.PodName(n) == name
}

// ClaimName is the name of that pod's claim, as the StatefulSet controller
// forms it.
func (c Cluster) ClaimName(ordinal int) string { return claimTemplate + "-" + c.PodName(ordinal) }

// VolumeName is the name of that pod's volume if volumes are our own. Volumes
// share one name space with every other cluster: namespace, name, ordinal and
// incarnation stand in it, parted by dots, which none of them can hold. At the
// longest allowed names it has 130 characters of the 253 that Kubernetes allows.
func (c Cluster) VolumeName(ordinal int) string { return c.volumeName(c.PodName(ordinal)) }

func (c Cluster) volumeName(claim string) string {
	return claim + "." + c.Namespace + "." + c.Incarnation
}

// makerName cannot be a pod's name, since it does not end in a number.
func (c Cluster) makerName(ordinal int) string { return c.PodName(ordinal) + "-make" }

// wiperName may be longer than a label; only the pod's host name is cut for it.
func (c Cluster) wiperName(hostname string) string {
	hash := fnv.New32a()
	hash.Write([]byte(c.parentDirectory() + " " + hostname))
	return fmt.Sprintf("%s-%08x-wipe", c.Name, hash.Sum32())
}

// HeadlessService gives each pod its name in the DNS, ready or not.
func (c Cluster) HeadlessService() string { return c.Name }

// PublicService is what clients connect to: the ready pods.
func (c Cluster) PublicService() string { return c.Name + "-public" }

// Budget is the name of the PodDisruptionBudget.
func (c Cluster) Budget() string { return c.Name + "-budget" }

// SettingsName is the name of the ConfigMap that keeps Record.
func (c Cluster) SettingsName() string { return c.Name + "-cluster" }

// AuthoritySecretName is the name of the Secret that keeps the CA with its key.
// No pod gets it.
func (c Cluster) AuthoritySecretName() string { return c.Name + "-ca" }

// CertificatesSecretName is the name of the Secret with the certificates that
// the pods get, unless CertsSecret names another.
func (c Cluster) CertificatesSecretName() string { return c.Name + "-certs" }

// AppSecretName is the name of the Secret with all that the application needs
// to connect.
func (c Cluster) AppSecretName() string { return c.Name + "-app" }

// LockName is the name of the Lease that keeps two commands apart.
func (c Cluster) LockName() string { return c.Name + "-lock" }
