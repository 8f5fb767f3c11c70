package main

import (
	"fmt"
)

// evil is what no terminal may get: escape sequences, C1 codes, a title, a
// bell, reversed writing and a line of our own making.
const evil = "\x1b[31m\u009b2J\x1b]0;title\a\u202egood\nerror: all is lost\r\t\x00"

// Objects that the server has and nobody would make.
func badObjects() []badInput {
	show := func(name string, code int, says string, change func(*world), args ...string) badInput {
		if len(args) == 0 {
			args = []string{"status"}
		}
		return badInput{name: name, args: args, code: code, says: says, world: change}
	}
	unready := func(name, says string, container object) badInput {
		return show(name, 4, says, func(w *world) { w.unready("cockroachdb-1", container) })
	}
	state := func(kind string, fields object) object { return object{"state": object{kind: fields}} }
	return []badInput{
		show("a pod with an annotation of 10 MB", 0, "healthy", func(w *world) {
			w.at("pods", "cockroachdb-0", "metadata", "annotations")["huge"] = many("0123456789", 1<<20)
		}),
		show("settings with 10 MB", 0, "healthy", func(w *world) { w.record()["huge"] = many("0123456789", 1<<20) }),
		show("settings with fields of the future", 0, "healthy", func(w *world) { w.record()["future"] = evil }),
		show("a pod with fields of the future", 0, "healthy", func(w *world) { w.at("pods", "cockroachdb-0", "status", "future")["x"] = []any{1, evil} }),
		show("a pod in an unknown phase", 4, "cockroachdb-0", func(w *world) {
			w.at("pods", "cockroachdb-0", "status")["phase"] = "Dancing" + evil
			w.at("pods", "cockroachdb-0", "status")["conditions"] = []any{}
		}),
		show("a pod without status", 4, "cockroachdb-0", func(w *world) { delete(w.at("pods", "cockroachdb-0"), "status") }),
		show("a pod without spec", 4, "cockroachdb-0: waiting to be made", func(w *world) { delete(w.at("pods", "cockroachdb-0"), "spec") }),
		show("a pod without containers", 4, "cockroachdb-0", func(w *world) {
			w.at("pods", "cockroachdb-0", "status")["containerStatuses"] = nil
			w.at("pods", "cockroachdb-0", "status")["conditions"] = nil
		}),
		show("a pod of the year 9999", 0, "healthy", func(w *world) {
			w.at("pods", "cockroachdb-0", "metadata")["creationTimestamp"] = "9999-12-31T23:59:59Z"
		}),
		show("a pod of no time", 0, "healthy", func(w *world) { delete(w.at("pods", "cockroachdb-0", "metadata"), "creationTimestamp") }),
		show("a pod of a time that is none", 1, "pods", func(w *world) { w.at("pods", "cockroachdb-0", "metadata")["creationTimestamp"] = "yesterday" + evil }),
		show("a pod with a number for its annotations", 1, "pods", func(w *world) { w.at("pods", "cockroachdb-0", "metadata")["annotations"] = 7 }),
		show("a pod restarted beyond counting", 1, "pods", func(w *world) {
			w.unready("cockroachdb-1", object{"restartCount": 1e30})
		}),
		show("a pod restarted less than never", 4, "cockroachdb-1: waiting for its container", func(w *world) { w.unready("cockroachdb-1", object{"restartCount": -5}) }),
		show("a node with an escape sequence for a name", 0, `\x1b[31m`, func(w *world) { w.at("pods", "cockroachdb-0", "spec")["nodeName"] = evil }),
		show("a node with an escape sequence in JSON", 0, `\u202e`, func(w *world) { w.at("pods", "cockroachdb-0", "spec")["nodeName"] = evil }, "status", "-o", "json"),
		show("a node with an escape sequence in YAML", 0, "\\U0000202e", func(w *world) { w.at("pods", "cockroachdb-0", "spec")["nodeName"] = evil }, "status", "-o", "yaml"),
		show("a pod that is nobody's", 0, "healthy", func(w *world) { w.objects["pods"]["cockroachdb-00"] = typed("pods", pod("cockroachdb-00")) }),
		show("a pod beyond all numbers", 0, "healthy", func(w *world) {
			w.objects["pods"]["x"] = typed("pods", pod("cockroachdb-99999999999999999999"))
		}),
		show("a thousand pods", 0, "healthy", func(w *world) {
			for i := range 1000 {
				name := fmt.Sprintf("cockroachdb-%d", i)
				w.objects["pods"][name] = typed("pods", pod(name))
			}
		}),
		unready("an image with an escape sequence", "IMAGE_PULL_FAILED", state("waiting", object{"reason": "ErrImagePull", "message": evil})),
		unready("an unknown reason to wait", "waiting for its container: Shoes\\x1b[31m", state("waiting", object{"reason": "Shoes" + evil, "message": "are wet"})),
		unready("a reason without end", "waiting for its container: CreateContainerError: much much", state("waiting", object{"reason": "CreateContainerError", "message": many("much ", 1<<20)})),
		unready("a crash with an escape sequence", "CRASH_LOOP", state("terminated", object{"reason": "Error", "exitCode": 1, "message": evil})),
		unready("a crash with a code that is none", "exit code -2147483648", state("terminated", object{"reason": "Error", "exitCode": -2147483648, "signal": 999})),
		unready("no state at all", "waiting for its container", object{"state": object{}}),
		unready("two states at once", "starting", object{"state": object{"waiting": object{"reason": "A"}, "running": object{}, "terminated": object{"exitCode": 0}}}),
		show("an event with an escape sequence", 4, "MOUNT_FAILED", func(w *world) {
			w.unready("cockroachdb-1", state("waiting", object{"reason": "ContainerCreating"}))
			w.event("Pod", "cockroachdb-1", "FailedMount", evil)
		}),
		show("an event without end", 4, "cockroachdb-1: waiting for its container", func(w *world) {
			w.unready("cockroachdb-1", state("waiting", object{"reason": "ContainerCreating"}))
			w.event("Pod", "cockroachdb-1", "FailedMount"+evil, many("much ", 1<<20))
		}),
		show("five thousand events", 4, "again ", func(w *world) {
			w.unready("cockroachdb-1", state("waiting", object{"reason": "ContainerCreating"}))
			for i := range 5000 {
				w.event("Pod", "cockroachdb-1", "FailedMount", fmt.Sprint("again ", i))
			}
		}),
		show("a log with an escape sequence", 4, "CRASH_LOOP", func(w *world) {
			w.unready("cockroachdb-1", object{"state": object{"waiting": object{"reason": "CrashLoopBackOff"}}, "lastState": object{"terminated": object{"exitCode": 1, "reason": "Error"}}})
			w.logs = "ERROR: " + evil
		}),
		show("a log without end", 4, "CRASH_LOOP", func(w *world) {
			w.unready("cockroachdb-1", object{"state": object{"waiting": object{"reason": "CrashLoopBackOff"}}, "lastState": object{"terminated": object{"exitCode": 1, "reason": "Error"}}})
			w.logs = many("x", 32<<20)
		}),
		show("metrics with an escape sequence", 0, "healthy", func(w *world) { w.vars += `build_timestamp{tag="v21.1.2\x1b[31m\u202e"} 1` + "\n" }),
		show("metrics with numbers beyond all", 0, "healthy", func(w *world) { w.vars += "ranges_unavailable 1e300\nliveness_livenodes -Inf\ncapacity NaN\n" }),
		show("an image recorded with an escape sequence", 0, "healthy", func(w *world) { w.record()["image"] = "x:v21.1.2-\x1b[31m" }),
		show("a class with an escape sequence", 1, "not a name that Kubernetes allows", func(w *world) {
			w.empty()
			w.objects["storageclasses"] = map[string]object{"x": typed("storageclasses", object{"metadata": object{"name": evil, "annotations": object{"storageclass.kubernetes.io/is-default-class": "true"}}, "provisioner": evil})}
		}, "up"),
		show("a foreign object with an escape sequence", 5, "not made by crdb-kube", func(w *world) {
			w.empty()
			one := meta("cockroachdb", object{})
			one["labels"] = object{"app.kubernetes.io/managed-by": evil}
			one["managedFields"] = []any{object{"manager": evil, "operation": "Update", "apiVersion": "v1", "time": "2026-01-01T00:00:00Z"}}
			w.objects["services"]["cockroachdb"] = typed("services", object{"metadata": one})
		}, "up"),
		show("an object of a cluster with an escape sequence", 5, "service/cockroachdb-public", func(w *world) {
			w.empty()
			one := meta("cockroachdb-public", object{})
			one["labels"] = object{"app.kubernetes.io/managed-by": "crdb-kube", "app.kubernetes.io/instance": evil}
			w.objects["services"]["cockroachdb-public"] = typed("services", object{"metadata": one})
		}, "up"),
		show("a claim with an amount that is none", 1, "persistentvolumeclaims", func(w *world) {
			w.at("persistentvolumeclaims", "datadir-cockroachdb-0", "spec", "resources", "requests")["storage"] = "much" + evil
		}),
		show("a claim without spec", 0, "healthy", func(w *world) { delete(w.at("persistentvolumeclaims", "datadir-cockroachdb-0"), "spec") }),
		show("a claim with an identity that is none", 5, "belong to different clusters", func(w *world) {
			w.at("persistentvolumeclaims", "datadir-cockroachdb-0", "metadata", "annotations")["crdb-kube.github.io/cluster-id"] = evil
		}, "up"),
		show("a set without replicas", 0, "healthy", func(w *world) { delete(w.at("statefulsets", "cockroachdb", "spec"), "replicas") }),
		show("a set of a thousand million", 4, "cockroachdb-12 and 986 more: waiting to be made", func(w *world) {
			w.at("statefulsets", "cockroachdb", "spec")["replicas"] = 1000000000
			delete(w.objects["configmaps"], "cockroachdb-cluster")
		}),
		show("a set of less than none", 4, "from 0 to -3", func(w *world) {
			w.at("statefulsets", "cockroachdb", "spec")["replicas"] = -3
			delete(w.objects["configmaps"], "cockroachdb-cluster")
		}),
		show("a set without spec", 4, "configmap/cockroachdb-cluster is gone", func(w *world) {
			delete(w.at("statefulsets", "cockroachdb"), "spec")
			delete(w.objects["configmaps"], "cockroachdb-cluster")
		}),
		show("certificates that are none", 0, "has no certificate in PEM", func(w *world) {
			w.record()["security"] = "tls"
			w.objects["secrets"] = map[string]object{"cockroachdb-certs": typed("secrets", object{"metadata": meta("cockroachdb-certs", object{}), "data": object{"ca.crt": "aG0="}})}
		}, "certs"),
		show("a date of certificates that is none", 0, "healthy", func(w *world) {
			w.objects["secrets"] = map[string]object{"cockroachdb-certs": typed("secrets", object{"metadata": meta("cockroachdb-certs", object{"crdb-kube.github.io/ca-expires": evil}), "data": object{}})}
		}),
		show("a doctor among all that", 1, `\x1b[31m`, func(w *world) {
			w.empty()
			w.at("nodes", "machine", "status", "allocatable")["cpu"] = "0"
			w.at("nodes", "machine", "metadata")["name"] = evil
			w.at("storageclasses", "standard")["provisioner"] = evil
		}, "doctor"),
		show("a diff of what others own", 10, "in default", func(w *world) {
			w.at("services", "cockroachdb-public", "metadata")["managedFields"] = []any{object{"manager": evil, "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": object{"f:spec": object{"f:x" + evil: object{}}}}}
		}, "diff"),
	}
}
