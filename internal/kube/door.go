package kube

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
)

// object is any API object with metadata.
type object interface {
	runtime.Object
	metav1.Object
}

// resourceClient is what client-go's typed clients have in common.
type resourceClient[T object, L runtime.Object] interface {
	Create(ctx context.Context, obj T, opts metav1.CreateOptions) (T, error)
	Get(ctx context.Context, name string, opts metav1.GetOptions) (T, error)
	List(ctx context.Context, opts metav1.ListOptions) (L, error)
	Watch(ctx context.Context, opts metav1.ListOptions) (watch.Interface, error)
	Patch(ctx context.Context, name string, patch types.PatchType, data []byte, opts metav1.PatchOptions, subresources ...string) (T, error)
	Delete(ctx context.Context, name string, opts metav1.DeleteOptions) error
}

// door is a typed client without its types: what can be done with objects of one kind
// in one namespace.
type door interface {
	get(ctx context.Context, name string) (object, error)
	list(ctx context.Context, opts metav1.ListOptions) (runtime.Object, error)
	watch(ctx context.Context, opts metav1.ListOptions) (watch.Interface, error)
	patch(ctx context.Context, name string, data []byte) error
	remove(ctx context.Context, name string, opts metav1.DeleteOptions) error
}

type typedDoor[T object, L runtime.Object] struct{ client resourceClient[T, L] }

func doorOf[T object, L runtime.Object](client resourceClient[T, L]) door {
	return typedDoor[T, L]{client}
}

func (d typedDoor[T, L]) get(ctx context.Context, name string) (object, error) {
	return d.client.Get(ctx, name, metav1.GetOptions{})
}

func (d typedDoor[T, L]) list(ctx context.Context, opts metav1.ListOptions) (runtime.Object, error) {
	return d.client.List(ctx, opts)
}

func (d typedDoor[T, L]) watch(ctx context.Context, opts metav1.ListOptions) (watch.Interface, error) {
	return d.client.Watch(ctx, opts)
}

func (d typedDoor[T, L]) patch(ctx context.Context, name string, data []byte) error {
	_, err := d.client.Patch(ctx, name, types.MergePatchType, data, metav1.PatchOptions{FieldManager: FieldManager})
	return err
}

func (d typedDoor[T, L]) remove(ctx context.Context, name string, opts metav1.DeleteOptions) error {
	return d.client.Delete(ctx, name, opts)
}

// objectsOf takes a list apart.
func objectsOf(list runtime.Object) ([]object, error) {
	var objects []object
	err := meta.EachListItem(list, func(item runtime.Object) error {
		obj, ok := item.(object)
		if !ok {
			return fmt.Errorf("%T has no metadata", item)
		}
		objects = append(objects, obj)
		return nil
	})
	return objects, err
}

// door opens the one for a kind. The namespace is not looked at for kinds of the whole
// cluster.
func (c *Client) door(kind Kind, namespace string) (door, error) {
	core := c.clientset.CoreV1()
	switch kind {
	case StatefulSet:
		return doorOf(c.clientset.AppsV1().StatefulSets(namespace)), nil
	case ControllerRevision:
		return doorOf(c.clientset.AppsV1().ControllerRevisions(namespace)), nil
	case PodDisruptionBudget:
		return doorOf(c.clientset.PolicyV1().PodDisruptionBudgets(namespace)), nil
	case Lease:
		return doorOf(c.clientset.CoordinationV1().Leases(namespace)), nil
	case Job:
		return doorOf(c.clientset.BatchV1().Jobs(namespace)), nil
	case Pod:
		return doorOf(core.Pods(namespace)), nil
	case Service:
		return doorOf(core.Services(namespace)), nil
	case PersistentVolumeClaim:
		return doorOf(core.PersistentVolumeClaims(namespace)), nil
	case PersistentVolume:
		return doorOf(core.PersistentVolumes()), nil
	case ConfigMap:
		return doorOf(core.ConfigMaps(namespace)), nil
	case Secret:
		return doorOf(core.Secrets(namespace)), nil
	case Namespace:
		return doorOf(core.Namespaces()), nil
	}
	return nil, fmt.Errorf("kind %q is not one that is known here", kind)
}
