package main

import (
	"go/ast"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// The roles in docs/permissions.md must grant all that internal/deploy asks
// for before it begins.
func TestPermissions_areGrantedByTheRolesThatCanBeApplied(t *testing.T) {
	inNamespace, inCluster := roles(t)
	asked := 0
	for _, file := range sources(t, "internal/deploy") {
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				return true
			}
			if name, ok := call.Fun.(*ast.Ident); !ok || name.Name != "in" {
				return true
			}
			words := literals(call.Args)
			if len(words) < 4 {
				t.Fatalf("in(%q): is not made of plain words any more", words)
			}
			group, resource := words[0], words[1]
			if words[2] != "" {
				resource += "/" + words[2]
			}
			for _, verb := range words[3:] {
				asked++
				if !granted(inNamespace, group, resource, verb) {
					t.Errorf("the Role does not grant %s %s", verb, resource)
				}
			}
			return true
		})
	}
	if asked < 40 {
		t.Errorf("only %d permissions were found in internal/deploy", asked)
	}
	for _, verb := range []string{"list", "get", "create", "patch", "delete"} {
		if !granted(inCluster, "", "persistentvolumes", verb) {
			t.Errorf("the ClusterRole does not grant %s persistentvolumes", verb)
		}
	}
}

func literals(args []ast.Expr) []string {
	var words []string
	for _, arg := range args {
		if literal, ok := arg.(*ast.BasicLit); ok {
			if word, err := strconv.Unquote(literal.Value); err == nil {
				words = append(words, word)
			}
		}
	}
	return words
}

// roles reads the rules of the page's Role and ClusterRole.
func roles(t *testing.T) (inNamespace, inCluster []rbacv1.PolicyRule) {
	t.Helper()
	fence := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindStringSubmatch(page(t, "docs/permissions.md"))
	if fence == nil {
		t.Fatal("docs/permissions.md: has no YAML")
	}
	for document := range strings.SplitSeq(fence[1], "\n---\n") {
		var kind struct{ Kind string }
		if err := yaml.Unmarshal([]byte(document), &kind); err != nil {
			t.Fatal(err)
		}
		var object any
		var role rbacv1.Role
		var clusterRole rbacv1.ClusterRole
		switch kind.Kind {
		case "Role":
			object = &role
		case "ClusterRole":
			object = &clusterRole
		case "RoleBinding":
			object = &rbacv1.RoleBinding{}
		case "ClusterRoleBinding":
			object = &rbacv1.ClusterRoleBinding{}
		default:
			t.Fatalf("docs/permissions.md: kind %q", kind.Kind)
		}
		if err := yaml.UnmarshalStrict([]byte(document), object); err != nil {
			t.Fatal(err)
		}
		inNamespace = append(inNamespace, role.Rules...)
		inCluster = append(inCluster, clusterRole.Rules...)
	}
	return inNamespace, inCluster
}

func granted(rules []rbacv1.PolicyRule, group, resource, verb string) bool {
	return slices.ContainsFunc(rules, func(rule rbacv1.PolicyRule) bool {
		return slices.Contains(rule.APIGroups, group) && slices.Contains(rule.Resources, resource) && slices.Contains(rule.Verbs, verb)
	})
}
