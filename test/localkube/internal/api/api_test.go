package api

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

func TestNotReady_isNotWhatATaintSays(t *testing.T) {
	node := func(name string, ready corev1.ConditionStatus, taints ...corev1.Taint) *corev1.Node {
		return &corev1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec:       corev1.NodeSpec{Taints: taints},
			Status:     corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: ready}}},
		}
	}
	client := fake.NewClientset(
		node("open", corev1.ConditionTrue),
		node("tainted", corev1.ConditionTrue, corev1.Taint{Key: corev1.TaintNodeNotReady}),
		node("starting", corev1.ConditionFalse, corev1.Taint{Key: corev1.TaintNodeNotReady}),
	)
	s := &state.State{Machines: []state.Machine{{Name: "open"}, {Name: "tainted"}, {Name: "starting"}, {Name: "absent"}}}
	not, err := NotReady(t.Context(), client, s)
	if want := []string{"starting", "absent"}; err != nil || !slices.Equal(not, want) {
		t.Errorf("not Ready: %v, %v, want %v", not, err, want)
	}
	closed, err := Closed(t.Context(), client, s)
	if want := []string{"tainted", "starting", "absent"}; err != nil || !slices.Equal(closed, want) {
		t.Errorf("closed: %v, %v, want %v", closed, err, want)
	}
}
