// Package storage is the storage set-ups that a cluster can have, as users
// meet them, and the provisioner behind those that bind at once.
package storage

import (
	"fmt"
	"slices"
	"strings"

	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The storage set-ups.
const (
	// None has no StorageClass at all.
	None = "none"
	// Immediate has a default class that binds at once, on directories of mode
	// 0777 that all machines share: minikube with one node.
	Immediate = "immediate"
	// RootOwned is the same, but the directories are made by the kubelet of the
	// machine where the pod runs, root:root 0755, and not shared: minikube with
	// several nodes.
	RootOwned = "root-owned"
	// WaitForConsumer has a default class that binds when a pod is scheduled:
	// kind, k3d.
	WaitForConsumer = "wait-for-consumer"
)

// SetUps lists them.
func SetUps() []string { return []string{None, Immediate, RootOwned, WaitForConsumer} }

// Check is an error if there is no such set-up, or not with simulated machines
// only.
func Check(setUp string, realMachines int) error {
	if !slices.Contains(SetUps(), setUp) {
		return fmt.Errorf("--storage %s: not known; one of %s", setUp, strings.Join(SetUps(), ", "))
	}
	if setUp == WaitForConsumer && realMachines == 0 {
		return fmt.Errorf("--storage %s: needs a real machine, since pods of the provisioner make the directories", setUp)
	}
	return nil
}

// ProvisionerName is what minikube's provisioner is called.
const ProvisionerName = "k8s.io/minikube-hostpath"

// ClassName is the name of the one class that there is.
const ClassName = "standard"

// Class returns the class of a set-up, nil where it has none.
func Class(setUp string) *storagev1.StorageClass {
	provisioner, binding := ProvisionerName, storagev1.VolumeBindingImmediate
	switch setUp {
	case None:
		return nil
	case WaitForConsumer:
		provisioner, binding = "rancher.io/local-path", storagev1.VolumeBindingWaitForFirstConsumer
	}
	return &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{
			Name:        ClassName,
			Annotations: map[string]string{"storageclass.kubernetes.io/is-default-class": "true"},
		},
		Provisioner:       provisioner,
		VolumeBindingMode: &binding,
	}
}
