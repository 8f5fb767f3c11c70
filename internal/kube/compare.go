package kube

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

// compareObjects says which fields differ between an object and what it would
// become, and which fields of others stay as they are. It is pure.
func compareObjects(live, after object) ([]FieldChange, []FieldValue, error) {
	from, typedFrom, err := typedOf(live)
	if err != nil {
		return nil, nil, err
	}
	to, typedTo, err := typedOf(after)
	if err != nil {
		return nil, nil, err
	}
	found, err := typedFrom.Compare(typedTo)
	if err != nil {
		return nil, nil, err
	}
	owners, err := ownersOf(live)
	if err != nil {
		return nil, nil, err
	}
	later, err := ownersOf(after)
	if err != nil {
		return nil, nil, err
	}
	differ := found.Removed.Union(found.Modified).Union(found.Added)
	return changesAt(differ, from, to, owners), owners.alone(from, differ, later), nil
}

// compareNamed says which of the fields that an apply configuration names are
// otherwise, or not there, in an object. It is pure.
func compareNamed(live object, cfg runtime.ApplyConfiguration) ([]FieldChange, error) {
	from, typedFrom, err := typedOf(live)
	if err != nil {
		return nil, err
	}
	to, typedTo, err := typedOf(cfg)
	if err != nil {
		return nil, err
	}
	names, err := typedTo.ToFieldSet()
	if err != nil {
		return nil, err
	}
	found, err := typedFrom.ExtractItems(names.Leaves()).Compare(typedTo)
	if err != nil {
		return nil, err
	}
	owners, err := ownersOf(live)
	if err != nil {
		return nil, err
	}
	var changes []FieldChange
	for _, one := range changesAt(found.Modified.Union(found.Added), from, to, owners) {
		if one.To != nil { // what is not named is filled in by the server
			changes = append(changes, one)
		}
	}
	return changes, nil
}

// typedOf is an object as maps and with its schema, without what says nothing
// about what somebody wants it to be: its status and what the server writes
// into every object.
func typedOf(obj any) (map[string]any, *typed.TypedValue, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(obj)
	if err != nil {
		return nil, nil, err
	}
	if known, ok := obj.(runtime.Object); ok {
		kinds, _, err := scheme.Scheme.ObjectKinds(known)
		if err != nil {
			return nil, nil, err
		}
		content["apiVersion"], content["kind"] = kinds[0].ToAPIVersionAndKind()
	}
	delete(content, "status")
	templates, _, _ := unstructured.NestedFieldNoCopy(content, "spec", "volumeClaimTemplates")
	list, _ := templates.([]any)
	for _, one := range list { // of which protobuf tells no kind
		if template, ok := one.(map[string]any); ok {
			delete(template, "apiVersion")
			delete(template, "kind")
		}
	}
	if metadata, ok := content["metadata"].(map[string]any); ok {
		for _, name := range []string{"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"} {
			delete(metadata, name)
		}
	}
	// The server has checked it, and lists may hold the same key twice in old objects.
	value, err := applyconfigurations.NewTypeConverter(scheme.Scheme).ObjectToTyped(&unstructured.Unstructured{Object: content}, typed.AllowDuplicates)
	return content, value, err
}
