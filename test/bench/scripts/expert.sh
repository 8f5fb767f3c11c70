#!/bin/sh
# What somebody who knows both Kubernetes and CockroachDB would type: manifests
# that were prepared, init as soon as the first pod runs, and kubectl's own wait.
set -eu
namespace=$1 manifests=$2 patience=${3:-120s}
kubectl apply --server-side -n "$namespace" -f "$manifests" >/dev/null
until kubectl exec -n "$namespace" cockroachdb-0 -- /cockroach/cockroach init --insecure --host=localhost >/dev/null 2>&1; do
	sleep 0.2
done
kubectl rollout status -n "$namespace" statefulset/cockroachdb --timeout="$patience" >/dev/null
