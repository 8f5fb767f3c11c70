package main

// Flags and arguments that cannot be: found before the server is asked.

func typedWrong(name, says, next string, args ...string) badInput {
	return badInput{name: name, args: args, code: 2, says: says, next: next}
}

func badFlags() []badInput {
	return []badInput{
		typedWrong("a flag that is not there", "--no-such-flag: there is no such flag", "--help", "up", "--no-such-flag"),
		typedWrong("a flag that is nearly there", "--node: there is no such flag", "did you mean --nodes?", "up", "--node", "3"),
		typedWrong("a letter that is no flag", "-x: there is no such flag", "--help", "up", "-x"),
		typedWrong("a command that is not there", `unknown command "sideways"`, "--help", "sideways"),
		typedWrong("a command that is nearly there", `unknown command "upp"`, "did you mean up?", "upp"),
		typedWrong("an argument too many", `unexpected argument "extra"`, "--help", "up", "extra"),
		typedWrong("an argument before the dashes", `unexpected argument "SELECT"`, "behind two dashes", "sql", "SELECT", "1"),
		typedWrong("a help topic that is not there", `unknown help topic "nope"`, "--help", "help", "nope"),
		typedWrong("a shell that is not there", `unknown command "fish2"`, "--help", "completion", "fish2"),
		typedWrong("a flag without its value", "--nodes: has no value", "a whole number", "up", "--nodes"),
		typedWrong("no number", `--nodes "three": not a whole number`, "a whole number", "up", "--nodes", "three"),
		typedWrong("a number out of range", "--nodes", "", "up", "--nodes", "99999999999999999999"),
		typedWrong("no nodes", "--nodes 0: a cluster has at least one", "1, or 3", "up", "--nodes", "0"),
		typedWrong("two nodes", "--nodes 2: two cannot keep a quorum", "1, or 3", "up", "--nodes", "2"),
		typedWrong("too many nodes", "--nodes 1000: more than 999", "", "up", "--nodes", "1000"),
		typedWrong("fewer than no spare volumes", "--spare-volumes -1: less than none", "0 or more", "up", "--spare-volumes", "-1"),
		typedWrong("too many spare volumes", "--spare-volumes 1000: more than 999", "", "up", "--spare-volumes", "1000"),
		typedWrong("no duration", `--timeout "soon"`, "30s", "up", "--timeout", "soon"),
		typedWrong("a duration without its unit", `--timeout "5"`, "30s", "down", "--timeout", "5"),
		typedWrong("a duration in an unknown unit", `--grace "5y"`, "30s", "up", "--grace", "5y"),
		typedWrong("a negative duration", `--timeout "-5s": negative`, "30s", "up", "--timeout", "-5s"),
		typedWrong("no truth", `--insecure "perhaps"`, "true or false", "up", "--insecure=perhaps"),
		typedWrong("a form that is not there", `--output "xml"`, "json", "status", "-o", "xml"),
		typedWrong("progress that is not there", `--progress "loud"`, "plain", "up", "--progress", "loud"),
		typedWrong("a colour that is no answer", `--color "blue"`, "never", "up", "--color", "blue"),
		typedWrong("nothing to confirm in up", "--yes: there is nothing to confirm without --fresh", "--fresh", "up", "--yes"),
		typedWrong("nothing to confirm in down", "--yes: there is nothing to confirm without --delete-data", "--delete-data", "down", "--yes"),
		typedWrong("two kinds of volumes", "--storage-class and --host-path: only one", "leave one", "up", "--storage-class", "fast", "--host-path", "/data"),
		typedWrong("a CA without its key", "--ca-cert and --ca-key: one without the other", "both", "up", "--ca-cert", "ca.crt"),
		typedWrong("a CA and a Secret", "--ca-cert and --certs-secret", "leave one", "up", "--ca-cert", "a", "--ca-key", "b", "--certs-secret", "c"),
		typedWrong("a CA without TLS", "--ca-cert and --insecure", "leave one", "up", "--ca-cert", "a", "--ca-key", "b", "--insecure"),
		typedWrong("a Secret without TLS", "an insecure cluster has no certificates", "leave out one", "up", "--certs-secret", "mine", "--insecure"),
		typedWrong("a password without TLS", "--rotate-app-password and --insecure", "leave one", "up", "--rotate-app-password", "--insecure"),
		typedWrong("a password of nobody", "there is no user to rotate", "leave one", "up", "--rotate-app-password", "--app-user", ""),
		typedWrong("stdin for two files", "--patch - and --init-sql -: stdin can be only one", "into files", "up", "--patch", "-", "--init-sql", "-"),
		typedWrong("stdin for a CA and its key", "--ca-cert - and --ca-key -: stdin can be only one", "into files", "up", "--ca-cert", "-", "--ca-key", "-"),
		typedWrong("stdin for a patch and a CA", "stdin can be only one", "into files", "up", "--patch", "-", "--ca-cert", "-", "--ca-key", "k"),
		typedWrong("a negative tail", "--tail -3: negative", "number of lines", "logs", "--tail", "-3"),
		typedWrong("what ran before, and what comes", "--follow and --previous", "one of the two", "logs", "-f", "-p"),
		typedWrong("a port that is not there", "--port 70000: no such port", "1 to 65535", "forward", "--port", "70000"),
		typedWrong("a forward that is not there", "--forward 70000: no such port", "the port that forward says", "url", "--forward=70000"),
		typedWrong("no host path", "not an absolute path", "/var/lib", "up", "--host-path", "data"),
		typedWrong("the root as host path", "the root of the machine's files", "/var/lib", "up", "--host-path", "//"),
		typedWrong("a host path with steps up", "not a plain path", "/etc", "up", "--host-path", "/var/../etc"),
		typedWrong("a host path with a colon", "has characters that a path for volumes cannot have", "", "up", "--host-path", "/data:rw"),
		typedWrong("no time for a request", `--request-timeout "x": not a duration`, "30s", "status", "--request-timeout", "x"),
		typedWrong("an escape sequence as flag", "there is no such flag", "--help", "up", "--\x1b[31mred"),
		typedWrong("an escape sequence as argument", `unexpected argument "\x1b]0;title\a"`, "--help", "down", "\x1b]0;title\a"),
	}
}

// Names that Kubernetes, SQL or this program do not take, or do not know.
func badNames() []badInput {
	long := "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	return []badInput{
		typedWrong("a cluster", "--name My_DB: not a name that Kubernetes allows for a Service", "beginning with a letter", "up", "--name", "My_DB"),
		typedWrong("a long cluster", "too long for the names and labels of its pods: 53", "shorter", "status", "--name", long),
		typedWrong("a namespace", `--namespace "Bad_NS"`, "63", "status", "-n", "Bad_NS"),
		typedWrong("a service account", `--service-account "A!"`, "kubectl get serviceaccounts", "rbac", "--service-account", "A!"),
		typedWrong("a storage class", "--storage-class Fast_SSD: not a name that Kubernetes allows", "kubectl get storageclass", "up", "--storage-class", "Fast_SSD"),
		typedWrong("a Secret", "not a name that Kubernetes allows for a Secret", "kubectl get secrets", "up", "--certs-secret", "My_Secret"),
		typedWrong("a Secret of ours", "a name that crdb-kube uses for its own Secrets", "another name", "up", "--certs-secret", "cockroachdb-certs"),
		typedWrong("a SQL user", "--app-user Bob;DROP: not a name that fits a SQL user", "a-z", "up", "--app-user", "Bob;DROP"),
		typedWrong("a SQL user of the database", "--app-user root: belongs to the database itself", "app", "up", "--app-user", "root"),
		typedWrong("a cause", `"NO_SUCH_CAUSE": there is no such cause`, "crdb-kube explain lists them", "explain", "NO_SUCH_CAUSE"),
		{name: "a context that is not there", args: []string{"up", "--context", "nowhere"}, code: 1, says: `context "nowhere" does not exist`, next: "get-contexts"},
		{name: "a cluster entry that is not there", args: []string{"up", "--cluster", "nowhere"}, code: 1, says: `cluster "nowhere" does not exist`},
		{name: "a user entry that is not there", args: []string{"up", "--user", "nobody"}, code: 1, says: `user "nobody" does not exist`},
		{
			name: "a namespace that is not there", args: []string{"up", "-n", "nowhere"}, code: 1,
			says: "namespace nowhere: not found", next: "--create-namespace",
		},
		{
			name: "a namespace that is being deleted", args: []string{"up"}, code: 1, says: "is being deleted", next: "--namespace",
			world: func(w *world) {
				w.at("namespaces", "default", "metadata")["deletionTimestamp"] = "2026-01-01T00:00:00Z"
			},
		},
		{name: "a cluster that is not there", args: []string{"status", "--name", "nobody"}, code: 6, says: "there is none in namespace default", next: "crdb-kube up"},
		{name: "a pod that is not there", args: []string{"logs", "cockroachdb-9"}, code: 1, says: "none of its pods has such a log", next: "crdb-kube status"},
		{name: "an escape sequence as pod", args: []string{"logs", "\x1b[2J"}, code: 1, says: `pod \x1b[2J: is none of cluster`, next: "crdb-kube status"},
		{
			name: "a class that is not there", args: []string{"up", "--storage-class", "nowhere"}, code: 1,
			says: "storageclass nowhere: not found", next: "standard", world: (*world).empty,
		},
		{
			name: "a Secret that is not there", args: []string{"up", "--certs-secret", "nowhere"}, code: 1,
			says: "secret/nowhere", world: (*world).empty,
		},
	}
}
