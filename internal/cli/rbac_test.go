package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// The page is what people read before they hand out rights.
func TestRBAC_isInTheDocsToTheByte(t *testing.T) {
	text, err := os.ReadFile("../../docs/rbac.md")
	if err != nil {
		t.Fatal(err)
	}
	fence := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindStringSubmatch(string(text))
	want, err := roles("default", "", false)
	if err != nil {
		t.Fatal(err)
	}
	if fence == nil || fence[1] != want {
		t.Errorf("docs/rbac.md does not have, as its first YAML, what crdb-kube rbac -n default prints:\n%s", want)
	}
}

func TestRBAC_asksForNothingClusterWideUnlessVolumesAreOurOwn(t *testing.T) {
	for _, test := range []struct {
		account string
		volumes bool
		kinds   string
	}{
		{"", false, "Role"},
		{"ci", false, "Role RoleBinding"},
		{"", true, "Role ClusterRole"},
		{"ci", true, "Role ClusterRole RoleBinding ClusterRoleBinding"},
	} {
		text, err := roles("shop", test.account, test.volumes)
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for document := range strings.SplitSeq(text, "---\n") {
			var role rbacv1.Role
			if err := yaml.Unmarshal([]byte(document), &role); err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, role.Kind)
			seen := map[string]bool{}
			for _, rule := range role.Rules {
				resource := rule.APIGroups[0] + "/" + rule.Resources[0]
				if seen[resource] || len(rule.Resources) != 1 || strings.Contains(strings.Join(rule.Verbs, " ")+resource, "*") {
					t.Errorf("%s: %s twice, or with a star", role.Kind, resource)
				}
				seen[resource] = true
			}
			if role.Kind == "Role" && (role.Namespace != "shop" || seen["/nodes"] || seen["/persistentvolumes"]) {
				t.Errorf("the Role asks for what no namespace has:\n%s", document)
			}
		}
		if got := strings.Join(kinds, " "); got != test.kinds {
			t.Errorf("account %q, volumes %v: %s, want %s", test.account, test.volumes, got, test.kinds)
		}
	}
}
