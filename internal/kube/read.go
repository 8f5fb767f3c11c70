package kube

import (
	"context"
	"fmt"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// ConfigMap reads a ConfigMap; nil without an error: there is none.
func (c *Client) ConfigMap(ctx context.Context, namespace, name string) (*corev1.ConfigMap, error) {
	return readOne(ctx, c, Ref{Kind: ConfigMap, Name: name}, c.clientset.CoreV1().ConfigMaps(namespace))
}

// Secret reads a Secret; nil without an error: there is none.
func (c *Client) Secret(ctx context.Context, namespace, name string) (*corev1.Secret, error) {
	return readOne(ctx, c, Ref{Kind: Secret, Name: name}, c.clientset.CoreV1().Secrets(namespace))
}

// StatefulSet reads a StatefulSet; nil without an error: there is none.
func (c *Client) StatefulSet(ctx context.Context, namespace, name string) (*appsv1.StatefulSet, error) {
	return readOne(ctx, c, Ref{Kind: StatefulSet, Name: name}, c.clientset.AppsV1().StatefulSets(namespace))
}

// Pod reads a pod; nil without an error: there is none.
func (c *Client) Pod(ctx context.Context, namespace, name string) (*corev1.Pod, error) {
	return readOne(ctx, c, Ref{Kind: Pod, Name: name}, c.clientset.CoreV1().Pods(namespace))
}

// Namespace reads a namespace; nil without an error: there is none.
func (c *Client) Namespace(ctx context.Context, name string) (*corev1.Namespace, error) {
	return readOne(ctx, c, Ref{Kind: Namespace, Name: name}, c.clientset.CoreV1().Namespaces())
}

// Claims gives the claims with these labels, by name.
func (c *Client) Claims(ctx context.Context, namespace, selector string) ([]corev1.PersistentVolumeClaim, error) {
	client := c.clientset.CoreV1().PersistentVolumeClaims(namespace)
	list, err := readList(ctx, c, PersistentVolumeClaim.plural(), metav1.ListOptions{LabelSelector: selector}, client)
	if err != nil {
		return nil, err
	}
	return byName(list.Items, func(o *corev1.PersistentVolumeClaim) string { return o.Name }), nil
}

// Volumes gives the volumes with these labels, by name.
func (c *Client) Volumes(ctx context.Context, selector string) ([]corev1.PersistentVolume, error) {
	client := c.clientset.CoreV1().PersistentVolumes()
	list, err := readList(ctx, c, PersistentVolume.plural(), metav1.ListOptions{LabelSelector: selector}, client)
	if err != nil {
		return nil, err
	}
	return byName(list.Items, func(o *corev1.PersistentVolume) string { return o.Name }), nil
}

// Volume reads a volume; nil without an error: there is none.
func (c *Client) Volume(ctx context.Context, name string) (*corev1.PersistentVolume, error) {
	return readOne(ctx, c, Ref{Kind: PersistentVolume, Name: name}, c.clientset.CoreV1().PersistentVolumes())
}

// Nodes gives all Kubernetes nodes, by name.
func (c *Client) Nodes(ctx context.Context) ([]corev1.Node, error) {
	list, err := readList(ctx, c, "nodes", metav1.ListOptions{}, c.clientset.CoreV1().Nodes())
	if err != nil {
		return nil, err
	}
	return byName(list.Items, func(o *corev1.Node) string { return o.Name }), nil
}

// NodePods gives the pods of all namespaces that are not finished: what they request is
// not free on their nodes.
func (c *Client) NodePods(ctx context.Context) ([]corev1.Pod, error) {
	opts := metav1.ListOptions{FieldSelector: "status.phase!=Succeeded,status.phase!=Failed"}
	list, err := readList(ctx, c, Pod.plural(), opts, c.clientset.CoreV1().Pods(metav1.NamespaceAll))
	if err != nil {
		return nil, err
	}
	var running []corev1.Pod
	for i := range list.Items { // a test's clientset does not know field selectors
		if phase := list.Items[i].Status.Phase; phase != corev1.PodSucceeded && phase != corev1.PodFailed {
			running = append(running, list.Items[i])
		}
	}
	return byName(running, func(o *corev1.Pod) string { return o.Namespace + "/" + o.Name }), nil
}

// Classes gives all StorageClasses, by name.
func (c *Client) Classes(ctx context.Context) ([]storagev1.StorageClass, error) {
	list, err := readList(ctx, c, "storageclasses", metav1.ListOptions{}, c.clientset.StorageV1().StorageClasses())
	if err != nil {
		return nil, err
	}
	return byName(list.Items, func(o *storagev1.StorageClass) string { return o.Name }), nil
}

// Create makes a Pod, PersistentVolume, PersistentVolumeClaim, Secret or Namespace. That one
// exists under the name is recognised by apierrors.IsAlreadyExists.
func (c *Client) Create(ctx context.Context, obj runtime.Object) (Ref, error) {
	core := c.clientset.CoreV1()
	switch obj := obj.(type) {
	case *corev1.Pod:
		return create(ctx, c, Pod, obj, core.Pods(obj.Namespace))
	case *corev1.PersistentVolume:
		return create(ctx, c, PersistentVolume, obj, core.PersistentVolumes())
	case *corev1.PersistentVolumeClaim:
		return create(ctx, c, PersistentVolumeClaim, obj, core.PersistentVolumeClaims(obj.Namespace))
	case *corev1.Secret:
		return create(ctx, c, Secret, obj, core.Secrets(obj.Namespace))
	case *corev1.Namespace:
		return create(ctx, c, Namespace, obj, core.Namespaces())
	}
	return Ref{}, fmt.Errorf("%T cannot be created here", obj)
}

func create[T object, L runtime.Object](ctx context.Context, c *Client, kind Kind, obj T, client resourceClient[T, L]) (Ref, error) {
	subject := Ref{Kind: kind, Name: obj.GetName()}.String()
	var made T
	err := retryIf(ctx, subject, neverSent, func(ctx context.Context) (err error) {
		made, err = client.Create(ctx, obj, metav1.CreateOptions{FieldManager: FieldManager})
		return err
	})
	if err != nil {
		return Ref{}, c.explain(ctx, subject, err)
	}
	return refOf(kind, made), nil
}

// readOne gives the zero value of T where the object does not exist.
func readOne[T object, L runtime.Object](ctx context.Context, c *Client, ref Ref, client resourceClient[T, L]) (T, error) {
	var found, none T
	err := retry(ctx, ref.String(), func(ctx context.Context) (err error) {
		found, err = client.Get(ctx, ref.Name, metav1.GetOptions{})
		return err
	})
	switch {
	case apierrors.IsNotFound(err):
		return none, nil
	case err != nil:
		return none, c.explain(ctx, ref.String(), err)
	}
	return found, nil
}

func readList[T object, L runtime.Object](ctx context.Context, c *Client, resource string, opts metav1.ListOptions, client resourceClient[T, L]) (L, error) {
	var list L
	err := retry(ctx, resource, func(ctx context.Context) (err error) {
		list, err = client.List(ctx, opts)
		return err
	})
	return list, c.explain(ctx, resource, err)
}

// maxRequests is how many requests run side by side at most.
const maxRequests = 16

// sideBySide calls do for 0 to n-1, several at a time, and gives the first error by
// number.
func sideBySide(n int, do func(i int) error) error {
	var all sync.WaitGroup
	free := make(chan struct{}, maxRequests)
	errs := make([]error, n)
	for i := range n {
		free <- struct{}{}
		all.Go(func() {
			errs[i] = do(i)
			<-free
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
