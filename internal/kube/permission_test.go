package kube

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

// authorise makes a clientset answer reviews: with rules, and with yes where allowed says so.
func authorise(rules []authorizationv1.ResourceRule, allowed func(authorizationv1.ResourceAttributes) bool) *fake.Clientset {
	clientset := fake.NewClientset()
	clientset.PrependReactor("create", "selfsubjectrulesreviews", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, &authorizationv1.SelfSubjectRulesReview{Status: authorizationv1.SubjectRulesReviewStatus{ResourceRules: rules}}, nil
	})
	clientset.PrependReactor("create", "selfsubjectaccessreviews", func(action clienttesting.Action) (bool, runtime.Object, error) {
		review := action.(clienttesting.CreateAction).GetObject().(*authorizationv1.SelfSubjectAccessReview).DeepCopy()
		review.Status.Allowed = allowed(*review.Spec.ResourceAttributes)
		return true, review, nil
	})
	return clientset
}

func needed() []Permission {
	return []Permission{
		{Verb: "create", Resource: "pods", Subresource: "exec"},
		{Verb: "patch", Group: "apps", Resource: "statefulsets"},
		{Verb: "create", Resource: "persistentvolumes", Scope: InCluster},
		{Verb: "list", Resource: "nodes", Scope: InCluster},
	}
}

func everything() []authorizationv1.ResourceRule {
	return []authorizationv1.ResourceRule{{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}}}
}

func TestMissing_takesTwoRequestsForAnAdministrator(t *testing.T) {
	clientset := authorise(everything(), func(authorizationv1.ResourceAttributes) bool { return true })
	missing, err := NewWith(clientset, nobody{}).Missing(t.Context(), "db", needed())
	if err != nil || missing != nil {
		t.Errorf("got %v, %v", missing, err)
	}
	if requests := len(clientset.Actions()); requests != 2 {
		t.Errorf("%d requests", requests)
	}
}

// A RoleBinding to cluster-admin shows everything in the namespace and gives nothing outside.
func TestMissing_doesNotTakeARoleBindingForTheWholeCluster(t *testing.T) {
	clientset := authorise(everything(), func(authorizationv1.ResourceAttributes) bool { return false })
	missing, err := NewWith(clientset, nobody{}).Missing(t.Context(), "db", needed())
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, p := range missing {
		texts = append(texts, p.String())
	}
	want := []string{"create persistentvolumes (whole cluster)", "list nodes (whole cluster)"}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Error(diff)
	}
}

func TestMissing_asksTheServerForWhatTheRulesDoNotShow(t *testing.T) {
	rules := []authorizationv1.ResourceRule{
		{Verbs: []string{"get", "patch"}, APIGroups: []string{"apps"}, Resources: []string{"statefulsets"}},
		{Verbs: []string{"create"}, APIGroups: []string{""}, Resources: []string{"pods/exec"}, ResourceNames: []string{"one"}},
	}
	clientset := authorise(rules, func(asked authorizationv1.ResourceAttributes) bool {
		return asked.Resource == "nodes" && asked.Namespace == ""
	})
	missing, err := NewWith(clientset, nobody{}).Missing(t.Context(), "db", needed())
	if err != nil {
		t.Fatal(err)
	}
	need := needed()
	if diff := cmp.Diff([]Permission{need[0], need[2]}, missing); diff != "" {
		t.Error(diff)
	}
	if requests := len(clientset.Actions()); requests != 4 {
		t.Errorf("%d requests, want the rules and three questions", requests)
	}
}
