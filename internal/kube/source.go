package kube

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// source is where the objects of one kind of a workload come from.
type source struct {
	resource string
	example  object
	optional bool // done without where reading is forbidden
	door     door
	labels   string
	fields   string
}

// sources are the four kinds of a workload. Events are those of the whole namespace:
// the server cannot select them by several subjects at once.
func (c *Client) sources(sel Selection) ([]source, error) {
	events := source{
		resource: "events", example: &corev1.Event{}, optional: true,
		door: doorOf(c.clientset.CoreV1().Events(sel.Namespace)),
	}
	all := []source{
		{resource: StatefulSet.plural(), example: &appsv1.StatefulSet{}, fields: "metadata.name=" + sel.Name},
		{resource: Pod.plural(), example: &corev1.Pod{}, labels: sel.Selector},
		{resource: PersistentVolumeClaim.plural(), example: &corev1.PersistentVolumeClaim{}, labels: sel.Selector},
	}
	for i, kind := range []Kind{StatefulSet, Pod, PersistentVolumeClaim} {
		door, err := c.door(kind, sel.Namespace)
		if err != nil {
			return nil, err
		}
		all[i].door = door
	}
	return append(all, events), nil
}

func (s source) list(ctx context.Context, opts metav1.ListOptions) (runtime.Object, error) {
	return s.door.list(ctx, s.selecting(opts))
}

func (s source) watch(ctx context.Context, opts metav1.ListOptions) (watch.Interface, error) {
	return s.door.watch(ctx, s.selecting(opts))
}

func (s source) selecting(opts metav1.ListOptions) metav1.ListOptions {
	opts.LabelSelector, opts.FieldSelector = s.labels, s.fields
	return opts
}
