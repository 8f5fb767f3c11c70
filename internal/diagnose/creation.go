package diagnose

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Causes for which a pod is not made at all.
const (
	QuotaExceeded        = "QUOTA_EXCEEDED"
	LimitRangeViolated   = "LIMIT_RANGE_VIOLATED"
	PodSecurityViolated  = "POD_SECURITY_VIOLATED"
	AdmissionDenied      = "ADMISSION_DENIED"
	WebhookUnreachable   = "WEBHOOK_UNREACHABLE"
	NamespaceTerminating = "NAMESPACE_TERMINATING"
	PodRefused           = "POD_REFUSED"
	PodNameTaken         = "POD_NAME_TAKEN"
)

func creationEntries() []Entry {
	const seen = "FailedCreate events of the StatefulSet."
	return []Entry{
		{
			QuotaExceeded, progress.User,
			"A ResourceQuota of the namespace does not allow another pod, or not one that asks for so much.", seen,
			"crdb-kube down, then crdb-kube up with smaller --cpu, --memory or --nodes; or have the quota raised: kubectl describe quota.",
		},
		{
			LimitRangeViolated, progress.User,
			"A LimitRange of the namespace allows no container of this size.", seen,
			"crdb-kube down, then crdb-kube up with other --cpu or --memory; kubectl describe limitrange shows what is allowed.",
		},
		{
			PodSecurityViolated, progress.User,
			"The namespace enforces a Pod Security level that the pod does not keep. What crdb-kube makes keeps \"restricted\": a --patch broke it.", seen,
			"Change the --patch as the evidence says, or take another namespace.",
		},
		{
			AdmissionDenied, progress.User,
			"An admission webhook or a policy of the cluster refuses the pod.", seen,
			"Ask whoever keeps that policy; a --patch can add what it wants, such as labels.",
		},
		{
			WebhookUnreachable, progress.Unclear,
			"The API server has to ask an admission webhook about every pod, and the webhook does not answer.", seen,
			"kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations, and look after the one that the evidence names.",
		},
		{
			NamespaceTerminating, progress.User,
			"The namespace is being deleted: nothing new can be made in it, and what is there goes.", seen,
			"Wait until it is gone, then crdb-kube up --create-namespace; or take another.",
		},
		{
			PodRefused, progress.Unclear,
			"The API server refuses the pod, for a reason that is none of the others.", seen,
			"Read the evidence.",
		},
		{
			PodNameTaken, progress.User,
			"A pod of somebody else has the name that a pod of the cluster must have. The StatefulSet's controller waits until it is gone, and says nothing.",
			"The pod of that name, which the StatefulSet does not own.",
			"kubectl delete pod, if nobody needs it; or crdb-kube up --name for a cluster beside it.",
		},
	}
}

// creation is why a pod has not been made; nil: nobody said.
func (s Scene) creation(pod string, ordinal int) (detail string, cause *progress.Cause) {
	set := s.Workload.StatefulSet
	if set == nil {
		return "", nil
	}
	if replicas := set.Spec.Replicas; replicas != nil && int(*replicas) <= ordinal {
		return "", Rescaled(set, s.Cluster.Nodes)
	}
	for _, event := range slices.Backward(s.Workload.Events) {
		if event.InvolvedObject.UID != set.UID || event.InvolvedObject.Kind != "StatefulSet" || !strings.Contains(event.Message, "Pod "+pod+" ") {
			continue
		}
		if _, why, failed := strings.Cut(event.Message, " failed error: "); failed {
			return why, s.refusal(event, why)
		}
		return "", nil
	}
	return "", s.taken(pod)
}

// taken is why no pod can be made where somebody else's has the name; nil: none has.
func (s Scene) taken(name string) *progress.Cause {
	pod, set := s.Pods[name], s.Workload.StatefulSet
	if pod == nil || metav1.IsControlledBy(pod, set) {
		return nil
	}
	whose := "made by somebody else"
	if owner := metav1.GetControllerOf(pod); owner != nil {
		whose = "owned by " + strings.ToLower(owner.Kind) + "/" + owner.Name
	}
	said := progress.Evidence{Text: whose + ", not by the StatefulSet", Where: "pod/" + name, Age: s.age(pod.CreationTimestamp.Time)}
	return because(PodNameTaken, "another pod has its name", "kubectl delete pod -n "+set.Namespace+" "+name+", if nobody needs it", said)
}

// refusal reads why the API server did not take a pod.
func (s Scene) refusal(event *corev1.Event, why string) *progress.Cause {
	set := s.Workload.StatefulSet
	said := s.evidence(event, "statefulset/"+set.Name)
	said.Text = why
	smaller := "crdb-kube down, then crdb-kube up with a smaller --cpu or --memory"
	switch {
	case strings.Contains(why, "because it is being terminated"):
		return because(NamespaceTerminating, "namespace "+set.Namespace+" is being deleted", "wait until it is gone, or take another with --namespace", said)
	case containsAny(why, "exceeded quota", "failed quota"):
		return because(QuotaExceeded, "a quota of namespace "+set.Namespace+" does not allow the pod", smaller+"; kubectl describe quota -n "+set.Namespace, said)
	case strings.Contains(why, "violates PodSecurity"):
		return because(PodSecurityViolated, "namespace "+set.Namespace+" enforces a Pod Security level that the pod does not keep", "change the --patch as the evidence says", said)
	case containsAny(why, "failed calling webhook", "failed to call webhook"):
		return because(WebhookUnreachable, "an admission webhook does not answer", "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations", said)
	case containsAny(why, "denied the request", "denied request"):
		return because(AdmissionDenied, "an admission policy refuses the pod", "ask whoever keeps that policy; --patch can add what it wants", said)
	case containsAny(why, "maximum cpu usage", "minimum cpu usage", "maximum memory usage", "minimum memory usage", "limit to request ratio"):
		return because(LimitRangeViolated, "a LimitRange of namespace "+set.Namespace+" does not allow the pod's size", smaller+"; kubectl describe limitrange -n "+set.Namespace, said)
	}
	return because(PodRefused, "the API server refuses the pod", "kubectl describe statefulset -n "+set.Namespace+" "+set.Name, said)
}
