package e2e

import (
	"bytes"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestTLS_warnsOfCertificatesThatEndAndRenewsThemInTime(t *testing.T) {
	p := arrive(t, defaultClass)
	mine := newAuthority(t, time.Now().Add(9*365*day))
	cert, key := mine.files()
	// None of these is as long as a day from the next.
	in := func(days int) time.Time { return time.Now().Add(time.Duration(days)*day + 12*time.Hour) }

	p.step("--ca-cert and --ca-key sign the certificates of a new cluster", func(p place) {
		p.crdb(p.up(p.small("--nodes", "1", "--ca-cert", cert, "--ca-key", key)...)...).ok("ready in", "TLS")
		if kept := p.data(caSecret); !bytes.Equal(kept["ca.crt"], mine.certPEM) || len(kept["ca.key"]) == 0 {
			p.t.Error("the CA was not kept as it is")
		}
		if err := p.shown("cockroachdb-0").CheckSignatureFrom(mine.cert); err != nil {
			p.t.Error(err)
		}
		p.crdb("status").ok("healthy", "TLS until")
	})
	p.step("another CA is refused", func(p place) {
		p.settle(1)
		other, otherKey := newAuthority(p.t, time.Now().Add(365*day)).files()
		before := p.look()
		p.crdb("up", "--ca-cert", other, "--ca-key", otherKey).fails(5, "another CA")
		p.crdb("certs", "rotate", "--ca-cert", other, "--ca-key", otherKey).fails(5, "another CA")
		p.same(before)
		p.crdb("up", "--ca-cert", cert, "--ca-key", key).ok("nothing to change")
		p.same(before)
	})
	pods := p.pods()
	p.step("of certificates that end in 20 days up and status warn", func(p place) {
		p.putCertificates(mine, in(20))
		written := p.data(certsSecret)
		got := p.crdb("up").ok("ready")
		got.says(got.stderr, "certificates end on "+date(in(20)), "crdb-kube certs rotate", "took new certificates up")
		p.holds(certsSecret, written)
		p.allShow(certsSecret)
		p.crdb("status").ok("healthy", "certificates end on "+date(in(20)), "in 20 days", "crdb-kube certs rotate")
	})
	p.step("of those that end in 3 days status warns, and up renews them", func(p place) {
		p.putCertificates(mine, in(3))
		written := p.data(certsSecret)
		p.crdb("status").ok("healthy", "certificates end on "+date(in(3)), "in 3 days", "crdb-kube certs rotate")
		p.crdb("up").ok("ready in")
		if now := p.data(certsSecret); bytes.Equal(now["node.crt"], written["node.crt"]) || bytes.Equal(now["client.root.crt"], written["client.root.crt"]) {
			p.t.Error("they were not renewed")
		}
		p.allShow(certsSecret)
		if got := p.crdb("status").ok("healthy"); strings.Contains(got.stdout, "certificates end on") {
			p.t.Errorf("still warns\n%s", got.all())
		}
	})
	p.step("all that without a restart, and with the CA of the first day", func(p place) {
		p.untouched(pods)
		if kept := p.data(caSecret); !bytes.Equal(kept["ca.crt"], mine.certPEM) {
			p.t.Error("the CA is another one")
		}
	})
}

// putCertificates writes certificates as crdb-kube would have, that long ago.
func (p place) putCertificates(by authority, ends time.Time) {
	p.t.Helper()
	stamp := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	p.put(corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: certsSecret, Labels: ourLabels("cockroachdb"), Annotations: map[string]string{
			"crdb-kube.github.io/ca-expires":   stamp(by.cert.NotAfter),
			"crdb-kube.github.io/node-expires": stamp(ends),
			"crdb-kube.github.io/root-expires": stamp(ends),
		}},
		Data: by.certificates(p.namespace, ends),
	})
}

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func TestTLS_takesCertificatesOfTheUsersOwn(t *testing.T) {
	p := arrive(t, defaultClass)
	mine := newAuthority(t, time.Now().Add(365*day))
	p.putSecret("mine", nil, mine.certificates(p.namespace, time.Now().Add(100*day)))
	version := func(p place) string {
		return p.kubectl("get", "secret", "mine", "-o", "jsonpath={.metadata.uid} {.metadata.resourceVersion}")
	}
	given := version(p)
	p.step("up takes them, makes none and writes none", func(p place) {
		p.crdb(p.up(p.small("--nodes", "1", "--certs-secret", "mine")...)...).ok("ready in", "TLS")
		p.allShow("mine")
		for name := range p.secrets() {
			if name != appSecret {
				p.t.Errorf("secret/%s was made", name)
			}
		}
		p.makeClient(nil, asItStands())
		p.getsIn("plain", "current_user\napp", "-e", "SELECT current_user()")
		p.crdb("up").ok("nothing to change")
		p.crdb("status").ok("healthy")
		if now := version(p); now != given {
			p.t.Errorf("secret/mine is %s, was %s", now, given)
		}
	})
	p.step("certs rotate makes the pods use others that the user has put there", func(p place) {
		pods := p.pods()
		p.putSecret("mine", nil, mine.certificates(p.namespace, time.Now().Add(200*day)))
		given = version(p)
		p.crdb("certs", "rotate").ok("reloaded in", "secret/mine", date(time.Now().Add(200*day)))
		p.allShow("mine")
		p.untouched(pods)
	})
	p.step("down --delete-data leaves them", func(p place) {
		p.idle(func() { p.crdb("down", "--delete-data", "--yes").ok("gone in") })
		if left := p.labelled(); len(left) > 0 {
			p.t.Errorf("left: %v", left)
		}
		if now := version(p); now != given {
			p.t.Errorf("secret/mine is %s, was %s", now, given)
		}
	})
}
