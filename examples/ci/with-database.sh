#!/bin/sh
# Runs a command with a CockroachDB of its own on the Kubernetes that your
# kubeconfig names, and deletes that again with all its data, however it ends:
#
#   with-database.sh go test ./...
#
# The command finds the database in DATABASE_URL. The exit code is the
# command's; without a database to run it with, that of what failed; 130 after
# SIGINT and 143 after SIGTERM. Where the command was good but its database
# could not be deleted, that is a failure too. Only the command writes to stdout.
#
# Needs crdb-kube and kubectl on PATH, and any POSIX shell. Can be set:
#
#   CRDB_KUBE_UP_FLAGS   flags of `crdb-kube up`, separated by spaces
#                        (--nodes 1, the quickest and smallest)
#   CRDB_KUBE_CONTEXT    context of the kubeconfig (the current one)
#   CRDB_KUBE_NAMESPACE  namespace (that of the context)
#   CRDB_KUBE_PREFIX     what the cluster's name begins with (ci); a random
#                        number follows, so that no two runs ever meet
set -euf

say() { echo "with-database: $*" >&2; }

if [ "$#" -eq 0 ]; then
	say 'usage: with-database.sh COMMAND [ARGUMENT...]'
	exit 2
fi
for program in crdb-kube kubectl; do
	command -v "$program" >/dev/null || { say "$program is not on PATH"; exit 2; }
done

unique=$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')
name=${CRDB_KUBE_PREFIX:-ci}-$unique
context=${CRDB_KUBE_CONTEXT:+--context=$CRDB_KUBE_CONTEXT}
namespace=${CRDB_KUBE_NAMESPACE:+--namespace=$CRDB_KUBE_NAMESPACE}
up_flags=${CRDB_KUBE_UP_FLAGS---nodes 1}

folder=${TMPDIR:-/tmp}/with-database-$unique
mkdir -m 700 "$folder"
exec 3<&0 # in the background a command reads /dev/null, but for this

working='' # pid of what is waited for: up, then the command; or "starting"
forward='' # pid of the port-forward
port=''    # of this machine, that leads to the database

# interrupted CODE: on a signal. The trap on EXIT does the rest.
interrupted() {
	trap '' HUP INT TERM
	if [ "$working" = starting ]; then # the signal was quicker than the next line
		set +u
		working=$!
	fi
	if [ -n "$working" ]; then
		kill "$working" 2>/dev/null || :
		# up ends soon and gives its lock back; of a command nobody knows.
		[ -n "$port" ] || wait "$working" || :
	fi
	exit "$1"
}

# clean_up CODE: what happens last, always, and is not interrupted.
clean_up() {
	trap '' HUP INT TERM
	trap - EXIT
	[ -z "$forward" ] || kill "$forward" 2>/dev/null || :
	ending=$1
	set -- down --delete-data --yes --name="$name" ${context:+"$context"} ${namespace:+"$namespace"}
	crdb-kube "$@" --wait-lock=30s </dev/null >&2 || {
		failure=$?
		say "something may be left; this deletes it: crdb-kube $*"
		[ "$ending" -ne 0 ] || ending=$failure
	}
	# A command that did not heed the signal is not left behind.
	[ -z "$working" ] || kill -KILL "$working" 2>/dev/null || :
	rm -rf "$folder"
	exit "$ending"
}

# finish: waits for what works. It runs in the background because a shell
# heeds signals only when what runs in the foreground has ended.
finish() {
	code=0
	wait "$working" || code=$?
	working=''
	return "$code"
}

# failed CODE: shows how the database does, and ends.
failed() {
	crdb-kube status --name="$name" ${context:+"$context"} ${namespace:+"$namespace"} </dev/null >&2 || :
	exit "$1"
}

# open_forward makes the database reachable from here, and sets port.
open_forward() {
	kubectl ${context:+"$context"} ${namespace:+"$namespace"} port-forward --address=127.0.0.1 \
		"service/$name-public" :26257 </dev/null >"$folder/forward" 2>&1 &
	forward=$!
	# It says "Forwarding from 127.0.0.1:40321 -> 26257", or why not, and ends.
	until port=$(sed -n 's/^Forwarding from 127\.0\.0\.1:\([0-9]*\) .*/\1/p' "$folder/forward") && [ -n "$port" ]; do
		kill -0 "$forward" 2>/dev/null || { forward_ended; return 1; }
		sleep 1
	done
}

forward_ended() {
	forward=''
	say "the port-forward has ended: $(tail -n 1 "$folder/forward")"
}

trap 'clean_up "$?"' EXIT
trap 'interrupted 129' HUP
trap 'interrupted 130' INT
trap 'interrupted 143' TERM

working=starting
# shellcheck disable=SC2086 # several flags, separated by spaces
crdb-kube up --insecure --name="$name" ${context:+"$context"} ${namespace:+"$namespace"} $up_flags </dev/null >&2 &
working=$!
finish || failed "$?"

open_forward || failed "$?"
export DATABASE_URL="postgresql://root@127.0.0.1:$port/defaultdb?sslmode=disable"

working=starting
"$@" <&3 3<&- &
working=$!
finish || {
	failure=$?
	kill -0 "$forward" 2>/dev/null || forward_ended
	failed "$failure"
}
