package diagnose

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/kube"
)

func TestAssess_saysWhyAPodIsNotMade(t *testing.T) {
	set := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{UID: "s"}}
	about := func(message string) *corev1.Event {
		return &corev1.Event{InvolvedObject: corev1.ObjectReference{Kind: "StatefulSet", UID: "s"}, Message: message}
	}
	w := kube.Workload{StatefulSet: set, Events: []*corev1.Event{
		about(`create Pod cockroachdb-0 in StatefulSet cockroachdb failed error: pods "cockroachdb-0" is forbidden: exceeded quota: small`),
		about(`create Pod cockroachdb-1 in StatefulSet cockroachdb failed error: pods "cockroachdb-1" is forbidden: exceeded quota: small`),
		about(`create Pod cockroachdb-1 in StatefulSet cockroachdb successful`),
	}}
	r := Scene{Cluster: sample(), Workload: w}.Assess()
	if got := r.Pods[0].Words(); got != `waiting to be made: pods "cockroachdb-0" is forbidden: exceeded quota: small` {
		t.Errorf("got %q", got)
	}
	if got := r.Pods[1].Words(); got != "waiting to be made" {
		t.Errorf("an old failure: got %q", got)
	}
}
