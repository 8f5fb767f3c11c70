#!/bin/sh
# The calls of the recipe of 2016: what an earlier run left is deleted by its
# label, volumes and claims are made one by one, then everything is created.
# Since CockroachDB wants an init these days, that comes after it.
set -eu
namespace=$1 manifests=$2
kubectl delete statefulsets,persistentvolumes,persistentvolumeclaims,services,poddisruptionbudgets -n "$namespace" -l app=cockroachdb >/dev/null 2>&1
for i in 0 1 2 3; do
	kubectl create -n "$namespace" -f - >/dev/null <<-EOF
	kind: PersistentVolume
	apiVersion: v1
	metadata: {name: $namespace-pv$i, labels: {type: local, app: cockroachdb}}
	spec:
	  capacity: {storage: 1Gi}
	  storageClassName: $namespace
	  accessModes: [ReadWriteOnce]
	  hostPath: {path: /tmp/$namespace-$i}
	EOF
	kubectl create -n "$namespace" -f - >/dev/null <<-EOF
	kind: PersistentVolumeClaim
	apiVersion: v1
	metadata: {name: datadir-cockroachdb-$i, labels: {app: cockroachdb}}
	spec:
	  accessModes: [ReadWriteOnce]
	  storageClassName: $namespace
	  resources: {requests: {storage: 1Gi}}
	EOF
done
kubectl create -n "$namespace" -f "$manifests" >/dev/null
until kubectl exec -n "$namespace" cockroachdb-0 -- /cockroach/cockroach init --insecure --host=localhost >/dev/null 2>&1; do
	sleep 0.2
done
kubectl rollout status -n "$namespace" statefulset/cockroachdb --timeout=120s >/dev/null
