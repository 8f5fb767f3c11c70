package cockroach

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// own is a set of the user's, made without any code of this package.
type own struct {
	caKey, key *ecdsa.PrivateKey
	ca         *x509.Certificate
	data       map[string][]byte
}

func newOwn(tb testing.TB) own {
	tb.Helper()
	o := own{caKey: ecKey(tb, elliptic.P256()), key: ecKey(tb, elliptic.P256())}
	o.ca = handmadeCA(tb, o.caKey)
	o.data = map[string][]byte{
		FileCA:   certificatePEM(o.ca),
		FileNode: o.node(tb), FileNodeKey: sec1(tb, o.key),
		FileRoot: o.root(tb), FileRootKey: sec1(tb, o.key),
	}
	return o
}

// node has the SANs that the documentation of CockroachDB names.
func (o own) node(tb testing.TB, changes ...change) []byte {
	tb.Helper()
	return certificatePEM(handmade(tb, &x509.Certificate{
		Subject:     pkix.Name{CommonName: "node"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames: []string{
			"localhost", "cockroachdb-public", "cockroachdb-public.default", "cockroachdb-public.default.svc.cluster.local",
			"*.cockroachdb", "*.cockroachdb.default", "*.cockroachdb.default.svc.cluster.local",
		},
	}, o.key, o.ca, o.caKey, changes...))
}

func (o own) root(tb testing.TB, changes ...change) []byte {
	tb.Helper()
	return certificatePEM(handmade(tb, &x509.Certificate{
		Subject:     pkix.Name{CommonName: "root"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, o.key, o.ca, o.caKey, changes...))
}

func (o own) check(tb testing.TB, c Cluster, now time.Time) []string {
	tb.Helper()
	s, faults := c.ParseCertificates(o.data)
	if len(faults) > 0 {
		tb.Fatalf("faults of form: %v", errorText(faults))
	}
	return errorText(c.CheckCertificates(s, now))
}

func san(names ...string) change {
	return func(cert *x509.Certificate) { cert.DNSNames = names }
}

func without(names ...string) change {
	return func(cert *x509.Certificate) {
		cert.DNSNames = slices.DeleteFunc(cert.DNSNames, func(name string) bool { return slices.Contains(names, name) })
	}
}

func uses(usages ...x509.ExtKeyUsage) change {
	return func(cert *x509.Certificate) { cert.ExtKeyUsage = usages }
}

func name(cn string) change { return func(cert *x509.Certificate) { cert.Subject.CommonName = cn } }

func TestCheckCertificates_findsWhatTheySayWrong(t *testing.T) {
	three, one := sampleCluster(secure), sampleCluster(secure, nodes(1))
	for _, test := range []struct {
		what       string
		c          Cluster
		node, root []change
		want       []string
	}{
		{"good", three, nil, nil, []string{}},
		{"users as DNS names", three, []change{name("x"), func(c *x509.Certificate) { c.DNSNames = append(c.DNSNames, "node") }}, []change{name("y"), san("root")}, []string{}},
		{"no uses", three, []change{uses()}, []change{uses()}, []string{}},
		{"any use", three, []change{uses(x509.ExtKeyUsageAny)}, []change{uses(x509.ExtKeyUsageAny)}, []string{}},
		{"other users", three, []change{name("alice")}, []change{name("b\x1b\u00fcb")}, []string{
			`node.crt: is for "alice", where the database wants "node"`, `client.root.crt: is for "b\x1b\u00fcb", where the database wants "root"`,
		}},
		{"server only", three, []change{uses(x509.ExtKeyUsageServerAuth)}, []change{uses(x509.ExtKeyUsageServerAuth)}, []string{
			"node.crt: may not be used by a client: its extended key usage says so", "client.root.crt: may not be used by a client: its extended key usage says so",
		}},
		{"client only", three, []change{uses(x509.ExtKeyUsageClientAuth)}, nil, []string{"node.crt: may not be used by a server: its extended key usage says so"}},
		{"other uses", three, nil, []change{func(c *x509.Certificate) {
			c.ExtKeyUsage, c.UnknownExtKeyUsage = nil, []asn1.ObjectIdentifier{{1, 2, 3}}
		}}, []string{
			"client.root.crt: may not be used by a client: its extended key usage says so",
		}},
		{"ended", three, []change{func(c *x509.Certificate) { c.NotAfter = today().Add(-400 * day) }}, nil, []string{"node.crt: ended at 2025-10-18T12:00:00Z"}},
		{"not yet", three, nil, []change{func(c *x509.Certificate) { c.NotBefore = today().Add(time.Hour) }}, []string{
			"client.root.crt: is not valid before 2026-11-22T13:00:00Z",
		}},
		{"no SANs", three, []change{san()}, nil, []string{"node.crt: is not for the names localhost, cockroachdb-public.default, cockroachdb-0.cockroachdb.default and 5 more"}},
		{"no localhost", three, []change{without("localhost")}, nil, []string{"node.crt: is not for the names localhost"}},
		{"no public name", three, []change{without("cockroachdb-public.default")}, nil, []string{"node.crt: is not for the names cockroachdb-public.default"}},
		{"no advertised names", three, []change{without("*.cockroachdb.default")}, nil, []string{
			"node.crt: is not for the names cockroachdb-0.cockroachdb.default, cockroachdb-1.cockroachdb.default, cockroachdb-2.cockroachdb.default",
		}},
		{"no names to join by", three, []change{without("*.cockroachdb")}, nil, []string{
			"node.crt: is not for the names cockroachdb-0.cockroachdb, cockroachdb-1.cockroachdb, cockroachdb-2.cockroachdb",
		}},
		{"who is alone joins nobody", one, []change{without("*.cockroachdb")}, nil, []string{}},
		{"no wildcards", three, []change{san(
			"localhost", "cockroachdb-public.default", "cockroachdb-0.cockroachdb.default", "cockroachdb-1.cockroachdb.default",
			"cockroachdb-0.cockroachdb", "cockroachdb-1.cockroachdb", "cockroachdb-2.cockroachdb",
		)}, nil, []string{"node.crt: is not for the names cockroachdb-2.cockroachdb.default"}},
	} {
		o := newOwn(t)
		o.data[FileNode], o.data[FileRoot] = o.node(t, test.node...), o.root(t, test.root...)
		if diff := cmp.Diff(test.want, o.check(t, test.c, today())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.what, diff)
		}
	}
}

func TestCheckCertificates_findsWhoVouches(t *testing.T) {
	c := sampleCluster(secure)
	stranger := handmadeCA(t, ecKey(t, elliptic.P256()), name("Somebody"))
	old := func(cert *x509.Certificate) { cert.NotAfter = today().Add(-day) }
	const unknown = " is not vouched for by ca.crt: x509: certificate signed by unknown authority"
	for _, test := range []struct {
		what   string
		change func(o own)
		want   []string
	}{
		{"another CA", func(o own) { o.data[FileCA] = certificatePEM(stranger) }, []string{"node.crt:" + unknown, "client.root.crt:" + unknown}},
		{"the CA and others", func(o own) {
			o.data[FileCA] = slices.Concat(certificatePEM(stranger), certificatePEM(handmadeCA(t, o.caKey, old)), certificatePEM(o.ca))
		}, []string{}},
		{"a CA that ended", func(o own) { o.data[FileCA] = certificatePEM(handmadeCA(t, o.caKey, old)) }, []string{"ca.crt: ended at 2026-11-21T12:00:00Z"}},
		{"no CA", func(o own) { o.data[FileCA] = o.data[FileRoot] }, []string{"ca.crt: is not the certificate of a CA"}},
		{"a CA for servers", func(o own) {
			o.data[FileCA] = certificatePEM(handmadeCA(t, o.caKey, uses(x509.ExtKeyUsageServerAuth)))
		}, []string{
			"node.crt: is not vouched for by ca.crt: x509: certificate specifies an incompatible key usage",
			"client.root.crt: is not vouched for by ca.crt: x509: certificate specifies an incompatible key usage",
		}},
	} {
		o := newOwn(t)
		test.change(o)
		if diff := cmp.Diff(test.want, shortened(o.check(t, c, today()))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.what, diff)
		}
	}
}

// shortened leaves out what x509 says in brackets, which changes with Go.
func shortened(texts []string) []string {
	for i := range texts {
		texts[i], _, _ = strings.Cut(texts[i], " (")
	}
	return texts
}

func TestCheckCertificates_followsIntermediates(t *testing.T) {
	c, o, middleKey := sampleCluster(secure), newOwn(t), ecKey(t, elliptic.P256())
	middle := handmade(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "Between"}, BasicConstraintsValid: true, IsCA: true,
	}, middleKey, o.ca, o.caKey)
	below := own{caKey: middleKey, key: o.key, ca: middle}
	o.data[FileNode], o.data[FileRoot] = below.node(t), below.root(t)
	want := []string{
		"node.crt: is not vouched for by ca.crt: x509: certificate signed by unknown authority",
		"client.root.crt: is not vouched for by ca.crt: x509: certificate signed by unknown authority",
	}
	if diff := cmp.Diff(want, shortened(o.check(t, c, today()))); diff != "" {
		t.Errorf("without the intermediate (-want +got):\n%s", diff)
	}
	for _, file := range []string{FileNode, FileRoot} {
		o.data[file] = append(bytes.Clone(o.data[file]), certificatePEM(middle)...)
	}
	if diff := cmp.Diff([]string{}, o.check(t, c, today())); diff != "" {
		t.Errorf("with the intermediate (-want +got):\n%s", diff)
	}
	s, _ := c.ParseCertificates(o.data)
	if _, err := handshake(t, serving(t, s), dialling(t, o.data[FileCA], "cockroachdb-0.cockroachdb.default", keyPair(t, s, FileRoot, FileRootKey))); err != nil {
		t.Errorf("does not serve: %v", err)
	}
}

func TestCheckCertificates_followsTheClock(t *testing.T) {
	c := sampleCluster(secure)
	s := issued(t, c, newCA(t))
	for _, test := range []struct {
		what  string
		later time.Duration
		want  []string
	}{
		{"new", 0, []string{}},
		{"another clock is behind", -59 * time.Minute, []string{}},
		{"it is far behind", -61 * time.Minute, []string{
			"ca.crt: is not valid before 2026-11-22T11:00:00Z", "node.crt: is not valid before 2026-11-22T11:00:00Z",
			"client.root.crt: is not valid before 2026-11-22T11:00:00Z",
		}},
		{"400 days", 400 * day, []string{}},
		{"the last second", leafLife, []string{}},
		{"five years", leafLife + time.Second, []string{"node.crt: ended at 2031-11-22T18:00:00Z", "client.root.crt: ended at 2031-11-22T18:00:00Z"}},
		{"ten years", authorityLife + time.Second, []string{
			"ca.crt: ended at 2036-11-22T00:00:00Z", "node.crt: ended at 2031-11-22T18:00:00Z", "client.root.crt: ended at 2031-11-22T18:00:00Z",
		}},
	} {
		if diff := cmp.Diff(test.want, errorText(c.CheckCertificates(s, today().Add(test.later)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.what, diff)
		}
	}
}

func TestCheckCertificates_isSilentAboutWhatIsNotThere(t *testing.T) {
	c, o := sampleCluster(secure), newOwn(t)
	o.data[FileRoot] = o.root(t, name("alice"))
	delete(o.data, FileCA)
	o.data[FileNodeKey] = []byte("hello")
	s, _ := c.ParseCertificates(o.data)
	want := []string{`client.root.crt: is for "alice", where the database wants "root"`}
	if diff := cmp.Diff(want, errorText(c.CheckCertificates(s, today()))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
