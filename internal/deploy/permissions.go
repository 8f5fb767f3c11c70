package deploy

import "github.com/crdb-kube/crdb-kube/internal/kube"

// permissions in the namespace, by API group and resource.
func in(group, resource, subresource string, verbs ...string) []kube.Permission {
	var all []kube.Permission
	for _, verb := range verbs {
		all = append(all, kube.Permission{Verb: verb, Group: group, Resource: resource, Subresource: subresource, Scope: kube.InNamespace})
	}
	return all
}

func concat(lists ...[]kube.Permission) []kube.Permission {
	var all []kube.Permission
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// upPermissions are those without which no cluster can be made. Listing
// nodes, classes and events, and pods/proxy, make it better and are not asked
// for here; volumes of our own need more, asked for when they are chosen.
func upPermissions() []kube.Permission {
	return concat(
		in("apps", "statefulsets", "", "get", "list", "watch", "create", "patch"),
		in("", "pods", "", "get", "list", "watch"),
		in("", "pods", "exec", "create"),
		in("", "services", "", "get", "create", "patch"),
		in("", "persistentvolumeclaims", "", "list", "watch", "create", "patch"),
		in("", "configmaps", "", "get", "create", "patch"),
		in("", "secrets", "", "get", "create", "patch"),
		in("policy", "poddisruptionbudgets", "", "get", "create", "patch"),
		in("coordination.k8s.io", "leases", "", "get", "create", "update", "delete"),
	)
}

// volumePermissions are what volumes of our own need beside those.
func volumePermissions() []kube.Permission {
	all := concat(
		in("", "pods", "", "get", "create", "delete"),
		in("", "persistentvolumeclaims", "", "get", "delete"),
	)
	for _, verb := range []string{"list", "get", "create", "patch", "delete"} {
		all = append(all, kube.Permission{Verb: verb, Resource: "persistentvolumes", Scope: kube.InCluster})
	}
	return append(all, kube.Permission{Verb: "list", Resource: "nodes", Scope: kube.InCluster})
}

// waysToPods are the two ways in which a pod's health and metrics are read. One
// of them is enough.
func waysToPods() []kube.Permission {
	return concat(in("", "pods", "proxy", "get"), in("", "pods", "portforward", "create"))
}

// dataPermissions are what deleting the data needs beside downPermissions.
func dataPermissions() []kube.Permission {
	return concat(
		in("", "persistentvolumeclaims", "", "delete"),
		in("", "configmaps", "", "patch", "delete"),
		in("", "secrets", "", "get", "delete"),
	)
}

// recipePermissions are what deleting the recipe's left-overs needs beside
// downPermissions and dataPermissions.
func recipePermissions() []kube.Permission {
	all := in("batch", "jobs", "", "get", "delete")
	for _, verb := range []string{"list", "get", "delete"} {
		all = append(all, kube.Permission{Verb: verb, Resource: "persistentvolumes", Scope: kube.InCluster})
	}
	return all
}

// downPermissions are those that stopping needs. The set's ControllerRevisions
// stay where the user may not delete them: the usual roles do not allow it.
func downPermissions() []kube.Permission {
	return concat(
		in("apps", "statefulsets", "", "get", "list", "watch", "delete"),
		in("", "pods", "", "get", "list", "watch", "delete"),
		in("", "services", "", "get", "delete"),
		in("", "persistentvolumeclaims", "", "get", "list", "watch"),
		in("", "configmaps", "", "get"),
		in("policy", "poddisruptionbudgets", "", "get", "delete"),
		in("coordination.k8s.io", "leases", "", "get", "create", "update", "delete"),
	)
}

// scaleDownPermissions are what fewer nodes need beside upPermissions.
func scaleDownPermissions() []kube.Permission {
	return concat(in("", "pods", "", "delete"), in("", "persistentvolumeclaims", "", "delete"))
}
