package kube

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// owner is one field manager of an object, and what it has set.
type owner struct {
	manager string
	entry   metav1.ManagedFieldsEntry
	fields  *fieldpath.Set
}

type owners []owner

// ownersOf reads who has set which fields but those of the status: others before
// ourselves, and who wrote last first.
func ownersOf(obj object) (owners, error) {
	var all owners
	for _, entry := range obj.GetManagedFields() {
		if entry.FieldsV1 == nil || entry.Subresource == "status" {
			continue
		}
		fields := &fieldpath.Set{}
		if err := fields.FromJSON(entry.FieldsV1.GetRawReader()); err != nil {
			return nil, fmt.Errorf("fields of %s: %w", entry.Manager, err)
		}
		manager := entry.Manager
		if entry.Subresource != "" {
			manager += " (" + entry.Subresource + ")"
		}
		all = append(all, owner{manager, entry, fields})
	}
	slices.SortStableFunc(all, func(a, b owner) int {
		switch {
		case a.ours() == b.ours():
			return b.since().Compare(a.since())
		case a.ours():
			return 1
		}
		return -1
	})
	return all, nil
}

// alone are the fields that others have set, that an apply does not change, and
// that are not among those that we have set after it. What Kubernetes' own components set is not among them, as far
// as it can be known.
func (o owners) alone(live map[string]any, differ *fieldpath.Set, after owners) []FieldValue {
	ours, theirs := &fieldpath.Set{}, &fieldpath.Set{}
	for _, one := range after {
		if one.ours() && one.entry.Operation == metav1.ManagedFieldsOperationApply {
			ours = ours.Union(one.fields)
		}
	}
	for _, one := range o {
		if !one.ours() && !strings.HasPrefix(one.entry.Manager, "kube-") {
			theirs = theirs.Union(one.fields)
		}
	}
	var all []FieldValue
	for _, path := range telling(theirs.Difference(ours)) {
		is := valueAt(live, path)
		if is == nil || !said(path, live["kind"]) || touched(path, differ) {
			continue
		}
		by := o.of(path)
		all = append(all, FieldValue{pathText(path), is, by.manager, by.since()})
	}
	slices.SortStableFunc(all, func(a, b FieldValue) int { return strings.Compare(a.Path, b.Path) })
	return all
}

// said tells whether a field is one by which people say what they want. In claims
// and volumes Kubernetes writes down by whatever name what it has found for them.
func said(path fieldpath.Path, kind any) bool {
	storage := kind == string(PersistentVolumeClaim) || kind == string(PersistentVolume)
	switch *path[0].FieldName {
	case "spec", "data", "binaryData":
		return !storage
	case "metadata":
		if len(path) < 3 || *path[1].FieldName != "labels" && *path[1].FieldName != "annotations" {
			return false
		}
		domain, _, _ := strings.Cut(*path[2].FieldName, "/")
		return !storage || !strings.HasSuffix(domain, "kubernetes.io")
	}
	return false
}

// touched tells whether a field is in a set, lies in a member of it, or holds one.
func touched(path fieldpath.Path, set *fieldpath.Set) bool {
	for i := range path {
		if set.Has(path[:i+1]) {
			return true
		}
	}
	return !below(set, path).Empty()
}

// of is who has set a field, or something in it, last; others before ourselves.
func (o owners) of(path fieldpath.Path) owner {
	for _, one := range o { // which are sorted so
		if one.fields.Has(path) || !below(one.fields, path).Empty() {
			return one
		}
	}
	return owner{}
}

func (o owner) ours() bool { return o.entry.Manager == FieldManager }

func (o owner) since() time.Time {
	if o.entry.Time == nil {
		return time.Time{}
	}
	return o.entry.Time.Time
}
