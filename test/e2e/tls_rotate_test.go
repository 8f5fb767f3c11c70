package e2e

import (
	"bytes"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestRotate_losesNoRowAndRestartsNoPod(t *testing.T) {
	p := arrive(t, defaultClass)
	p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods, TLS")
	pods := p.pods()
	p.makeClient(nil, asItStands(), verifying())

	p.step("a client that writes through two rotations loses nothing, and one that connects anew gets in all the time", func(p place) {
		rows, calls := p.startWriter(), p.startCaller()
		rows.moreThan(3)
		for range 2 {
			before := p.secrets()
			p.crdb("certs", "rotate").ok("renewed in", "3 pods", "none of which was restarted")
			p.renewed(before)
			rows.moreThan(3)
			p.allShow(certsSecret)
		}
		calls.finish(p)
		t.Logf("%d rows were acknowledged", rows.finish())
		p.untouched(pods)
		p.crdb("status").ok("healthy")
	})
	p.step("killed between Secret and pods, the same command finishes it and issues no third certificate", func(p place) {
		p.killRotation()
		written := p.data(certsSecret)
		p.crdb("certs", "rotate").ok("finished in", "what an earlier run began", "3 pods")
		p.holds(certsSecret, written)
		p.allShow(certsSecret)
	})
	p.step("the next up finishes it as well", func(p place) {
		p.killRotation()
		written := p.data(certsSecret)
		got := p.crdb("up").ok("ready")
		got.says(got.stderr, "took new certificates up")
		p.holds(certsSecret, written)
		p.allShow(certsSecret)
		p.untouched(pods)
	})
}

// renewed wants other certificates for the node and for root, by the same CA,
// which the application's password outlives.
func (p place) renewed(before map[string]corev1.Secret) {
	p.t.Helper()
	p.keeps(before)
	was, is := before[certsSecret].Data, p.data(certsSecret)
	for _, key := range []string{"node.crt", "node.key", "client.root.crt", "client.root.key"} {
		if len(is[key]) == 0 || bytes.Equal(was[key], is[key]) {
			p.t.Errorf("%s of secret/%s was not renewed", key, certsSecret)
		}
	}
	ca, node := certificateIn(p.t, is["ca.crt"]), certificateIn(p.t, is["node.crt"])
	if !bytes.Equal(was["ca.crt"], is["ca.crt"]) || node.CheckSignatureFrom(ca) != nil {
		p.t.Errorf("the new certificates are not of the same CA: %v", node.CheckSignatureFrom(ca))
	}
}

// killRotation ends `certs rotate` when the Secret is written and not all pods
// know of it. It may be too late for that by chance: then once more.
func (p place) killRotation() {
	p.t.Helper()
	for range 5 {
		before := p.data(certsSecret)
		going := p.start("certs", "rotate", "--progress", "json")
		going.until(func(e event) bool { return e.Step == "issue" && e.State == "done" })
		going.signal(syscall.SIGKILL)
		if got := going.wait(); got.code != -1 {
			continue
		}
		if bytes.Equal(before["node.crt"], p.data(certsSecret)["node.crt"]) {
			p.t.Fatal("issue was done, and the Secret has the old certificate")
		}
		if stale := p.staleByCerts(); len(stale) > 0 {
			p.t.Logf("not current: %s", strings.Join(stale, " "))
			return
		}
	}
	p.t.Fatal("killed five times, and all pods had the new certificate already")
}

// holds wants that a Secret holds what it held.
func (p place) holds(secret string, before map[string][]byte) {
	p.t.Helper()
	now := p.data(secret)
	for key := range before {
		if !bytes.Equal(before[key], now[key]) {
			p.t.Errorf("%s of secret/%s was changed", key, secret)
		}
	}
	if len(now) != len(before) {
		p.t.Errorf("secret/%s has %d keys, had %d", secret, len(now), len(before))
	}
}
