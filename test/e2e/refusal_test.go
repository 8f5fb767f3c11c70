package e2e

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestUp_refusesAServiceOfSomebodyElse(t *testing.T) {
	p := arrive(t, anyMachines)
	p.kubectl("create", "service", "clusterip", "cockroachdb-public", "--tcp=80:80", "--field-manager=somebody")
	before := p.look()
	p.crdb(p.up("--host-path", "/var/lib/crdb-kube-e2e/none")...).
		fails(5, "service/cockroachdb-public", "was not made by crdb-kube", "somebody")
	p.same(before)
	p.unlocked()

	p.step("down leaves it alone, even with --delete-data", func(p place) {
		p.crdb("down").ok("nothing to do")
		p.crdb("down", "--delete-data", "--yes").ok("nothing to do")
		p.same(before)
	})
}

func TestUp_namesAllMissingPermissionsAtOnce(t *testing.T) {
	p := arrive(t, anyMachines)
	p.kubectl("create", "serviceaccount", "nobody")
	p.kubectl("create", "serviceaccount", "editor")
	p.kubectlWith(`
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: editor}
rules:
- {apiGroups: [""], resources: [pods, services, configmaps, persistentvolumeclaims], verbs: ["*"]}
- {apiGroups: [apps], resources: [statefulsets, controllerrevisions], verbs: ["*"]}
- {apiGroups: [policy], resources: [poddisruptionbudgets], verbs: ["*"]}
`, "apply", "-f", "-")
	p.kubectl("create", "rolebinding", "editor", "--role=editor", "--serviceaccount="+p.namespace+":editor")
	before := p.look()
	up := p.up("--host-path", "/var/lib/crdb-kube-e2e/none", "--namespace", p.namespace)

	p.step("without any role all of them are named", func(p place) {
		p.startWith(p.kubeconfigFor("nobody"), up...).wait().
			fails(1, "namespace "+p.namespace+": you may not", "statefulsets", "pods/exec", "services", "persistentvolumeclaims", "leases")
		p.same(before)
	})
	p.step("with nearly all of them only those that lack are named", func(p place) {
		got := p.startWith(p.kubeconfigFor("editor"), up...).wait().fails(1, "pods/exec", "leases")
		if strings.Contains(got.failure(), "statefulsets") {
			p.t.Errorf("names what is allowed:\n%s", got.failure())
		}
		p.same(before)
	})
	p.step("volumes of our own need more, and nothing is made before that is known", func(p place) {
		p.kubectl("create", "role", "rest", "--verb=*", "--resource=leases.coordination.k8s.io,pods/exec,pods/proxy,secrets")
		p.kubectl("create", "rolebinding", "rest", "--role=rest", "--serviceaccount="+p.namespace+":editor")
		p.startWith(p.kubeconfigFor("editor"), up...).wait().fails(1, "persistentvolumes")
		p.same(before)
	})
}

// kubeconfigFor is a kubeconfig with a token of this ServiceAccount.
func (p place) kubeconfigFor(account string) string {
	p.t.Helper()
	return p.kubeconfigWith(strings.TrimSpace(p.kubectl("create", "token", account)), "")
}

// kubeconfigWith is the cluster's kubeconfig with another token, and another
// server if one is given.
func (p place) kubeconfigWith(token, server string) string {
	p.t.Helper()
	var config map[string]any
	if err := json.Unmarshal([]byte(p.kubectl("config", "view", "--raw", "--minify", "-o", "json")), &config); err != nil {
		p.t.Fatal(err)
	}
	config["users"] = []any{map[string]any{
		"name": "other",
		"user": map[string]any{"token": token},
	}}
	for _, one := range config["contexts"].([]any) {
		one.(map[string]any)["context"].(map[string]any)["user"] = "other"
	}
	if server != "" {
		for _, one := range config["clusters"].([]any) {
			one.(map[string]any)["cluster"].(map[string]any)["server"] = server
		}
	}
	text, err := json.Marshal(config)
	if err != nil {
		p.t.Fatal(err)
	}
	path := filepath.Join(p.t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

func TestEveryCommand_saysThatTheCredentialsAreWrong(t *testing.T) {
	p := arrive(t, anyMachines)
	before := p.look()
	wrong := p.kubeconfigWith("no-such-token", "")
	for _, command := range []string{"up", "down", "status"} {
		p.startWith(wrong, command, "--namespace", p.namespace).wait().fails(1, "credentials")
	}
	p.same(before)
	p.unlocked()
}

func TestEveryCommand_saysThatTheServerCannotBeReached(t *testing.T) {
	p := arrive(t, anyMachines)
	server := "https://" + closedPort(t)
	nowhere := p.kubeconfigWith("any", server)
	for _, command := range []string{"up", "down", "status"} {
		got := p.startWith(nowhere, command).wait().fails(1, server)
		if got.took > 15*time.Second {
			t.Errorf("%s: took %s", got.command, got.took)
		}
	}
}

// closedPort is an address where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestEveryCommand_saysThatThereIsNoKubeconfig(t *testing.T) {
	p := arrive(t, anyMachines)
	none := filepath.Join(t.TempDir(), "kubeconfig")
	for _, command := range []string{"up", "down", "status"} {
		p.startWith(none, command).wait().fails(1, "kubeconfig: there is none at "+none)
	}
}
