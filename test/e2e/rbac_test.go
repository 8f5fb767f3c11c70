package e2e

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A service account with what `crdb-kube rbac` prints, and nothing else, goes
// through a whole life, and nothing that is secret comes out on the way.

func TestRBAC_theSmallestRoleIsEnoughForAWholeLife(t *testing.T) {
	p := arrive(t, defaultClass)
	p.kubectl("create", "serviceaccount", "ci")
	p.kubectlWith(p.crdb("rbac", "--service-account", "ci").ok().stdout, "apply", "-f", "-")
	l := &aloud{kubeconfig: p.kubeconfigFor("ci"), outputs: map[string]string{}}
	up := []string{"up", "--image", p.suite.image, "--storage-class", p.defaultClass(), "--cpu", "100m", "--memory", "2Gi"}

	p.step("up makes the cluster, changes nothing the second time, and can be looked at", func(p place) {
		l.run(p, append(up, "-v", "-v")...).ok("ready in", "TLS")
		l.run(p, "up", "--progress", "json").ok("nothing to change")
		l.run(p, "status").ok("healthy", "3 of 3 CockroachDB nodes live", "TLS until")
		l.run(p, "status", "-o", "yaml", "-v", "-v").ok()
		l.run(p, "certs", "-o", "wide", "-v", "-v").ok("CA", "node", "client root")
		l.run(p, "certs", "-o", "json").ok(`"current": true`)
	})
	p.step("using it needs no more", func(p place) {
		l.run(p, "sql", "-e", "SELECT 1", "-v", "-v").ok()
		l.run(p, "forward", "--", "true").ok()
		l.run(p, "url", "-v", "-v").ok()
		l.run(p, "logs", "--tail", "5", "-v", "-v").ok("cockroachdb-2")
	})
	p.step("certs rotate and a new password need no more", func(p place) {
		pods, before := p.pods(), p.secrets()
		l.run(p, "certs", "rotate", "-v", "-v").ok("renewed in", "3 pods")
		l.run(p, "certs", "rotate", "--progress", "json").ok("renewed in", "3 pods")
		p.renewed(before)
		p.allShow(certsSecret)
		l.run(p, "up", "--rotate-app-password", "-v", "-v").ok("ready in")
		l.run(p, "up", "--rotate-app-password", "--progress", "json").ok("ready in")
		p.untouched(pods)
	})
	p.step("down and up need no more", func(p place) {
		p.idle(func() { l.run(p, "down", "-v", "-v").ok("stopped in", "3 claims") })
		if got := l.run(p, "status"); got.code != 4 {
			p.t.Errorf("exit code %d, want 4\n%s", got.code, got.all())
		}
		l.run(p, "up", "-v", "-v").ok("ready in")
	})
	p.step("nothing secret has come out", l.toldNothing)
	p.step("down --delete-data needs no more", func(p place) {
		p.idle(func() { l.run(p, "down", "--delete-data", "--yes", "-v", "-v").ok("gone in") })
		if left := p.labelled(); len(left) > 0 {
			p.t.Errorf("left: %v", left)
		}
		if found := l.betrayed(l.outputs); len(found) > 0 {
			p.t.Errorf("%v", found)
		}
	})
}

// defaultClass is the name of the class that claims get where none is named.
func (p place) defaultClass() string {
	p.t.Helper()
	for _, class := range get[metav1.PartialObjectMetadataList](p, "storageclasses").Items {
		if class.Annotations["storageclass.kubernetes.io/is-default-class"] == "true" {
			return class.Name
		}
	}
	p.t.Fatal("no default class")
	return ""
}

// aloud is a life of which every word is kept.
type aloud struct {
	scan
	kubeconfig string
	outputs    map[string]string
}

// run calls the program as the service account. What is secret is learnt
// before and after: commands change it.
func (l *aloud) run(p place, args ...string) result {
	p.t.Helper()
	l.learn(p.t, p.secrets())
	got := p.startWith(l.kubeconfig, p.here(args)...).wait()
	l.learn(p.t, p.secrets())
	l.outputs[fmt.Sprintf("%s (%d)", got.command, len(l.outputs))] = got.all()
	return got
}

// toldNothing wants that no output, object, event, log or request betrays a
// key or a password, and that one which is planted in each would be found.
func (l *aloud) toldNothing(p place) {
	token := p.kubectl("config", "view", "--raw", "--minify", "--kubeconfig", l.kubeconfig, "-o", "jsonpath={.users[0].user.token}")
	l.know("token of the service account", [][]byte{[]byte(token)})
	if len(l.marks) != 5 { // three keys, the password, the token
		p.t.Fatalf("knows %v", slices.Collect(maps.Keys(l.marks)))
	}
	texts := p.public("crdb-kube/")
	maps.Copy(texts, l.outputs)
	if found := l.betrayed(texts); len(found) > 0 {
		p.t.Errorf("%v", found)
	}
	for _, where := range slices.Sorted(maps.Keys(texts)) {
		p.t.Logf("looked through %d bytes: %s", len(texts[where]), where)
	}
	p.plant(l)
}

// plant puts the password of now where everybody sees it.
func (p place) plant(l *aloud) {
	p.t.Helper()
	password := string(p.data(appSecret)["password"])
	p.kubectlWith(fmt.Sprintf(`
apiVersion: v1
kind: Event
metadata: {name: planted}
involvedObject: {kind: Pod, name: cockroachdb-0, namespace: %s}
type: Normal
reason: Planted
message: the password is %s
`, p.namespace, password), "create", "-f", "-")
	p.sql("cockroachdb-0", "SELECT '"+password+"'")
	want := []string{"password of secret/cockroachdb-app in objects and events"}
	if p.cluster.dir != "" {
		want = append(want, "password of secret/cockroachdb-app in audit log")
	}
	found := l.betrayed(p.public("kubectl/"))
	for _, one := range want {
		if !slices.Contains(found, one) {
			p.t.Errorf("%s: was planted and is not found: %v", one, found)
		}
	}
	p.kubectl("delete", "event", "planted")
}
