package deploy

import (
	"context"

	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// namespaceGoing is an error where the namespace is being deleted: everything
// in it goes with it, and nothing can be made there. Who may not look at
// namespaces is told nothing.
func namespaceGoing(ctx context.Context, client *kube.Client, name string) error {
	namespace, err := client.Namespace(ctx, name)
	if err != nil {
		return unlessForbidden(err)
	}
	if namespace == nil || namespace.DeletionTimestamp == nil {
		return nil
	}
	return goingNamespace(name)
}

func goingNamespace(name string) error {
	return &Error{
		Message: "namespace " + name + ": is being deleted, and everything in it goes with it",
		Next:    "wait until it is gone, or choose another with --namespace",
	}
}
