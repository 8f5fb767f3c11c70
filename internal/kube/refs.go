package kube

import (
	"context"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Lookup reads objects by name, side by side, and gives them in the order asked. An
// absent one comes back without a UID.
func (c *Client) Lookup(ctx context.Context, refs ...Ref) ([]Ref, error) {
	found := make([]Ref, len(refs))
	err := sideBySide(len(refs), func(i int) error {
		ref := refs[i]
		door, err := c.door(ref.Kind, ref.Namespace)
		if err != nil {
			return err
		}
		err = retry(ctx, ref.String(), func(ctx context.Context) error {
			obj, err := door.get(ctx, ref.Name)
			if err == nil {
				found[i] = refOf(ref.Kind, obj)
			}
			return err
		})
		if apierrors.IsNotFound(err) {
			found[i] = Ref{Kind: ref.Kind, Namespace: ref.Namespace, Name: ref.Name}
			return nil
		}
		return c.explain(ctx, ref.String(), err)
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// List gives the objects of these kinds with these labels, by kind in the order asked
// and then by name. A PersistentVolume or Namespace is looked for in the whole cluster.
func (c *Client) List(ctx context.Context, namespace, selector string, kinds ...Kind) ([]Ref, error) {
	lists := make([][]Ref, len(kinds))
	err := sideBySide(len(kinds), func(i int) error {
		kind := kinds[i]
		door, err := c.door(kind, namespace)
		if err != nil {
			return err
		}
		err = retry(ctx, kind.plural(), func(ctx context.Context) error {
			list, err := door.list(ctx, metav1.ListOptions{LabelSelector: selector})
			if err != nil {
				return err
			}
			objects, err := objectsOf(list)
			for _, obj := range objects {
				lists[i] = append(lists[i], refOf(kind, obj))
			}
			return err
		})
		return c.explain(ctx, kind.plural(), err)
	})
	if err != nil {
		return nil, err
	}
	for _, list := range lists {
		slices.SortFunc(list, func(a, b Ref) int { return strings.Compare(a.Name, b.Name) })
	}
	return slices.Concat(lists...), nil
}

func refOf(kind Kind, obj object) Ref {
	ref := Ref{
		Kind:            kind,
		Namespace:       obj.GetNamespace(),
		Name:            obj.GetName(),
		UID:             obj.GetUID(),
		ResourceVersion: obj.GetResourceVersion(),
		Generation:      obj.GetGeneration(),
		Labels:          obj.GetLabels(),
		Annotations:     obj.GetAnnotations(),
		Created:         obj.GetCreationTimestamp().Time,
		Changed:         changedAt(obj),
	}
	if deleting := obj.GetDeletionTimestamp(); deleting != nil {
		ref.Deleting = deleting.Time
	}
	for _, entry := range obj.GetManagedFields() {
		if entry.Subresource != "status" { // who reports on it has not made it
			ref.Managers = append(ref.Managers, entry.Manager)
		}
		if at := appliedAt(entry); at.After(ref.Applied) {
			ref.Applied = at
		}
	}
	for _, owner := range obj.GetOwnerReferences() {
		ref.Owners = append(ref.Owners, Ref{Kind: Kind(owner.Kind), Name: owner.Name}.String())
	}
	slices.Sort(ref.Managers)
	ref.Managers = slices.Compact(ref.Managers)
	return ref
}

// changedAt gives when anybody changed anything but the status last; zero: unknown.
func changedAt(obj object) (at time.Time) {
	for _, entry := range obj.GetManagedFields() {
		if entry.Subresource == "" && entry.Time != nil && entry.Time.After(at) {
			at = entry.Time.Time
		}
	}
	return at
}

// appliedAt gives when our own apply changed something last; zero for entries that are
// not of our apply.
func appliedAt(entry metav1.ManagedFieldsEntry) (at time.Time) {
	ours := entry.Manager == FieldManager && entry.Operation == metav1.ManagedFieldsOperationApply && entry.Subresource == ""
	if ours && entry.Time != nil {
		at = entry.Time.Time
	}
	return at
}

// byName sorts items in place by what name says of each.
func byName[T any](items []T, name func(*T) string) []T {
	slices.SortFunc(items, func(a, b T) int { return strings.Compare(name(&a), name(&b)) })
	return items
}
