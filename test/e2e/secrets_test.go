package e2e

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// What others trust and know - the CA, the application's password - stays what
// it is, whatever happens to the commands and to the rest of the Secrets.

func TestSecrets_keepTheCAAndThePasswordWhateverHappens(t *testing.T) {
	p := arrive(t, defaultClass)
	up := p.up(p.small("--nodes", "1", "--progress", "json")...)
	first := map[string]corev1.Secret{} // as each was when it was first seen

	p.step("killed while they are made, three times, up goes on with those that there are", func(p place) {
		p.killedAt(up, func(e event) bool { return e.Step == "apply" })
		p.remember(first)
		p.killedAt(up, func(e event) bool { return e.Subject == "secret/"+caSecret })
		p.remember(first)
		p.killedAt(up, func(e event) bool { return e.Subject == "secret/"+appSecret })
		p.remember(first)
		p.crdb(up...).ok("ready in", "1 pod, TLS")
		p.remember(first)
		p.keeps(first)
		p.holds(certsSecret, first[certsSecret].Data)
		p.oneCluster(1)
		p.unlocked()
	})
	p.step("ten times up writes none of them, and takes less than a second", func(p place) {
		p.settle(1)
		before := p.look()
		var took []time.Duration
		for range 10 {
			took = append(took, p.crdb("up").ok("nothing to change").took)
		}
		p.same(before)
		p.keeps(first)
		if slices.Sort(took); took[len(took)/2] > quick {
			p.t.Errorf("took %v, want half of them within %s", took, quick)
		}
	})
	p.step("a set that lacks keys is completed, and the pods use it", func(p place) {
		p.kubectl("patch", "secret", certsSecret, "--type=json", "-p",
			`[{"op":"remove","path":"/data/node.key"},{"op":"remove","path":"/data/client.root.crt"}]`)
		p.completed(first)
	})
	p.step("where the CA is there alone, the rest is issued by it", func(p place) {
		p.kubectl("delete", "secret", certsSecret)
		p.completed(first)
	})
	p.step("where only the application's Secret is gone, it is made again for the same CA", func(p place) {
		p.kubectl("delete", "secret", appSecret)
		p.crdb("up").ok("ready in")
		again := p.secrets()[appSecret]
		if string(again.Data["ca.crt"]) != string(first[caSecret].Data["ca.crt"]) || len(again.Data["password"]) == 0 {
			p.t.Error("want a password, and the CA of before")
		}
		p.makeClient(nil, asItStands())
		p.getsIn("plain", "current_user\napp", "-e", "SELECT current_user()")
		first[appSecret] = again
	})
	p.step("down and up keep them", func(p place) {
		before := p.secrets()
		p.idle(func() { p.crdb("down").ok("stopped in") })
		p.crdb("up").ok("ready in")
		p.keeps(first)
		for name := range before {
			p.holds(name, before[name].Data)
		}
		p.getsIn("plain", "current_user\napp", "-e", "SELECT current_user()")
	})
	p.step("a CA that is gone with all that it signed is not replaced by another", func(p place) {
		p.kubectl("delete", "secret", caSecret, certsSecret)
		before := p.look()
		p.crdb("up").fails(5, "its CA is gone", "--ca-cert")
		p.same(before)
		cert, key := file(p.t, "ca.crt", first[caSecret].Data["ca.crt"]), file(p.t, "ca.key", first[caSecret].Data["ca.key"])
		p.crdb("up", "--ca-cert", cert, "--ca-key", key).ok("ready in")
		p.keeps(first)
		p.allShow(certsSecret)
	})
}

// killedAt ends a command at once when it says this.
func (p place) killedAt(command []string, is func(event) bool) {
	p.t.Helper()
	going := p.start(command...)
	going.until(is)
	going.signal(syscall.SIGKILL)
	if got := going.wait(); got.code != -1 {
		p.t.Fatalf("%s: exit code %d, want the signal\n%s", got.command, got.code, got.all())
	}
}

// remember adds the Secrets that were not there before.
func (p place) remember(first map[string]corev1.Secret) {
	p.t.Helper()
	for name, secret := range p.secrets() {
		if _, known := first[name]; !known {
			first[name] = secret
		}
	}
}

// completed wants that up makes the certificates whole, by the same CA, and
// that the pods use them without having been restarted.
func (p place) completed(first map[string]corev1.Secret) {
	p.t.Helper()
	pods := p.pods()
	p.crdb("up").ok("ready in")
	p.keeps(first)
	set := p.data(certsSecret)
	for file := range first[certsSecret].Data {
		if len(set[file]) == 0 {
			p.t.Errorf("%s is missing", file)
		}
	}
	if err := certificateIn(p.t, set["node.crt"]).CheckSignatureFrom(certificateIn(p.t, first[caSecret].Data["ca.crt"])); err != nil {
		p.t.Errorf("node.crt: %v", err)
	}
	p.allShow(certsSecret)
	p.untouched(pods)
	if rows := p.sql("cockroachdb-0", "SELECT current_user()"); !strings.HasSuffix(rows, "root") {
		p.t.Errorf("root's certificate: %q", rows)
	}
}
