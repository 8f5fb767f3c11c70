package main

// goodConfig leads to the server of the test.
const goodConfig = `apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: here, user: me}}]
clusters: [{name: here, cluster: {server: "{server}"}}]
users: [{name: me, user: {}}]
`

func badFile(name, flag, text, says, next string, further ...string) badInput {
	args := append([]string{"up", flag, "given"}, further...)
	return badInput{name: name, args: args, files: map[string]string{"given": text}, code: 2, says: says, next: next}
}

// Files that flags name: patches, SQL, certificates.
func badFiles() []badInput {
	set := "kind: StatefulSet\n"
	return []badInput{
		typedWrong("a file that is not there", "--patch nowhere: no such file", "can be read", "up", "--patch", "nowhere"),
		typedWrong("a folder", "--init-sql .: is a directory", "can be read", "up", "--init-sql", "."),
		typedWrong("no name", `--init-sql "": names no file`, "- for stdin", "up", "--init-sql", ""),
		badFile("a patch that is no YAML", "--patch", "{[", "document 1: ", "docs/patch.md"),
		badFile("a patch that says nothing", "--patch", "# hm\n", "says nothing", `--patch ""`),
		badFile("a patch that is no object", "--patch", "- 1\n", "not an object", "kind, and the fields"),
		badFile("a patch that is no text", "--patch", "\xff\xfe", "is not text in UTF-8", "YAML"),
		badFile("a patch without end", "--patch", many("# much\n", 20000), "more than 102400", "names only what differs"),
		badFile("a patch without kind", "--patch", "spec: {}\n", "kind: is missing", "StatefulSet"),
		badFile("a patch of another kind", "--patch", "kind: Secret\n", "kind: is not one that can be patched", "StatefulSet"),
		badFile("a patch of another version", "--patch", set+"apiVersion: apps/v2\n", "apiVersion: is not that of this kind", "apps/v1"),
		badFile("a patch of another namespace", "--patch", set+"metadata: {namespace: x}\n", "metadata.namespace: is not for a patch", "--namespace"),
		badFile("a patch of another object", "--patch", set+"metadata: {name: x}\n", "the cluster has no such object", "it is cockroachdb"),
		badFile("a patch of no Service", "--patch", "kind: Service\n", "metadata.name: is missing", "one of"),
		badFile("a patch with an unknown field", "--patch", set+"spec: {templat: {}}\n", "templat", "kubectl explain"),
		badFile("a patch of what is guarded", "--patch", set+"spec: {replicas: 9}\n", "spec.replicas: is not for a patch", "--nodes"),
		badFile("a patch with a key twice", "--patch", set+"kind: Service\n", "already", ""),
		badFile("a patch of aliases without end", "--patch", bomb(), "document 1", ""),
		badFile("a patch of depth without end", "--patch", many("[", 50000), "document 1", ""),
		badFile("SQL without a statement", "--init-sql", "-- hm\n", "has no statement", "semicolon"),
		badFile("SQL within a text", "--init-sql", "SELECT 'a;\n", "ends inside a quoted text", "close it"),
		badFile("SQL within a comment", "--init-sql", "SELECT 1; /* hm\n", "ends inside a comment", "close it"),
		badFile("SQL that is no text", "--init-sql", "SELECT \xff;", "is not text in UTF-8", "SQL"),
		badFile("SQL without end", "--init-sql", many("SELECT 1;\n", 200000), "more than 1 MiB", "IMPORT"),
		badFile("a CA that is empty", "--ca-cert", "", "is empty", "", "--ca-key", "key"),
		badFile("a CA that is no PEM", "--ca-cert", "hm", "has no certificate in PEM", "", "--ca-key", "key"),
		badFile("a CA with a broken certificate", "--ca-cert", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be read", "", "--ca-key", "key"),
		badFile("a CA with something else", "--ca-cert", "-----BEGIN \x1b[31mRED-----\nAAAA\n-----END \x1b[31mRED-----\n", "where only certificates belong", "leave only", "--ca-key", "key"),
	}
}

// bomb is a few lines of YAML that would be a thousand million.
func bomb() string {
	text := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for _, pair := range []string{"ba", "cb", "dc", "ed", "fe", "gf", "hg", "ih"} {
		one, before := pair[:1], pair[1:]
		text += one + ": &" + one + " [" + many("*"+before+",", 9) + "*" + before + "]\n"
	}
	return text
}

// Kubeconfigs that lead nowhere, or not where they say.
func badKubeconfigs() []badInput {
	config := func(name, text, says, next string) badInput {
		return badInput{name: name, args: []string{"status"}, files: map[string]string{"config": text}, code: 1, says: says, next: next}
	}
	server := func(cluster, user string) string {
		return "apiVersion: v1\nkind: Config\ncurrent-context: here\ncontexts: [{name: here, context: {cluster: here, user: me}}]\n" +
			"clusters: [{name: here, cluster: {" + cluster + "}}]\nusers: [{name: me, user: {" + user + "}}]\n"
	}
	return []badInput{
		{name: "a file that is not there", args: []string{"status", "--kubeconfig", "nowhere"}, code: 1, says: "kubeconfig: nowhere: no such file", next: "--kubeconfig"},
		{name: "a folder", args: []string{"status", "--kubeconfig", "."}, code: 1, says: "is a directory"},
		config("nothing in it", "", "has no context", "--kubeconfig"),
		config("no YAML", "{[", "kubeconfig: ", "kubectl config view"),
		config("no text", "\xff\xfe\x00\x01", "kubeconfig: ", ""),
		config("escape sequences", "\x1b[31m: \x1b[0m: x\n", "kubeconfig: ", ""),
		config("a list", "- 1\n", "kubeconfig: ", ""),
		config("another kind", "apiVersion: v2\nkind: Shoe\ncontexts: [{name: a, context: {}}]\n", "kubeconfig: ", ""),
		config("a number for a name", "apiVersion: v1\nkind: Config\ncurrent-context: [1]\n", "kubeconfig: ", ""),
		config("no current context", "apiVersion: v1\nkind: Config\ncontexts: [{name: a, context: {cluster: a}}]\nclusters: [{name: a, cluster: {server: 'http://127.0.0.1:1'}}]\n", "no context is chosen", "get-contexts"),
		config("a current context that is not there", "apiVersion: v1\nkind: Config\ncurrent-context: b\ncontexts: [{name: a, context: {}}]\n", `context "b" does not exist`, "get-contexts"),
		config("a context without its cluster", "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: b, user: c}}]\nusers: [{name: c, user: {}}]\n", `cluster "b" does not exist`, ""),
		config("a context without its user", "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: b, user: c}}]\nclusters: [{name: b, cluster: {server: 'http://127.0.0.1:1'}}]\n", `user "c" does not exist`, ""),
		config("no server", server("", ""), "has no server", "--server"),
		config("a server that is no address", server(`server: "http://[::bad"`, ""), "kubeconfig: ", ""),
		config("a server of another protocol", server(`server: "ftp://127.0.0.1"`, ""), "unsupported protocol scheme", ""),
		config("a server that is not there", server(`server: "http://127.0.0.1:1"`, ""), "cannot be reached: ", "start the cluster"),
		config("a port that is not there", server(`server: "http://127.0.0.1:99999"`, ""), "cannot be reached: ", ""),
		config("a server without TLS", server(`server: "https://{host}"`, ""), "HTTP response to HTTPS client", ""),
		config("a CA that is no PEM", server(`server: "https://127.0.0.1:1", certificate-authority-data: aG0=`, ""), "kubeconfig: ", ""),
		config("a CA that is no base64", server(`server: "https://127.0.0.1:1", certificate-authority-data: "%%%"`, ""), "kubeconfig: ", ""),
		config("a CA that is not there", server(`server: "https://127.0.0.1:1", certificate-authority: nowhere.crt`, ""), "nowhere.crt", ""),
		config("a CA and none", server(`server: "https://127.0.0.1:1", certificate-authority-data: aG0=, insecure-skip-tls-verify: true`, ""), "kubeconfig: ", ""),
		config("a proxy that is no address", server(`server: "{server}", proxy-url: "::"`, ""), "kubeconfig: ", ""),
		config("a certificate without its key", server(`server: "https://127.0.0.1:1"`, "client-certificate-data: aG0="), "kubeconfig: ", ""),
		config("a certificate that is none", server(`server: "https://127.0.0.1:1"`, "client-certificate-data: aG0=, client-key-data: aG0="), "kubeconfig: ", ""),
		config("a token that is not there", server(`server: "{tls}", insecure-skip-tls-verify: true`, "tokenFile: nowhere.token"), "nowhere.token", ""),
		config("a token with a line break", server(`server: "{tls}", insecure-skip-tls-verify: true`, `token: "a\nb"`), "invalid header field value", ""),
		config("a plugin that is not there", server(`server: "{tls}", insecure-skip-tls-verify: true`, "exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin, interactiveMode: Never}"), "no-such-plugin", ""),
		config("a plugin that fails", server(`server: "{tls}", insecure-skip-tls-verify: true`, "exec: {apiVersion: client.authentication.k8s.io/v1, command: 'false', interactiveMode: Never}"), "false", ""),
		config("a plugin that talks nonsense", server(`server: "{tls}", insecure-skip-tls-verify: true`, `exec: {apiVersion: client.authentication.k8s.io/v1, command: printf, args: ['\033[31mhm'], interactiveMode: Never}`), "does not accept the credentials: getting credentials", ""),
		config("a plugin of another version", server(`server: "{tls}", insecure-skip-tls-verify: true`, "exec: {apiVersion: v9, command: 'true', interactiveMode: Never}"), "kubeconfig: ", ""),
		config("a provider that is gone", server(`server: "{tls}", insecure-skip-tls-verify: true`, "auth-provider: {name: gcp}"), "gcp", ""),
		config("a namespace that cannot be", "apiVersion: v1\nkind: Config\ncurrent-context: here\ncontexts: [{name: here, context: {cluster: here, namespace: 'Bad NS'}}]\nclusters: [{name: here, cluster: {server: '{server}'}}]\n", `namespace "Bad NS" is not a name`, "--namespace"),
		config("a context named to mislead", "apiVersion: v1\nkind: Config\ncurrent-context: \"\\u202egood\\e[2J\"\ncontexts: [{name: \"\\u202egood\\e[2J\", context: {}}]\n", `context "\u202egood\x1b[2J" names no cluster`, ""),
	}
}
