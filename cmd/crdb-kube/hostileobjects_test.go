package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"testing"
)

// The objects of a healthy cluster, as a server gives them.

const (
	identity    = "5c9fd0ac-1a11-4e5f-9d8a-000000000001"
	incarnation = "0badcafe"
	image       = "cockroachdb/cockroach:v21.1.2"
)

// meta is the metadata of an object of ours.
func meta(name string, annotations object) object {
	return object{
		"name": name, "namespace": "default", "uid": "uid-" + name, "resourceVersion": "1", "generation": 1,
		"creationTimestamp": "2026-01-01T00:00:00Z", "annotations": annotations,
		"labels": object{
			"app.kubernetes.io/name": "cockroachdb", "app.kubernetes.io/instance": "cockroachdb",
			"app.kubernetes.io/managed-by": "crdb-kube",
		},
	}
}

func typed(plural string, fields object) object {
	kind := kinds()[plural]
	one := object{"kind": kind[0], "apiVersion": kind[1]}
	maps.Copy(one, fields)
	return one
}

func healthy() map[string]map[string]object {
	all := map[string]map[string]object{}
	add := func(plural string, fields object) {
		if all[plural] == nil {
			all[plural] = map[string]object{}
		}
		metadata, _ := fields["metadata"].(object)
		all[plural][fmt.Sprint(metadata["name"])] = typed(plural, fields)
	}
	add("namespaces", object{"metadata": object{"name": "default", "uid": "ns"}, "status": object{"phase": "Active"}})
	add("nodes", object{
		"metadata": object{"name": "machine", "uid": "machine", "labels": object{"kubernetes.io/hostname": "machine"}},
		"status": object{
			"allocatable": object{"cpu": "8", "memory": "32Gi", "pods": "110"}, "capacity": object{"cpu": "8", "memory": "32Gi", "pods": "110"},
			"conditions": []any{object{"type": "Ready", "status": "True"}},
		},
	})
	add("storageclasses", object{
		"metadata":    object{"name": "standard", "uid": "class", "annotations": object{"storageclass.kubernetes.io/is-default-class": "true"}},
		"provisioner": "example.com/disk", "reclaimPolicy": "Delete", "volumeBindingMode": "WaitForFirstConsumer",
	})
	add("configmaps", object{"metadata": meta("cockroachdb-cluster", object{}), "data": object{
		"version": "1", "nodes": "3", "image": image, "cpu": "500m", "memory": "1Gi", "storage": "10Gi",
		"storage-class": "standard", "incarnation": incarnation, "spare-volumes": "0", "security": "insecure",
		"cluster-id": identity, "served-nodes": "3",
	}})
	add("services", object{"metadata": meta("cockroachdb", object{}), "spec": object{"clusterIP": "None"}})
	add("services", object{"metadata": meta("cockroachdb-public", object{}), "spec": object{"clusterIP": "10.0.0.1"}})
	add("poddisruptionbudgets", object{"metadata": meta("cockroachdb-budget", object{}), "spec": object{"maxUnavailable": 1}})
	add("statefulsets", object{
		"metadata": meta("cockroachdb", object{}),
		"spec": object{"replicas": 3, "serviceName": "cockroachdb", "template": object{
			"metadata": object{"labels": meta("", nil)["labels"]},
			"spec":     object{"containers": []any{object{"name": "cockroachdb", "image": image}}},
		}},
		"status": object{"replicas": 3, "readyReplicas": 3, "currentReplicas": 3, "updatedReplicas": 3, "observedGeneration": 1},
	})
	for i := range 3 {
		name := fmt.Sprintf("cockroachdb-%d", i)
		claim := meta("datadir-"+name, object{"crdb-kube.github.io/cluster-id": identity, "crdb-kube.github.io/incarnation": incarnation})
		add("persistentvolumeclaims", object{
			"metadata": claim,
			"spec":     object{"storageClassName": "standard", "volumeName": "disk-" + name, "resources": object{"requests": object{"storage": "10Gi"}}},
			"status":   object{"phase": "Bound", "capacity": object{"storage": "10Gi"}},
		})
		add("pods", pod(name))
	}
	return all
}

func pod(name string) object {
	since := "2026-01-01T00:01:00Z"
	return object{
		"metadata": meta(name, object{}),
		"spec":     object{"nodeName": "machine", "containers": []any{object{"name": "cockroachdb", "image": image}}},
		"status": object{
			"phase": "Running", "podIP": "10.1.0.1", "startTime": since,
			"conditions": []any{
				object{"type": "Ready", "status": "True", "lastTransitionTime": since},
				object{"type": "PodScheduled", "status": "True", "lastTransitionTime": since},
				object{"type": "ContainersReady", "status": "True", "lastTransitionTime": since},
			},
			"containerStatuses": []any{object{
				"name": "cockroachdb", "image": image, "ready": true, "started": true, "restartCount": 0, "containerID": "containerd://" + name,
				"state": object{"running": object{"startedAt": since}},
			}},
		},
	}
}

// at gives the object that is reached by these names; what is not there is made.
func (w *world) at(plural, name string, way ...string) object {
	one := w.objects[plural][name]
	for _, key := range way {
		inner, ok := one[key].(object)
		if !ok {
			inner = object{}
			one[key] = inner
		}
		one = inner
	}
	return one
}

// record is what was decided about the cluster.
func (w *world) record() object { return w.at("configmaps", "cockroachdb-cluster", "data") }

// empty is a world without the cluster.
func (w *world) empty() {
	for _, plural := range []string{"configmaps", "services", "poddisruptionbudgets", "statefulsets", "pods", "persistentvolumeclaims"} {
		w.objects[plural] = map[string]object{}
	}
}

// unready is a pod of ours that runs and is not ready.
func (w *world) unready(name string, container object) {
	state := w.at("pods", name, "status")
	state["conditions"] = []any{object{"type": "Ready", "status": "False"}, object{"type": "PodScheduled", "status": "True"}}
	one := object{"name": "cockroachdb", "image": image, "ready": false, "started": false, "restartCount": 3}
	maps.Copy(one, container)
	state["containerStatuses"] = []any{one}
}

// event adds one about an object.
func (w *world) event(kind, about, reason, message string) {
	if w.objects["events"] == nil {
		w.objects["events"] = map[string]object{}
	}
	name := fmt.Sprintf("%s.%d", about, len(w.objects["events"]))
	w.objects["events"][name] = typed("events", object{
		"metadata": object{"name": name, "namespace": "default", "uid": name}, "type": "Warning", "reason": reason, "message": message,
		"involvedObject": object{"kind": kind, "name": about, "namespace": "default", "uid": "uid-" + about},
		"firstTimestamp": "2026-01-01T00:02:00Z", "lastTimestamp": "2026-01-01T00:02:00Z", "count": 7,
	})
}

// goodKey is a private key in PEM.
func goodKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
