package torture

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// ignored are the fields whose values may differ between two runs that both
// ended right: a kind or *, and a path. But for those with a ? they still have
// to be there in both.
var ignored = []string{
	"* …resourceVersion", // wherever it stands
	"* metadata.generation",
	"* metadata.managedFields",
	"* status",
	"Secret data.*", // keys and certificates; sql proves that they fit
	"Pod spec.nodeName",
	"Pod metadata.labels.topology.kubernetes.io/zone",
	"Pod metadata.annotations.crdb-kube.github.io/reloaded?",       // when it was told of new certificates
	"StatefulSet metadata.annotations.crdb-kube.github.io/nudged?", // when its controller was asked to look again
	"PersistentVolumeClaim metadata.annotations.volume.*?",         // the binder's, if it was faster than the provisioner
}

// kinds are all in which crdb-kube, or a controller for it, leaves anything in
// a namespace, but for endpoints, which follow from the pods; beside them those
// in which it must leave nothing.
var kinds = []schema.GroupVersionResource{
	{Version: "v1", Resource: "pods"},
	{Version: "v1", Resource: "services"},
	{Version: "v1", Resource: "configmaps"},
	{Version: "v1", Resource: "secrets"},
	{Version: "v1", Resource: "persistentvolumeclaims"},
	{Version: "v1", Resource: "serviceaccounts"},
	{Version: "v1", Resource: "resourcequotas"},
	{Version: "v1", Resource: "limitranges"},
	{Group: "apps", Version: "v1", Resource: "statefulsets"},
	{Group: "apps", Version: "v1", Resource: "controllerrevisions"},
	{Group: "apps", Version: "v1", Resource: "deployments"},
	{Group: "apps", Version: "v1", Resource: "daemonsets"},
	{Group: "apps", Version: "v1", Resource: "replicasets"},
	{Group: "batch", Version: "v1", Resource: "jobs"},
	{Group: "batch", Version: "v1", Resource: "cronjobs"},
	{Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"},
	{Group: "coordination.k8s.io", Version: "v1", Resource: "leases"},
	{Group: "networking.k8s.io", Version: "v1", Resource: "networkpolicies"},
	{Group: "networking.k8s.io", Version: "v1", Resource: "ingresses"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "roles"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "rolebindings"},
}

// state is a namespace with its volumes, made so that two that ought to be the
// same are: "Kind/name path" and the value there.
type state map[string]string

// look reads the state of a namespace.
func look(ctx context.Context, cfg *rest.Config, namespace string) (state, error) {
	client, err := dynamic.NewForConfig(cfg)
	if err != nil {
		return nil, err
	}
	var all []unstructured.Unstructured
	for _, kind := range kinds {
		list, err := client.Resource(kind).Namespace(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind.Resource, err)
		}
		all = append(all, list.Items...)
	}
	volumes, err := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumes"}).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	for _, volume := range volumes.Items {
		if in, _, _ := unstructured.NestedString(volume.Object, "spec", "claimRef", "namespace"); in == namespace {
			all = append(all, volume)
		}
	}
	return stateOf(namespace, all), nil
}

// stateOf makes objects comparable: what is random is replaced by what it
// stands for, so that an owner, a volume or an incarnation that is another one
// still shows.
func stateOf(namespace string, objects []unstructured.Unstructured) state {
	names := identities(namespace, objects)
	s := state{}
	for _, object := range objects {
		at := names.Replace(object.GetKind() + "/" + object.GetName())
		flatten(object.Object, "", func(path, value string) {
			entry := ignores(object.GetKind(), path)
			switch _, moment := time.Parse(time.RFC3339, value); {
			case strings.HasSuffix(entry, "?"):
				return
			case entry != "":
				path, value = masked(entry, path), "…"
			case moment == nil:
				value = "a time"
			}
			s[at+" "+path] = names.Replace(value)
		})
		s[at+" is"] = condition(object)
	}
	return s
}

// identities replaces what is made at random by what it means.
func identities(namespace string, objects []unstructured.Unstructured) *strings.Replacer {
	pairs := map[string]string{namespace: "NAMESPACE"}
	for _, object := range objects {
		name := object.GetKind() + "/" + object.GetName()
		switch object.GetKind() {
		case "PersistentVolume":
			claim, _, _ := unstructured.NestedString(object.Object, "spec", "claimRef", "name")
			name = "volume of " + claim
			pairs[object.GetName()] = name
			if machine := object.GetAnnotations()["crdb-kube.github.io/node"]; machine != "" {
				pairs[machine] = "a machine"
			}
		case "Service":
			if at, _, _ := unstructured.NestedString(object.Object, "spec", "clusterIP"); at != "None" {
				pairs[at] = "address of " + name
			}
		case "ConfigMap":
			for _, key := range []string{"incarnation", "cluster-id"} {
				if value, _, _ := unstructured.NestedString(object.Object, "data", key); value != "" {
					pairs[value] = strings.ToUpper(key)
				}
			}
		}
		pairs[string(object.GetUID())] = "UID of " + name
	}
	var list []string
	// The longest first: the name of a volume holds the UID of its claim.
	keys := slices.SortedFunc(maps.Keys(pairs), func(a, b string) int { return len(b) - len(a) })
	for _, key := range keys {
		if key != "" {
			list = append(list, key, pairs[key])
		}
	}
	return strings.NewReplacer(list...)
}

// flatten gives each value with its path.
func flatten(value any, path string, give func(path, value string)) {
	join := func(key string) string {
		if path == "" {
			return key
		}
		return path + "." + key
	}
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			flatten(inner, join(key), give)
		}
	case []any:
		for i, inner := range v {
			flatten(inner, join(strconv.Itoa(i)), give)
		}
	default:
		give(path, fmt.Sprint(v))
	}
}

// ignores gives the entry of the list that a field falls under; "": none.
func ignores(kind, path string) string {
	for _, entry := range ignored {
		of, field, _ := strings.Cut(strings.TrimSuffix(entry, "?"), " ")
		if of != "*" && of != kind {
			continue
		}
		end, anywhere := strings.CutPrefix(field, "…")
		start, below := strings.CutSuffix(field, "*")
		switch {
		case anywhere && strings.HasSuffix(path, "."+end),
			below && strings.HasPrefix(path, start),
			path == field, strings.HasPrefix(path, field+"."):
			return entry
		}
	}
	return ""
}

// masked is the path of an ignored field: of a whole tree only the tree
// counts, below a * each key.
func masked(entry, path string) string {
	_, field, _ := strings.Cut(entry, " ")
	if strings.HasPrefix(path, field+".") {
		return field
	}
	return path
}

// condition is the one thing of a status that must be the same.
func condition(object unstructured.Unstructured) string {
	phase, _, _ := unstructured.NestedString(object.Object, "status", "phase")
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, item := range conditions {
		if c, ok := item.(map[string]any); ok && c["type"] == "Ready" {
			phase += fmt.Sprintf(" ready=%v", c["status"])
		}
	}
	for _, count := range []string{"replicas", "readyReplicas", "updatedReplicas"} {
		if n, ok, _ := unstructured.NestedInt64(object.Object, "status", count); ok {
			phase += fmt.Sprintf(" %s=%d", count, n)
		}
	}
	return strings.TrimSpace(phase)
}

// differences are the lines in which the state is not what was wanted.
func (s state) differences(want state) []string {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got, ok := s[key]; !ok {
			lines = append(lines, "missing: "+key+" = "+want[key])
		} else if got != want[key] {
			lines = append(lines, fmt.Sprintf("%s = %s, want %s", key, got, want[key]))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if _, ok := want[key]; !ok {
			lines = append(lines, "extra: "+key+" = "+s[key])
		}
	}
	return lines
}

// withoutHistory is the state without the earlier templates of the pods.
func (s state) withoutHistory() state {
	s = maps.Clone(s)
	maps.DeleteFunc(s, func(key, _ string) bool { return strings.HasPrefix(key, "ControllerRevision/") })
	return s
}
