package diagnose

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Causes that CockroachDB itself names.
const (
	BadFlag             = "BAD_FLAG"
	DiskFull            = "DISK_FULL"
	StoreNotWritable    = "STORE_NOT_WRITABLE"
	StoreOfOtherCluster = "STORE_OF_OTHER_CLUSTER"
	StoreTooOld         = "STORE_TOO_OLD"
	StoreTooNew         = "STORE_TOO_NEW"
	StoreDecommissioned = "STORE_DECOMMISSIONED"
	CertificateUnusable = "CERTIFICATE_UNUSABLE"
	CertificateRefused  = "CERTIFICATE_REFUSED"
	JoinNameNotFound    = "JOIN_NAME_NOT_FOUND"
	ClockOff            = "CLOCK_OFF"
	NoQuorum            = "NO_QUORUM"
)

func storeEntries() []Entry {
	const ended = "What the container said before it ended."
	const log = "The log of the container."
	return []Entry{
		{
			StoreNotWritable, progress.User,
			"The directory behind a pod's volume belongs to root, and the database does not run as root. Some provisioners make such directories, minikube's on several nodes among them.", ended,
			"Where there is no data yet: crdb-kube up --fresh --host-path, for volumes of its own. Else make the directory writable for user 1000.",
		},
		{
			StoreOfOtherCluster, progress.User,
			"A pod's volume holds the data of another CockroachDB cluster: it was left by one, or was moved here.", log,
			"Find out whose data it is before anything is deleted. Where it is nobody's: delete the claim and its pod, then crdb-kube up.",
		},
		{
			StoreTooOld, progress.User,
			"The data was last used with a version that this one cannot read any more: a version was skipped, or an earlier upgrade was never finished.", ended,
			"crdb-kube up --image with the version in between, as the evidence names it; upgrades go one release at a time.",
		},
		{
			StoreTooNew, progress.User,
			"The data was used with a newer version than the image has. It cannot be read by an older one.", ended,
			"crdb-kube up --image with the version that the evidence names, or a newer one.",
		},
		{
			StoreDecommissioned, progress.User,
			"A pod's volume holds a CockroachDB node that was decommissioned: it is never let in again.", log,
			"Delete the claim of this pod and the pod, then crdb-kube up: it comes back as a new CockroachDB node. Its data lives on the others.",
		},
	}
}

func databaseEntries() []Entry {
	const ended = "What the container said before it ended, and its exit code."
	const log = "The log of the container, and what it answers at its health endpoint."
	return []Entry{
		{
			BadFlag, progress.User,
			"This version of CockroachDB does not know a flag that it is started with, or not the flag's value.", ended,
			"Undo what a --patch changed of the command, or take a version that knows the flag.",
		},
		{
			DiskFull, progress.User,
			"The volume of a pod is full: the database can neither write data nor its log.", ended,
			"Make the volume larger, or free space on the disk behind it. Do not delete files of the database.",
		},
		{
			CertificateUnusable, progress.User,
			"The database cannot use the certificate or key files that it is given.", ended,
			"crdb-kube certs shows what is in the Secret. crdb-kube up completes certificates of its own; those of --certs-secret are replaced by their owner.",
		},
		{
			CertificateRefused, progress.User,
			"A certificate has ended, does not name its pod, or is from another CA than the one that the others trust.", log,
			"crdb-kube certs shows ends and names; crdb-kube certs rotate renews those that crdb-kube issued.",
		},
		{
			JoinNameNotFound, progress.Unclear,
			"The names of the other pods are not found. For a moment that is normal; else the cluster's DNS does not work, or the headless Service is gone.", log,
			"crdb-kube up makes the Service again; kubectl get pods -n kube-system -l k8s-app=kube-dns shows the DNS.",
		},
		{
			ClockOff, progress.Unclear,
			"The clocks of the nodes differ by more than CockroachDB bears, 500 ms by default. Laptops that slept do that.", ended,
			"Set the clocks right, by NTP on every node; then the pods come back by themselves.",
		},
		{
			NoQuorum, progress.Passing,
			"No more than half of the CockroachDB nodes run, so that those that do cannot serve.", "The other pods.",
			"Look after the pods that do not run.",
		},
	}
}

// troubleCause is the cause for what CockroachDB's words mean.
func (s Scene) troubleCause(trouble cockroach.Trouble, pod *corev1.Pod, said progress.Evidence) *progress.Cause {
	claims := "kubectl get persistentvolumeclaims -n " + pod.Namespace
	switch trouble {
	case cockroach.StoreNotWritable:
		return s.notWritable(said)
	case cockroach.DiskFull:
		return because(DiskFull, "its volume is full", claims+"; make its volume larger, or free space on the disk behind it", said)
	case cockroach.StoreTooOld:
		return because(StoreTooOld, "its data is too old for image "+podImage(pod), "crdb-kube up --image with the version in between", said)
	case cockroach.StoreTooNew:
		return because(StoreTooNew, "its data is too new for image "+podImage(pod), "crdb-kube up --image with that version or a newer one", said)
	case cockroach.OtherCluster:
		return because(StoreOfOtherCluster, "its volume holds data of another CockroachDB cluster", claims+"; find out whose data it is", said)
	case cockroach.Decommissioned:
		return because(StoreDecommissioned, "its volume holds a CockroachDB node that was decommissioned, and is never let in again",
			"delete its claim and the pod, then crdb-kube up; its data lives on the others", said)
	case cockroach.BadFlag:
		return because(BadFlag, "image "+podImage(pod)+" does not know how it is started", "crdb-kube up without the --patch of its command, or --image with another version", said)
	case cockroach.CertificateUnusable:
		return because(CertificateUnusable, "the database cannot use its certificate files", "crdb-kube certs", said)
	case cockroach.CertificateRefused:
		return because(CertificateRefused, "a certificate is not accepted", "crdb-kube certs; crdb-kube certs rotate renews what crdb-kube issued", said)
	case cockroach.NameNotFound:
		return because(JoinNameNotFound, "the names of the other pods are not found", "crdb-kube status; kubectl get pods -n kube-system -l k8s-app=kube-dns", said)
	case cockroach.ClockOff:
		return because(ClockOff, "the clock of its node is too far from the others", "set the clocks of the nodes right", said)
	}
	return nil
}

// notWritable is for volumes whose directories belong to root, by provisioners
// that leave it at that.
func (s Scene) notWritable(said progress.Evidence) *progress.Cause {
	c := s.Cluster
	place := "of class " + c.StorageClass
	if c.StorageClass == "" {
		place = "under " + c.HostPath
	}
	next := "make the volume's directory writable for user 1000 on its node"
	if c.ClusterID == "" {
		next = "crdb-kube up --fresh --host-path " + hostPath + " keeps the data on volumes of our own instead"
	}
	return because(StoreNotWritable, "CockroachDB, as user 1000, may not write to its volume "+place, next, said)
}

// serving is why a database that runs is not ready; nil: it is on its way, or
// does not say.
func (s Scene) serving(pod *corev1.Pod, said Word) *progress.Cause {
	if said.Health == cockroach.WaitingForInit && s.Cluster.ClusterID == "" {
		return nil
	}
	if trouble, text := cockroach.Recognise(said.Text); trouble != "" && !said.Silent() {
		return s.troubleCause(trouble, pod, progress.Evidence{Text: text, Where: "health of pod " + pod.Name})
	}
	trouble, text := cockroach.Recognise(s.Logs[pod.Name])
	if trouble == cockroach.OtherCluster && s.Cluster.ClusterID != "" && cockroach.OwnCluster(text) == s.Cluster.ClusterID {
		return nil // it speaks of a peer that does not belong here
	}
	if trouble != "" {
		return s.troubleCause(trouble, pod, progress.Evidence{Text: text, Where: "log of pod " + pod.Name})
	}
	if !said.Silent() {
		return nil
	}
	return s.again(pod, database(pod))
}

// again is why a container that has just been started again will end as it did
// before; nil: it may well not.
func (s Scene) again(pod *corev1.Pod, status corev1.ContainerStatus) *progress.Cause {
	if cause := s.crashCause(pod, status); cause != nil && cause.Class == progress.User {
		return cause
	}
	return nil
}

// quorum explains pods that have waited for too many others for a while.
func (s Scene) quorum(r Rollout) {
	alive := r.Count(Pod.Answering)
	need := s.Cluster.Nodes/2 + 1
	if s.Cluster.ClusterID == "" || alive >= need {
		return
	}
	for i, pod := range r.Pods {
		if pod.Phase != Joining || pod.Cause != nil || !s.running(pod.Name, patience) {
			continue
		}
		said := progress.Evidence{Text: pod.Detail, Where: "health of pod " + pod.Name}
		r.Pods[i].Cause = because(NoQuorum, fmt.Sprintf("only %d of %d CockroachDB nodes run, and %d are needed to serve", alive, s.Cluster.Nodes, need), "crdb-kube status", said)
	}
}
