//go:build long

package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Where any one of the rights is missing that `crdb-kube rbac` prints, the
// command that needs it says so and makes nothing.

func TestRBAC_nothingOfTheSmallestRoleIsTooMuch(t *testing.T) {
	p := arrive(t, defaultClass)
	p.kubectl("create", "serviceaccount", "ci")
	p.kubectlWith(p.crdb("rbac", "--service-account", "ci").ok().stdout, "apply", "-f", "-")
	rights := p.rights()
	p.makeLesserRoles(rights)
	up := []string{"up", "--image", p.suite.image, "--storage-class", p.defaultClass(), "--cpu", "100m", "--memory", "2Gi"}

	p.step("where a right for it is missing, up names it and makes nothing", func(p place) {
		before := p.look()
		for _, one := range rights {
			if command(one) == "up" {
				p.as(one, up...)
			}
		}
		p.same(before)
		p.unlocked()
	})
	p.step("where a right for them is missing, the other commands name it and touch nothing", func(p place) {
		p.crdb(up...).ok("ready in")
		p.settle(3)
		before := p.look()
		for _, one := range rights {
			if command(one) != "up" {
				p.as(one, strings.Fields(command(one))...)
			}
		}
		p.same(before)
		p.unlocked()
	})
}

// right is one verb of one rule.
type right struct{ group, resource, verb string }

func (r right) String() string { return r.verb + " " + r.resource }

// command is the one that needs a right before any other does.
func command(r right) string {
	switch r.String() {
	case "get pods/log":
		return "logs"
	case "patch pods":
		return "certs rotate"
	case "delete pods", "delete services", "delete statefulsets", "delete poddisruptionbudgets", "get persistentvolumeclaims":
		return "down"
	case "delete configmaps", "delete persistentvolumeclaims", "delete secrets":
		return "down --delete-data --yes"
	}
	return "up"
}

// rights are those of the Role, one by one.
func (p place) rights() []right {
	p.t.Helper()
	var all []right
	for _, rule := range get[rbacv1.Role](p, "role", "crdb-kube").Rules {
		if len(rule.ResourceNames) > 0 || slices.Contains(slices.Concat(rule.APIGroups, rule.Resources, rule.Verbs), "*") {
			p.t.Fatalf("a rule that is not spelt out: %+v", rule)
		}
		for _, resource := range rule.Resources {
			for _, verb := range rule.Verbs {
				all = append(all, right{rule.APIGroups[0], resource, verb})
			}
		}
	}
	if len(all) < 30 {
		p.t.Fatalf("only %d rights: %v", len(all), all)
	}
	return all
}

// lesser is the user who has all rights but this one.
func lesser(missing right) string {
	return strings.NewReplacer(" ", "-", "/", "-").Replace("no-" + missing.String())
}

func (p place) makeLesserRoles(rights []right) {
	p.t.Helper()
	var list corev1.List
	list.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "List"}
	add := func(object any) {
		text, err := json.Marshal(object)
		if err != nil {
			p.t.Fatal(err)
		}
		list.Items = append(list.Items, runtime.RawExtension{Raw: text})
	}
	kind := func(name string) metav1.TypeMeta {
		return metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: name}
	}
	for _, missing := range rights {
		name := metav1.ObjectMeta{Name: lesser(missing)}
		role := rbacv1.Role{TypeMeta: kind("Role"), ObjectMeta: name}
		for _, one := range rights {
			if one != missing {
				role.Rules = append(role.Rules, rbacv1.PolicyRule{APIGroups: []string{one.group}, Resources: []string{one.resource}, Verbs: []string{one.verb}})
			}
		}
		add(role)
		add(rbacv1.RoleBinding{
			TypeMeta: kind("RoleBinding"), ObjectMeta: name,
			RoleRef:  rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: name.Name},
			Subjects: []rbacv1.Subject{{Kind: "User", APIGroup: "rbac.authorization.k8s.io", Name: name.Name}},
		})
	}
	text, err := json.Marshal(list)
	if err != nil {
		p.t.Fatal(err)
	}
	p.kubectlWith(string(text), "create", "-f", "-")
}

// as runs a command as the user who has all rights but one, which it has to
// name.
func (p place) as(missing right, args ...string) {
	p.t.Helper()
	p.t.Run("without "+missing.String(), func(t *testing.T) {
		here := p
		here.t = t
		got := here.crdb(append(args, "--as", lesser(missing))...).fails(1, missing.String())
		for _, other := range []string{"get ", "list ", "create ", "patch ", "delete "} {
			if line, _, _ := strings.Cut(got.failure(), "\n"); strings.Count(line, other) > 1 {
				t.Errorf("names more than the one that is missing: %s", line)
			}
		}
	})
}
