#!/bin/sh
# The main job, shown: each command as it would be typed, and what it says.
#
#   make demo                     on a Kubernetes made for it (root, Linux)
#   make demo CONTEXT=minikube    on a cluster of yours, with the real image
#
# BIN is the folder with the programs; with CONTEXT, IMAGE names another image
# than crdb-kube's own. Everything is cleaned up at the end, also after Ctrl-C.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
bin=${BIN:-$top/bin}
context=${CONTEXT:-}
namespace=crdb-kube-demo
standin=localkube.test/cockroach-standin:v21.1.2

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') dim=$(printf '\033[2m') plain=$(printf '\033[0m')
else
	bold='' dim='' plain=''
fi

# say explains what comes next.
say() {
	printf '\n'
	printf "$dim# %s$plain\n" "$@"
}

# run shows a command as it would be typed, and runs it.
run() {
	doing=$1
	printf "$bold\$ %s$plain\n" "$1"
	eval "$1"
	doing=''
}

give_up() {
	printf '%s\n' "$@" >&2
	exit 1
}

doing='' cluster='' made=''

finish() {
	code=$?
	trap - EXIT
	trap '' INT TERM
	[ -z "$doing" ] || printf '\nthe demo ended at: %s\n' "$doing" >&2
	if [ -n "$made" ]; then
		say "Cleaning up: the demo's own namespace."
		doing=''
		run "crdb-kube down --delete-data --yes --progress none" || code=1
		run "kubectl delete namespace $namespace --ignore-not-found" || code=1
	fi
	if [ -n "$cluster" ]; then
		say "Cleaning up: the machines, and all that was written on them."
		doing=''
		run "localkube down --dir demo --purge" || code=1
	fi
	cd /
	[ -z "${work:-}" ] || rm -rf "$work"
	exit "$code"
}

trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# on_a_cluster_of_the_users works through a copy of one context, so that no
# other can be meant by mistake.
on_a_cluster_of_the_users() {
	if ! command -v kubectl >/dev/null; then
		[ -x "$bin/localkube" ] || give_up "kubectl: not on PATH" \
			"  next  install it, or make bin/localkube, which is a kubectl too"
		ln -s "$bin/localkube" kubectl
	fi
	(umask 077 && kubectl config view --raw --minify --flatten --context="$context" >kubeconfig) ||
		give_up "context $context: not in the kubeconfig" \
			"  next  kubectl config get-contexts lists those that there are"
	export KUBECONFIG="$work/kubeconfig"
	kubectl config set-context --current --namespace="$namespace" >/dev/null
	if [ -n "$(kubectl get namespace "$namespace" --ignore-not-found -o name)" ]; then
		give_up "namespace $namespace: exists already, and the demo wants its own" \
			"  next  kubectl --context $context delete namespace $namespace"
	fi
	say "The cluster of your context $context, in a namespace $namespace." \
		"The image of CockroachDB is pulled if it is not there yet."
	made=yes
	up="crdb-kube up --create-namespace${IMAGE:+ --image $IMAGE}"
}

on_localkube() {
	if [ "$(uname -s)" != Linux ] || [ "$(id -u)" != 0 ]; then
		give_up "demo: it starts machines on this one (containerd and kubelet in network" \
			"namespaces of their own), and that needs root on Linux" \
			"  next  sudo make demo, or on a cluster of yours: make demo CONTEXT=minikube"
	fi
	for program in localkube localkube-components coredns standin.tar; do
		[ -e "$bin/$program" ] || give_up "$bin/$program: not there" "  next  make demo builds it"
	done
	ln -s "$bin/localkube" localkube
	ln -s "$bin/localkube" kubectl
	ln -s "$bin/standin.tar" standin.tar
	say "A real Kubernetes of three machines, on this one: etcd, API server, controller" \
		"manager and scheduler, and for each machine a containerd and a kubelet." \
		"The database is not CockroachDB but a small STAND-IN for it, since no image is" \
		"pulled here. On a cluster of yours, with the real one: make demo CONTEXT=…"
	cluster=yes
	run "localkube up --dir demo --real 3 --storage immediate --image standin.tar"
	run "export KUBECONFIG=\$PWD/demo/kubeconfig"
	run "kubectl get nodes"
	up="crdb-kube up --image $standin"
}

[ -x "$bin/crdb-kube" ] || give_up "$bin/crdb-kube: not there" "  next  make bin/crdb-kube"
work=$(mktemp -d "${TMPDIR:-/tmp}/crdb-kube-demo-XXXXXX")
cd "$work"
ln -s "$bin/crdb-kube" crdb-kube
PATH="$work:$PATH"
export PATH

if [ -n "$context" ]; then
	on_a_cluster_of_the_users
else
	on_localkube
fi

sql='/cockroach/cockroach sql --certs-dir=/cockroach/cockroach-certs'

# app_pod writes the pod of an application: the password stays in its Secret.
app_pod() {
	cat >app.yaml <<END
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  restartPolicy: Never
  containers:
  - name: app
    image: $(kubectl get statefulset cockroachdb -o 'jsonpath={.spec.template.spec.containers[0].image}')
    command: [/cockroach/cockroach, sql]
    args:
    - --execute=CREATE TABLE words (id INT PRIMARY KEY, word STRING)
    - --execute=INSERT INTO words VALUES (1, 'still here')
    env:
    - name: URI
      valueFrom: {secretKeyRef: {name: cockroachdb-app, key: uri}}
    - name: COCKROACH_URL
      value: \$(URI)&sslrootcert=/app/ca.crt
    volumeMounts: [{name: ca, mountPath: /app}]
  volumes:
  - name: ca
    secret: {secretName: cockroachdb-app, items: [{key: ca.crt, path: ca.crt}]}
END
}

say "One command to a database that answers, with TLS."
run "$up"

say "The same again: nothing to do."
run "crdb-kube up"
run "crdb-kube status"

say "The certificates, and which one each pod shows. They can be renewed while it runs."
run "crdb-kube certs rotate"
run "crdb-kube certs"

say "What an application needs lies in a Secret. These are its keys; the values stay there."
run "kubectl get secret cockroachdb-app -o go-template='{{range \$key, \$_ := .data}}{{println \$key}}{{end}}'"
app_pod
say "An application that writes a row, with nothing but that Secret."
run "cat app.yaml"
run "kubectl apply -f app.yaml"
run "kubectl wait --for=jsonpath='{.status.phase}'=Succeeded pod/app --timeout=60s"
run "kubectl logs app"

say "A pod of the database is killed. up waits until there is another, and says for what."
run "kubectl delete pod cockroachdb-0 --grace-period=1"
run "crdb-kube up"
run "kubectl exec cockroachdb-0 -- $sql \\
    -e \"SELECT * FROM app.words\""

say "down stops it and keeps the data, and up goes on with it."
run "crdb-kube down"
run "crdb-kube up"
run "kubectl exec cockroachdb-2 -- $sql \\
    -e \"SELECT * FROM app.words\""

say "Only --delete-data deletes data. It asks, unless it is told yes."
run "crdb-kube down --delete-data --yes"
run "kubectl get statefulsets,services,configmaps,secrets,persistentvolumeclaims \\
    -l app.kubernetes.io/managed-by=crdb-kube"

say "That was all of it."
