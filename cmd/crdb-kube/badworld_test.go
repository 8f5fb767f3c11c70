package main

import "net/http"

// An environment that leads nowhere.
func badEnvironment() []badInput {
	env := func(name, says, next string, pairs ...string) badInput {
		b := badInput{name: name, args: []string{"status"}, env: map[string]string{}, code: 1, says: says, next: next}
		for i := 0; i < len(pairs); i += 2 {
			b.env[pairs[i]] = pairs[i+1]
		}
		return b
	}
	with := func(b badInput, config string) badInput {
		b.files = map[string]string{"config": config}
		return b
	}
	far := func(server string) string {
		return "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n" +
			"clusters: [{name: a, cluster: {server: '" + server + "'}}]\nusers: [{name: a, user: {}}]\n"
	}
	plugin := far("{tls}', insecure-skip-tls-verify: true, x: '")
	plugin = plugin[:len(plugin)-len("{}}]\n")] + "{exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin, interactiveMode: Never}}}]\n"
	return []badInput{
		env("KUBECONFIG names two that are not there", "/nowhere or ", "set KUBECONFIG", "KUBECONFIG", "{dir}/nowhere:{dir}/nothing"),
		env("KUBECONFIG names a folder", "is a directory", "", "KUBECONFIG", "{dir}"),
		env("KUBECONFIG with an escape sequence", `\x1b[31m`, "", "KUBECONFIG", "{dir}/\x1b[31mred"),
		env("one of two files is broken", "kubeconfig: ", "", "KUBECONFIG", "{dir}/config:/etc/passwd"),
		env("a home without kubeconfig", "there is none at", "start a cluster", "KUBECONFIG", "", "HOME", "{dir}"),
		env("a home that is a file", "not a directory", "", "KUBECONFIG", "", "HOME", "/dev/null"),
		env("no home", "there is none at", "", "KUBECONFIG", "", "HOME", ""),
		env("in a pod without its token", "in this pod no service account", "automount", "KUBECONFIG", "", "HOME", "{dir}", "KUBERNETES_SERVICE_HOST", "127.0.0.1", "KUBERNETES_SERVICE_PORT", "1"),
		with(env("a proxy that is no address", "proxy", "", "HTTPS_PROXY", "http://[::bad"), far("https://far.invalid")),
		with(env("a proxy with a password", "proxyconnect", "", "HTTPS_PROXY", "http://me:secret@127.0.0.1:1"), far("https://far.invalid")),
		with(env("a PATH without the plugin", "no-such-plugin", "", "PATH", "{path}"), plugin),
		with(env("authorities that are not there", "certificate", "", "SSL_CERT_FILE", "/nowhere", "SSL_CERT_DIR", "/nowhere"), far("{tls}")),
		{
			name: "a pipe in GitHub Actions", args: []string{"status"}, env: map[string]string{"GITHUB_ACTIONS": "true"}, code: 4,
			says: `\::stop-commands`, world: func(w *world) {
				w.unready("cockroachdb-0", object{"state": object{"waiting": object{"reason": "ImagePullBackOff", "message": "\n::stop-commands::x\n##[error]"}}})
			},
		},
		{name: "a terminal that is none", args: []string{"status"}, env: map[string]string{"TERM": "\x1b[31m", "COLORTERM": "\x1b", "NO_COLOR": "\x1b"}, says: "healthy"},
		{name: "a feature of client-go that is none", args: []string{"status"}, env: map[string]string{"KUBE_FEATURE_WatchListClient": "\x1b[31mperhaps"}, says: "healthy"},
	}
}

// What was decided about the cluster, damaged by some hand.
func badSettings() []badInput {
	damaged := func(name, key, value, says string) badInput {
		return badInput{
			name: name, args: []string{"up"}, code: 5, says: says, next: "kubectl get configmap/cockroachdb-cluster",
			world: func(w *world) { w.record()[key] = value },
		}
	}
	lacking := func(key, says string) badInput {
		return badInput{
			name: "without " + key, args: []string{"down"}, code: 5, says: says, next: "kubectl get configmap/cockroachdb-cluster",
			world: func(w *world) { delete(w.record(), key) },
		}
	}
	return []badInput{
		damaged("a version with an escape sequence", "version", "\x1b[2J", `version "\x1b[2J"`),
		lacking("nodes", "nodes: not a whole number"),
		damaged("nodes that are no number", "nodes", "many", "nodes many: not a whole number"),
		damaged("no nodes", "nodes", "0", "nodes 0: a cluster has at least one"),
		damaged("two nodes", "nodes", "2", "nodes 2: two cannot keep a quorum"),
		damaged("too many nodes", "nodes", "123456789", "more than 999"),
		damaged("nodes out of range", "nodes", "99999999999999999999", "nodes 99999999999999999999"),
		damaged("negative spare volumes", "spare-volumes", "-7", "spare-volumes -7: less than none"),
		damaged("served nodes that are no number", "served-nodes", "all", "served-nodes all: not a whole number"),
		damaged("CPU", "cpu", "fast", "cpu fast: not an amount"),
		damaged("memory", "memory", "1GB", "memory 1GB: not an amount"),
		damaged("storage", "storage", "\x1b]0;x\a", "storage"),
		damaged("a path into the machine", "host-path", "/../etc", "host-path"),
		damaged("a class that is no name", "storage-class", "Fast SSD", "storage-class"),
		lacking("storage-class", "neither a class nor a path"),
		lacking("incarnation", "incarnation: not eight hexadecimal digits"),
		damaged("an incarnation that leads away", "incarnation", "../../etc", "incarnation ../../etc"),
		damaged("another security", "security", "maybe", "security maybe: not a mode"),
		damaged("an identity that is none", "cluster-id", "me", "cluster-id me: not the identity"),
		damaged("SQL in another state", "init-sql", "running", "init-sql running: not a state"),
		damaged("a user that SQL would obey", "app-user", `a"; DROP DATABASE app; --`, "app-user"),
		damaged("a Secret that is no name", "certs-secret", "../x", "certs-secret"),
		{
			name: "a patch that fits no more", args: []string{"up"}, code: 1, says: "patch", world: func(w *world) { w.record()["patch"] = "kind: Shoe\n" },
		},
		{
			name: "an image that is none", args: []string{"up"}, code: 1, says: `image "\x1b[31m": not an image`, world: func(w *world) { w.record()["image"] = "\x1b[31m" },
		},
		{
			name: "an identity other than the claims'", args: []string{"up"}, code: 5, says: "belong to different clusters",
			world: func(w *world) { w.record()["cluster-id"] = "5c9fd0ac-1a11-4e5f-9d8a-000000000002" },
		},
	}
}

// Answers of a server that is broken, or none.
func badAnswers() []badInput {
	answer := func(name string, code int, says, next, path string, how http.HandlerFunc, args ...string) badInput {
		return badInput{name: name, args: args, code: code, says: says, next: next, world: func(w *world) { w.answers[path] = how }}
	}
	const html, plain, asJSON = "text/html", "text/plain", "application/json"
	refusal := func(code int, reason, message string) http.HandlerFunc {
		return func(out http.ResponseWriter, _ *http.Request) { say(out, code, status(code, reason, message)) }
	}
	return []badInput{
		answer("a page to log in", 1, "what answers there is no Kubernetes, but sends text/html", "", "/", says(200, html, "<html>\x1b[31mlog in</html>"), "status"),
		answer("a page to log in for up", 1, "what answers there is no Kubernetes, but sends something else than a version", "", "/", says(200, html, "<html>\x1b[31mlog in</html>"), "up"),
		answer("nothing", 1, "0-length response", "", "/statefulsets", says(200, asJSON, ""), "status"),
		answer("half of it", 1, "unexpected end of JSON input", "", "/pods", says(200, asJSON, `{"kind":"PodList","apiVersion":"v1","items":[{"meta`), "status"),
		answer("another version", 1, "no kind \"PodList\" is registered for version \"v9\"", "", "/pods", says(200, asJSON, `{"kind":"PodList","apiVersion":"v9","items":[]}`), "status"),
		answer("a list that is none", 1, "cannot unmarshal number", "", "/pods", says(200, asJSON, `{"kind":"PodList","apiVersion":"v1","items":7}`), "status"),
		answer("protobuf that is none", 1, "pods: unexpected EOF", "", "/pods", says(200, "application/vnd.kubernetes.protobuf", "k8s\x00\xff\xff\xff"), "status"),
		answer("a type that nobody knows", 1, "but sends application/x-shoe", "", "/pods", says(200, "application/x-shoe", "{}"), "status"),
		answer("depth without end", 1, "exceeded max depth", "", "/pods", says(200, asJSON, many("[", 200000)), "status"),
		answer("a refusal with escape sequences", 1, `\x1b[2J`, "", "/services", refusal(400, "BadRequest", "no\x1b[2J\u202e"), "status"),
		answer("who asks is not known", 1, "does not accept the credentials", "log in again", "/", refusal(401, "Unauthorized", "\x1b[2J"), "status"),
		answer("forbidden", 1, "forbidden: list pods", "ask whoever runs", "/pods", refusal(403, "Forbidden", `pods is forbidden: User "\x1b[2J" cannot list resource "pods" in API group "" in the namespace "default"`), "status"),
		answer("refused for reasons of its own", 1, `no\x1b[2J`, "", "/pods", refusal(403, "Forbidden", "no\x1b[2J"), "status"),
		answer("too many requests", 1, "pods: later", "", "/pods", refusal(429, "TooManyRequests", "later"), "status"),
		answer("a conflict where there is none", 1, "lease/cockroachdb-lock: no", "", "/leases", refusal(409, "Conflict", "no"), "up", "--timeout", "3s"),
		answer("etcd without a leader", 1, "etcdserver", "", "/statefulsets", refusal(500, "", "etcdserver: no leader"), "status"),
		answer("a server that shuts down", 1, "currently unable to handle the request", "", "/configmaps", says(503, plain, "\x1b[31mshutting down"), "status"),
		answer("a redirect to nowhere", 1, "cannot be reached: dial tcp", "", "/pods", func(out http.ResponseWriter, req *http.Request) {
			http.Redirect(out, req, "http://127.0.0.1:1/", http.StatusFound)
		}, "status"),
		answer("a redirect to itself", 1, "stopped after 10 redirects", "", "/pods", func(out http.ResponseWriter, req *http.Request) {
			http.Redirect(out, req, req.URL.Path, http.StatusFound)
		}, "status"),
		answer("a teapot", 1, "status code 418", "", "/pods", says(418, plain, many("\x1b[31mtea ", 1<<20)), "status"),
		answer("an old Kubernetes", 1, "Kubernetes v1.19.0\\x1b[31m: too old", "", "/version", says(200, asJSON, `{"major":"1","minor":"19","gitVersion":"v1.19.0\u001b[31m"}`), "up"),
		answer("a connection that breaks", 1, "cannot be reached", "", "/", hangUp, "status"),
		answer("half an answer and no more", 3, "timed out", "", "/pods", stall, "status", "--timeout", "1s"),
		answer("no switch of protocols", 1, "unable to upgrade connection", "", "/exec", says(200, plain, "\x1b[31mhm"), "sql", "-e", "SELECT 1"),
		answer("permissions that are none", 1, "permissions: ", "", "/selfsubjectrulesreviews", says(200, asJSON, "[]"), "up"),
		answer("a lock of somebody else", 3, `locked by`, "--wait-lock", "/leases", lockedBy("\x1b[2J\u202e@\u009b31m"), "up"),
		answer("metrics that are none", 4, "gives no metrics: metrics: none known", "", "/_status/vars", says(200, plain, "\x1b[31m\x00"), "status"),
		answer("metrics without end", 4, "answer of more than 8 MiB", "", "/_status/vars", says(200, plain, many("x", 9<<20)), "status"),
	}
}

// hangUp ends the connection in place of an answer.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// stall begins an answer and says no more.
func stall(out http.ResponseWriter, req *http.Request) {
	out.Header().Set("Content-Type", "application/json")
	_, _ = out.Write([]byte(`{"kind":"PodList",`))
	if flusher, ok := out.(http.Flusher); ok {
		flusher.Flush()
	}
	<-req.Context().Done()
}

// lockedBy has the lock held by somebody who renews it.
func lockedBy(holder string) http.HandlerFunc {
	return func(out http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPost {
			say(out, 409, status(409, "AlreadyExists", "there is one"))
			return
		}
		say(out, 200, typed("leases", object{"metadata": meta("cockroachdb", object{"crdb-kube.github.io/holder": holder}), "spec": object{
			"holderIdentity": holder, "renewTime": "2099-01-01T00:00:00.000000Z", "acquireTime": "2026-01-01T00:00:00.000000Z", "leaseDurationSeconds": 15,
		}}))
	}
}
