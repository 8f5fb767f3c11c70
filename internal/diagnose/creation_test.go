package diagnose

import (
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

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

func TestAssess_saysThatSomebodyElsesPodHasTheName(t *testing.T) {
	now := time.Now()
	set := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{UID: "s", Namespace: "db", CreationTimestamp: metav1.NewTime(now.Add(-time.Minute))}}
	scene := Scene{Cluster: sample(), Workload: kube.Workload{StatefulSet: set}, Now: now}
	if wants := scene.Wants(scene.Assess()); !slices.Contains(wants.Pods, "cockroachdb-0") {
		t.Fatalf("wants %+v", wants)
	}
	yes := true
	owned := func(kind, uid string) []metav1.OwnerReference {
		return []metav1.OwnerReference{{Kind: kind, Name: "web", UID: types.UID(uid), Controller: &yes}}
	}
	scene.Pods = map[string]*corev1.Pod{
		"cockroachdb-0": {},
		"cockroachdb-1": {ObjectMeta: metav1.ObjectMeta{OwnerReferences: owned("StatefulSet", "s")}},
		"cockroachdb-2": {ObjectMeta: metav1.ObjectMeta{OwnerReferences: owned("ReplicaSet", "r")}},
	}
	r := scene.Assess()
	for i, want := range []string{"made by somebody else", "", "owned by replicaset/web"} {
		cause := r.Pods[i].Cause
		switch {
		case want == "" && cause == nil:
		case cause == nil || cause.ID != PodNameTaken || !strings.HasPrefix(cause.Evidence[0].Text, want):
			t.Errorf("%s: got %+v, want %q", r.Pods[i].Name, cause, want)
		}
	}
	set.CreationTimestamp = metav1.NewTime(now)
	if wants := scene.Wants(scene.Assess()); len(wants.Pods) > 0 {
		t.Errorf("a StatefulSet that was just made: wants %+v", wants)
	}
}
