package kube

import (
	"context"
	"slices"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Scope is where a permission is needed.
type Scope string

// InNamespace (the zero value, too) is one namespace, InCluster the whole cluster.
const (
	InNamespace Scope = "namespace"
	InCluster   Scope = "cluster"
)

// Permission is one thing that the user must be allowed to do.
type Permission struct {
	Verb        string
	Group       string // empty: the core group
	Resource    string // plural: "pods"
	Subresource string // "exec"
	Scope       Scope
}

// String is "create pods/exec" or "create persistentvolumes (whole cluster)".
func (p Permission) String() string {
	text := p.Verb + " " + p.resource()
	if p.Scope == InCluster {
		text += " (whole cluster)"
	}
	return text
}

func (p Permission) resource() string {
	if p.Subresource == "" {
		return p.Resource
	}
	return p.Resource + "/" + p.Subresource
}

// Missing gives those of need that the user does not have, in the order asked.
//
// It asks once for the rules of the namespace (SelfSubjectRulesReview) and, for whatever
// these do not show, the server itself (SelfSubjectAccessReview): rules are a list for
// people, and an authorizer other than RBAC may leave it incomplete. For the whole
// cluster the rules of a namespace say nothing, not even "everything", which may come from
// a RoleBinding: so "everything, everywhere" is asked first where the rules make it likely,
// which makes two requests for an administrator.
func (c *Client) Missing(ctx context.Context, namespace string, need []Permission) ([]Permission, error) {
	if len(need) == 0 {
		return nil, nil
	}
	rules, err := c.rules(ctx, namespace)
	if err != nil {
		return nil, err
	}
	inCluster := func(p Permission) bool { return p.Scope == InCluster }
	everything := Permission{Verb: "*", Group: "*", Resource: "*", Scope: InCluster}
	administrator := false
	if slices.ContainsFunc(need, inCluster) && allows(rules, everything) {
		if administrator, err = c.allowed(ctx, "", everything); err != nil {
			return nil, err
		}
	}
	missing := make([]bool, len(need))
	err = sideBySide(len(need), func(i int) error {
		if administrator || !inCluster(need[i]) && allows(rules, need[i]) {
			return nil
		}
		allowed, err := c.allowed(ctx, namespace, need[i])
		missing[i] = !allowed
		return err
	})
	var result []Permission
	for i := range need {
		if missing[i] {
			result = append(result, need[i])
		}
	}
	return result, err
}

// rules reads what the user may do in a namespace.
func (c *Client) rules(ctx context.Context, namespace string) ([]authorizationv1.ResourceRule, error) {
	review := &authorizationv1.SelfSubjectRulesReview{
		Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: namespace},
	}
	var answer *authorizationv1.SelfSubjectRulesReview
	err := retry(ctx, "permissions", func(ctx context.Context) (err error) {
		answer, err = c.clientset.AuthorizationV1().SelfSubjectRulesReviews().Create(ctx, review, metav1.CreateOptions{})
		return err
	})
	if err != nil {
		return nil, c.explain(ctx, "permissions", err)
	}
	return answer.Status.ResourceRules, nil
}

// allowed asks the server about one permission.
func (c *Client) allowed(ctx context.Context, namespace string, p Permission) (bool, error) {
	if p.Scope == InCluster {
		namespace = metav1.NamespaceAll
	}
	review := &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: p.Verb, Group: p.Group, Resource: p.Resource, Subresource: p.Subresource,
		}},
	}
	var answer *authorizationv1.SelfSubjectAccessReview
	err := retry(ctx, p.String(), func(ctx context.Context) (err error) {
		answer, err = c.clientset.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		return err
	})
	if err != nil {
		return false, c.explain(ctx, p.String(), err)
	}
	return answer.Status.Allowed, nil
}

// allows tells whether one of the rules grants p, whatever the object's name.
func allows(rules []authorizationv1.ResourceRule, p Permission) bool {
	has := func(list []string, one string) bool {
		return slices.Contains(list, "*") || slices.Contains(list, one)
	}
	return slices.ContainsFunc(rules, func(rule authorizationv1.ResourceRule) bool {
		resource := has(rule.Resources, p.resource()) ||
			p.Subresource != "" && slices.Contains(rule.Resources, "*/"+p.Subresource)
		return len(rule.ResourceNames) == 0 && has(rule.Verbs, p.Verb) && has(rule.APIGroups, p.Group) && resource
	})
}
