package torture

import (
	"context"
	"fmt"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// fields is a part of an object.
type fields = map[string]any

// somebody is the field manager of what is not ours.
const somebody = "somebody"

// template is the smallest pod template; its pods are of no scheduler.
func template(labels fields) fields {
	return fields{
		"metadata": fields{"labels": labels},
		"spec": fields{
			"schedulerName": somebody,
			"containers":    []any{fields{"name": "db", "image": "localkube.test/nothing:v1"}},
		},
	}
}

// likeness is a kind of which an object can look like one of ours.
type likeness struct {
	kind     string
	resource schema.GroupVersionResource
	body     fields
}

// likenesses are objects that no controller touches again once they are there.
func likenesses() []likeness {
	nobody := fields{"of": somebody}
	of := func(group, resource string) schema.GroupVersionResource {
		return schema.GroupVersionResource{Group: group, Version: "v1", Resource: resource}
	}
	claim := fields{
		"accessModes": []any{"ReadWriteOnce"}, "storageClassName": somebody,
		"resources": fields{"requests": fields{"storage": "1Gi"}},
	}
	return []likeness{
		{"ConfigMap", of("", "configmaps"), fields{"data": fields{"of": somebody}}},
		{"Secret", of("", "secrets"), fields{"stringData": fields{"of": somebody}}},
		{"Service", of("", "services"), fields{"spec": fields{"selector": nobody, "ports": []any{fields{"port": int64(26257)}}}}},
		{"PersistentVolumeClaim", of("", "persistentvolumeclaims"), fields{"spec": claim}},
		{"Pod", of("", "pods"), template(nil)},
		{"ServiceAccount", of("", "serviceaccounts"), fields{}},
		{"StatefulSet", of("apps", "statefulsets"), fields{"spec": fields{
			"replicas": int64(0), "serviceName": somebody, "selector": fields{"matchLabels": nobody}, "template": template(nobody),
		}}},
		{"Job", of("batch", "jobs"), fields{"spec": fields{"suspend": true, "template": jobTemplate()}}},
		{"PodDisruptionBudget", of("policy", "poddisruptionbudgets"), fields{"spec": fields{
			"minAvailable": int64(0), "selector": fields{"matchLabels": nobody},
		}}},
		{"Lease", of("coordination.k8s.io", "leases"), fields{"spec": fields{"holderIdentity": somebody}}},
		{"Role", of("rbac.authorization.k8s.io", "roles"), fields{}},
	}
}

func jobTemplate() fields {
	t := template(nil)
	t["spec"].(fields)["restartPolicy"] = "Never" //nolint:forcetypeassert // it was made a line above
	return t
}

// object is one of the kind.
func (l likeness) object(name string, labels fields) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: maps.Clone(l.body)}
	object.SetAPIVersion(l.resource.GroupVersion().String())
	object.SetKind(l.kind)
	object.SetName(name)
	_ = unstructured.SetNestedMap(object.Object, labels, "metadata", "labels") // metadata is a map since SetName
	return object
}

// resemblances are labels that are nearly ours.
func resemblances() []fields {
	const name, instance, manager = "app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/managed-by"
	return []fields{
		{"app": "cockroachdb"},
		{name: "cockroachdb", instance: "cockroachdb"},
		{name: "cockroachdb", instance: "cockroachdb", manager: "Helm"},
		{name: "cockroachdb", instance: "cockroachdb-2", manager: "crdb-kube"},
		{name: "cockroachdb", manager: "crdb-kube"},
		{instance: "cockroachdb"},
		{name: "cockroachdb-directory", instance: "cockroachdb", manager: "Helm", "crdb-kube.github.io/purpose": "wipe-directory"},
	}
}

// nearly are names like ours; the number keeps those of a kind apart.
func nearly(kind string, n int) string {
	names := []string{"cockroachdb-old", "cockroachdb-0", "cockroachdb-2-public", "xcockroachdb", "cockroachdb-cluster-old", "cockroachdb-make", "cockroachdb-x-wipe"}
	switch kind {
	case "PersistentVolumeClaim":
		names = []string{"datadir-cockroachdb-x-0", "datadir-cockroachdb-00", "datadir-cockroachdb", "data-cockroachdb-0", "datadir-cockroachdb-public-1", "datadir-xcockroachdb-0", "cockroachdb-0-made"}
	case "Pod":
		names = []string{"cockroachdb-00", "cockroachdb-x", "cockroachdb-client", "cockroachdb-0-copy", "xcockroachdb-0", "cockroachdb-0-made", "cockroachdb-x-wipe"}
	}
	return names[n%len(names)]
}

// being is one object, to be found again.
type being struct {
	at        schema.GroupVersionResource
	namespace string
	name      string
}

func (b being) String() string { return fmt.Sprintf("%s %s/%s", b.at.Resource, b.namespace, b.name) }

// lookalikes makes objects that look like the cluster's: each kind with each
// of the labels in its namespace, objects with its very names and labels in
// another, and volumes of other namespaces.
func (p *place) lookalikes(ctx context.Context) ([]being, error) {
	client, err := dynamic.NewForConfig(p.arena.cfg)
	if err != nil {
		return nil, err
	}
	var all []being
	add := func(l likeness, namespace, name string, labels fields) error {
		made, err := client.Resource(l.resource).Namespace(namespace).Create(ctx, l.object(name, labels), metav1.CreateOptions{FieldManager: somebody})
		if err != nil {
			return fmt.Errorf("%s %s: %w", l.kind, name, err)
		}
		all = append(all, being{l.resource, namespace, made.GetName()})
		return nil
	}
	other := p.direct.namespace + "-other"
	if err := p.arena.namespace(ctx, other); err != nil {
		return nil, err
	}
	ours := fields{"app.kubernetes.io/name": "cockroachdb", "app.kubernetes.io/instance": "cockroachdb", "app.kubernetes.io/managed-by": "crdb-kube"}
	for _, l := range likenesses() {
		for i, labels := range resemblances() {
			if err := add(l, p.direct.namespace, nearly(l.kind, i), labels); err != nil {
				return nil, err
			}
		}
		for _, name := range ourNames(l.kind) {
			if err := add(l, other, name, ours); err != nil {
				return nil, err
			}
		}
	}
	for i, labels := range append(resemblances(), ours) {
		claim := fmt.Sprintf("datadir-cockroachdb-%d", i+10) // those from 0 on are there, and would be bound
		if err := add(volumeOf(other, claim), "", claim+"."+other, with(labels, other)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// ourNames are the names that the cluster's objects of a kind have.
func ourNames(kind string) []string {
	return map[string][]string{
		"ConfigMap": {"cockroachdb-cluster"}, "Secret": {"cockroachdb-ca", "cockroachdb-certs", "cockroachdb-app"},
		"Service": {"cockroachdb", "cockroachdb-public"}, "StatefulSet": {"cockroachdb"}, "Pod": {"cockroachdb-0", "cockroachdb-1"},
		"PersistentVolumeClaim": {"datadir-cockroachdb-0", "datadir-cockroachdb-1"}, "PodDisruptionBudget": {"cockroachdb-budget"},
		"Lease": {"cockroachdb-lock"}, "Job": {"cluster-init"}, "ServiceAccount": {"cockroachdb"}, "Role": {"cockroachdb"},
	}[kind]
}

// volumeOf is a volume for a claim that is not there.
func volumeOf(namespace, claim string) likeness {
	return likeness{"PersistentVolume", schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumes"}, fields{"spec": fields{
		"capacity": fields{"storage": "1Gi"}, "accessModes": []any{"ReadWriteOnce"}, "storageClassName": somebody + "-else",
		"persistentVolumeReclaimPolicy": "Retain", "hostPath": fields{"path": "/var/lib/" + somebody},
		"claimRef": fields{"namespace": namespace, "name": claim},
	}}}
}

// with adds the label that says of which namespace a volume is.
func with(labels fields, namespace string) fields {
	labels = maps.Clone(labels)
	labels["crdb-kube.github.io/namespace"] = namespace
	return labels
}

// versions are the resourceVersions of objects; of one that is gone: gone.
// Where controllers go on writing what they see, as of a pod that runs, it is
// the rest of the object.
func (a *arena) versions(ctx context.Context, all []being) (map[being]string, error) {
	client, err := dynamic.NewForConfig(a.cfg)
	if err != nil {
		return nil, err
	}
	found := map[being]string{}
	for _, at := range all {
		found[at] = "gone"
	}
	for _, in := range inventory(all) {
		list, err := client.Resource(in.at).Namespace(in.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			at := being{in.at, in.namespace, list.Items[i].GetName()}
			if _, asked := found[at]; asked {
				found[at] = will(&list.Items[i])
			}
		}
	}
	return found, nil
}

// will changes with each write of somebody who wants something of an object.
func will(object *unstructured.Unstructured) string {
	if object.GetLabels()["app.kubernetes.io/instance"] != neighbour {
		return object.GetResourceVersion()
	}
	rest := object.DeepCopy()
	unstructured.RemoveNestedField(rest.Object, "status")
	rest.SetResourceVersion("")
	rest.SetManagedFields(slices.DeleteFunc(rest.GetManagedFields(), func(m metav1.ManagedFieldsEntry) bool { return m.Subresource == "status" }))
	text, err := rest.MarshalJSON()
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// inventory are the lists in which all objects are; their names are empty.
func inventory(all []being) []being {
	var lists []being
	for _, at := range all {
		at.name = ""
		if !slices.Contains(lists, at) {
			lists = append(lists, at)
		}
	}
	return lists
}
