package deploy

import (
	"context"
	"slices"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// What there is to choose from, for the completion of a command line.

// Namespaces are the names of all that there are.
func Namespaces(ctx context.Context, client *kube.Client) ([]string, error) {
	refs, err := client.List(ctx, "", "", kube.Namespace)
	return sortedNames(refs, func(ref kube.Ref) string { return ref.Name }), err
}

// Clusters are the names of those whose settings are in a namespace, running
// or stopped.
func Clusters(ctx context.Context, client *kube.Client, namespace string) ([]string, error) {
	refs, err := client.List(ctx, namespace, cockroach.LabelManagedBy+"="+cockroach.ManagedBy, kube.ConfigMap)
	return sortedNames(refs, func(ref kube.Ref) string { return ref.Labels[cockroach.LabelInstance] }), err
}

// Pods are the names of a cluster's pods.
func Pods(ctx context.Context, client *kube.Client, target Target) ([]string, error) {
	refs, err := client.List(ctx, target.Namespace, names(target).Selector(), kube.Pod)
	return sortedNames(refs, func(ref kube.Ref) string { return ref.Name }), err
}

// ClassNames are the StorageClasses that there are.
func ClassNames(ctx context.Context, client *kube.Client) ([]string, error) {
	classes, err := client.Classes(ctx)
	var all []string
	for i := range classes {
		all = append(all, classes[i].Name)
	}
	slices.Sort(all)
	return all, err
}

func sortedNames(refs []kube.Ref, name func(kube.Ref) string) []string {
	var all []string
	for _, ref := range refs {
		if text := name(ref); text != "" {
			all = append(all, text)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
