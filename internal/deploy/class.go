package deploy

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// The annotations by which Kubernetes knows the default class; the second is
// the beta form, which old clusters still carry.
const (
	annotationDefaultClass     = "storageclass.kubernetes.io/is-default-class"
	annotationDefaultClassBeta = "storageclass.beta.kubernetes.io/is-default-class"
)

// localHostPath is where volumes of our own lie on a machine that is plainly
// somebody's own.
const localHostPath = "/var/lib/crdb-kube"

// storageChoice is where the data of a new cluster goes: a class, or volumes
// of our own under a path.
type storageChoice struct{ class, hostPath string }

// chooseStorage decides it from the flags, the classes and the nodes. looked
// is why the classes could not be looked at; nil: they were.
func chooseStorage(w Wish, classes []storagev1.StorageClass, looked error, nodes []corev1.Node) (storageChoice, error) {
	if w.HostPath != nil && *w.HostPath != "" {
		return storageChoice{hostPath: *w.HostPath}, nil
	}
	if w.StorageClass != nil && *w.StorageClass != "" {
		if looked == nil && !slices.Contains(classNames(classes), *w.StorageClass) {
			e := &Error{
				Message: "storageclass " + *w.StorageClass + ": not found",
				Next:    "choose one of " + progress.And(classNames(classes)) + " with --storage-class",
			}
			if len(classes) == 0 {
				e.Next = "there is none at all; crdb-kube up --host-path DIR keeps the data in a directory of each node"
			}
			return storageChoice{}, e
		}
		return storageChoice{class: *w.StorageClass}, nil
	}
	if class := defaultClass(classes); class != "" {
		return storageChoice{class: class}, nil
	}
	if looked == nil && w.StorageClass == nil && oneOwnMachine(nodes) {
		return storageChoice{hostPath: localHostPath}, nil
	}
	return storageChoice{}, noClass(classes, looked)
}

func noClass(classes []storagev1.StorageClass, looked error) error {
	if looked != nil {
		return &Error{
			Message: "storage: you may not list StorageClasses",
			Next:    "crdb-kube up --storage-class NAME names one",
		}
	}
	e := &Error{
		Message: "storage: this cluster has no default StorageClass (NO_STORAGE_CLASS)",
		Next:    "crdb-kube up --host-path DIR keeps the data in a directory of each node",
		Cause:   &progress.Cause{ID: "NO_STORAGE_CLASS", Class: progress.User, Sentence: "this cluster has no default StorageClass"},
	}
	if len(classes) > 0 {
		e.Next = "crdb-kube up --storage-class NAME, with one of " + progress.And(classNames(classes))
	}
	return e
}

func classNames(classes []storagev1.StorageClass) []string {
	var names []string
	for _, class := range classes {
		names = append(names, class.Name)
	}
	slices.Sort(names)
	return names
}

// defaultClass is the one that a claim without a class would get: of several
// the newest, then the first by name, as the admission plugin chooses.
func defaultClass(classes []storagev1.StorageClass) string {
	var best *storagev1.StorageClass
	for i := range classes {
		class := &classes[i]
		if class.Annotations[annotationDefaultClass] != "true" && class.Annotations[annotationDefaultClassBeta] != "true" {
			continue
		}
		if best == nil || best.CreationTimestamp.Before(&class.CreationTimestamp) ||
			(best.CreationTimestamp.Equal(&class.CreationTimestamp) && class.Name < best.Name) {
			best = class
		}
	}
	if best == nil {
		return ""
	}
	return best.Name
}

// oneOwnMachine says whether a directory of the node is a fair default: a
// single node, or nodes that minikube, kind or k3d made.
func oneOwnMachine(nodes []corev1.Node) bool {
	if len(nodes) == 1 {
		return true
	}
	for i := range nodes {
		if !localNode(&nodes[i]) {
			return false
		}
	}
	return len(nodes) > 0
}

func localNode(node *corev1.Node) bool {
	_, minikube := node.Labels["minikube.k8s.io/name"]
	return minikube || strings.HasPrefix(node.Spec.ProviderID, "kind://") || strings.HasPrefix(node.Name, "k3d-")
}

// bindingWord says when claims of the class are bound, where that is known.
func bindingWord(classes []storagev1.StorageClass, name string) string {
	for i := range classes {
		if classes[i].Name != name {
			continue
		}
		if mode := classes[i].VolumeBindingMode; mode != nil && *mode == storagev1.VolumeBindingWaitForFirstConsumer {
			return " binds when a pod needs it"
		}
		return " binds at once"
	}
	return ""
}

// expandable says whether a class lets claims be made larger.
func expandable(classes []storagev1.StorageClass, name string) bool {
	return slices.ContainsFunc(classes, func(class storagev1.StorageClass) bool {
		return class.Name == name && name != "" && class.AllowVolumeExpansion != nil && *class.AllowVolumeExpansion
	})
}
