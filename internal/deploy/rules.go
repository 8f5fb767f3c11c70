package deploy

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// Reach is how far the rights go that Roles grants.
type Reach string

const (
	// NamespaceOnly: nothing outside the namespace.
	NamespaceOnly Reach = "namespace"
	// WithVolumes: also what volumes of our own need, which belong to no namespace.
	WithVolumes Reach = "volumes"
)

// roleName is the name of what Roles makes.
const roleName = "crdb-kube"

// Roles are the objects that grant the least with which all commands work: a
// Role, with WithVolumes a ClusterRole, and where a service account of the
// namespace is named their bindings. Of the two ways to a pod it has the one that
// forward and console need.
func Roles(namespace, account string, reach Reach) []runtime.Object {
	needed := allPermissions()
	if reach == WithVolumes {
		needed = concat(needed, volumePermissions())
	}
	inNamespace := metav1.ObjectMeta{Name: roleName, Namespace: namespace}
	inCluster := metav1.ObjectMeta{Name: roleName + "-volumes"}
	kind := func(name string) metav1.TypeMeta {
		return metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: name}
	}
	ref := func(kind, name string) rbacv1.RoleRef {
		return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: name}
	}
	subjects := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: account, Namespace: namespace}}
	objects := []runtime.Object{&rbacv1.Role{TypeMeta: kind("Role"), ObjectMeta: inNamespace, Rules: rules(needed, kube.InNamespace)}}
	if reach == WithVolumes {
		objects = append(objects, &rbacv1.ClusterRole{TypeMeta: kind("ClusterRole"), ObjectMeta: inCluster, Rules: rules(needed, kube.InCluster)})
	}
	if account == "" {
		return objects
	}
	objects = append(objects, &rbacv1.RoleBinding{TypeMeta: kind("RoleBinding"), ObjectMeta: inNamespace, Subjects: subjects, RoleRef: ref("Role", roleName)})
	if reach == WithVolumes {
		bound := metav1.ObjectMeta{Name: inCluster.Name + "-" + namespace}
		objects = append(objects, &rbacv1.ClusterRoleBinding{TypeMeta: kind("ClusterRoleBinding"), ObjectMeta: bound, Subjects: subjects, RoleRef: ref("ClusterRole", inCluster.Name)})
	}
	return objects
}

func allPermissions() []kube.Permission {
	return concat(upPermissions(), downPermissions(), dataPermissions(), rotatePermissions(), waysToPods()[1:], logPermissions())
}

// rules puts permissions together by resource, in a stable order.
func rules(permissions []kube.Permission, scope kube.Scope) []rbacv1.PolicyRule {
	type key struct{ group, resource string }
	verbs := map[key][]string{}
	var order []key
	for _, p := range permissions {
		if p.Scope != scope {
			continue
		}
		at := key{p.Group, p.Resource}
		if p.Subresource != "" {
			at.resource += "/" + p.Subresource
		}
		if verbs[at] == nil {
			order = append(order, at)
		}
		if !slices.Contains(verbs[at], p.Verb) {
			verbs[at] = append(verbs[at], p.Verb)
		}
	}
	slices.SortFunc(order, func(a, b key) int { return strings.Compare(a.group+"/"+a.resource, b.group+"/"+b.resource) })
	var all []rbacv1.PolicyRule
	for _, at := range order {
		slices.SortFunc(verbs[at], func(a, b string) int { return verbOrder(a) - verbOrder(b) })
		all = append(all, rbacv1.PolicyRule{APIGroups: []string{at.group}, Resources: []string{at.resource}, Verbs: verbs[at]})
	}
	return all
}

// verbOrder is the order in which roles are mostly written.
func verbOrder(verb string) int {
	return slices.Index([]string{"get", "list", "watch", "create", "update", "patch", "delete"}, verb)
}
