package cockroach

import (
	"crypto"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestIssue_isGoodForEveryNameThatPodsAndClientsUse(t *testing.T) {
	for what, c := range map[string]Cluster{
		"usual": sampleCluster(secure), "one": sampleCluster(secure, nodes(1)), "longest": longest(),
	} {
		t.Run(what, func(t *testing.T) {
			s := issued(t, c, newCA(t))
			public, headless, last := c.Name+"-public", c.Name, c.PodName(max(c.Nodes, 500)-1)
			names := []string{"localhost", "127.0.0.1", "::1"}
			for _, name := range []string{public, headless, c.PodName(0) + "." + headless, last + "." + headless} {
				names = append(names, name, name+"."+c.Namespace, name+"."+c.Namespace+".svc", name+"."+c.Namespace+".svc.cluster.local")
			}
			for _, name := range names {
				if _, err := handshake(t, serving(t, s), dialling(t, s.Data()[FileCA], name)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			for _, name := range []string{"other", public + ".other", c.PodName(0) + "." + headless + ".other", "a.b." + headless, "10.0.0.1"} {
				if _, err := handshake(t, serving(t, s), dialling(t, s.Data()[FileCA], name)); err == nil {
					t.Errorf("%s: is good for it", name)
				}
			}
		})
	}
}

func TestIssue_letsInWhoHasCertificates(t *testing.T) {
	c := sampleCluster(secure)
	s, foreign := issued(t, c, newCA(t)), issued(t, c, newCA(t))
	ca := s.Data()[FileCA]
	for _, test := range []struct {
		what string
		pair []tls.Certificate
		user string
		err  string
	}{
		{"nobody", nil, "", ""},
		{"root", []tls.Certificate{keyPair(t, s, FileRoot, FileRootKey)}, "root", ""},
		{"another CockroachDB node", []tls.Certificate{keyPair(t, s, FileNode, FileNodeKey)}, "node", ""},
		{"root of another cluster", []tls.Certificate{keyPair(t, foreign, FileRoot, FileRootKey)}, "", "unknown authority"},
	} {
		state, err := handshake(t, serving(t, s), dialling(t, ca, "localhost", test.pair...))
		if text := errText(err); (test.err == "") != (err == nil) || !strings.Contains(text, test.err) {
			t.Errorf("%s: error %q, want %q", test.what, text, test.err)
			continue
		}
		user := ""
		if len(state.PeerCertificates) > 0 {
			user = state.PeerCertificates[0].Subject.CommonName
		}
		if user != test.user {
			t.Errorf("%s: is %q, want %q", test.what, user, test.user)
		}
	}
}

func TestIssue_keepsOthersOut(t *testing.T) {
	c := sampleCluster(secure)
	s, foreign := issued(t, c, newCA(t)), issued(t, c, newCA(t))
	if _, err := handshake(t, serving(t, s), dialling(t, foreign.Data()[FileCA], "localhost")); err == nil {
		t.Error("a client with another CA trusts the server")
	}
	server := serving(t, s)
	server.Certificates = []tls.Certificate{keyPair(t, s, FileRoot, FileRootKey)}
	client := dialling(t, s.Data()[FileCA], "localhost")
	client.InsecureSkipVerify = true // the names are another matter
	client.VerifyPeerCertificate = func(raw [][]byte, _ [][]*x509.Certificate) error {
		cert := must[*x509.Certificate](t)(x509.ParseCertificate(raw[0]))
		_, err := cert.Verify(x509.VerifyOptions{Roots: client.RootCAs, CurrentTime: today()})
		return err
	}
	if _, err := handshake(t, server, client); err == nil {
		t.Error("root's certificate serves")
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestIssue_byAuthoritiesOfEveryKind(t *testing.T) {
	c := sampleCluster(secure)
	p256, p384, p521, ed := ecKey(t, elliptic.P256()), ecKey(t, elliptic.P384()), ecKey(t, elliptic.P521()), edKey(t)
	rsa2048 := rsaKeys[2048]()
	parameters := block("EC PARAMETERS", []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7})
	for what, test := range map[string]struct {
		key  crypto.Signer
		text []byte
	}{
		"RSA, PKCS#1":                  {rsa2048, pkcs1(rsa2048)},
		"RSA, PKCS#8":                  {rsa2048, pkcs8(t, rsa2048)},
		"P-256, SEC 1":                 {p256, sec1(t, p256)},
		"P-256, PKCS#8":                {p256, pkcs8(t, p256)},
		"as openssl ecparam writes it": {p256, append(parameters, sec1(t, p256)...)},
		"P-384":                        {p384, sec1(t, p384)},
		"P-521":                        {p521, sec1(t, p521)},
		"Ed25519":                      {ed, pkcs8(t, ed)},
	} {
		t.Run(what, func(t *testing.T) {
			a, err := ParseAuthority(certificatePEM(handmadeCA(t, test.key)), test.text, today())
			if err != nil {
				t.Fatal(err)
			}
			s := issued(t, c, a)
			root := keyPair(t, s, FileRoot, FileRootKey)
			if _, err := handshake(t, serving(t, s), dialling(t, a.CertPEM(), "cockroachdb-2.cockroachdb", root)); err != nil {
				t.Error(err)
			}
			again, err := ParseAuthority(a.CertPEM(), a.KeyPEM(), today())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(a.KeyPEM(), again.KeyPEM()); diff != "" {
				t.Error("the key's bytes change when they are read and written again")
			}
		})
	}
}

// The database takes DNS names for users, too.
func TestIssue_givesRootNoOtherName(t *testing.T) {
	root := issued(t, sampleCluster(secure), newCA(t)).RootCert()
	if n := len(root.DNSNames) + len(root.IPAddresses) + len(root.URIs) + len(root.EmailAddresses); n != 0 {
		t.Errorf("it has %d SANs", n)
	}
	if diff := cmp.Diff([]x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, root.ExtKeyUsage); diff != "" || root.IsCA {
		t.Errorf("it may be used for more (-want +got):\n%s", diff)
	}
}

func TestIssue_livesAsLongAsItSays(t *testing.T) {
	a := newCA(t)
	want := Ends{
		CA:   time.Date(2036, 11, 22, 0, 0, 0, 0, time.UTC), // 10 years with 3 leap days, 3650 + 2.5 days
		Node: time.Date(2031, 11, 22, 18, 0, 0, 0, time.UTC),
		Root: time.Date(2031, 11, 22, 18, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, issued(t, sampleCluster(secure), a).Ends()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	late := today().Add(3000 * day)
	s, err := sampleCluster(secure).Issue(a, late)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Ends{a.NotAfter(), a.NotAfter(), a.NotAfter()}, s.Ends()); diff != "" {
		t.Errorf("they do not end with their CA (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Ends{}, Certificates{}.Ends()); diff != "" {
		t.Errorf("nothing ends: %s", diff)
	}
}

func TestIssue_refusesAuthoritiesThatCannot(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	_, elsewhere, _ := net.ParseCIDR("10.0.0.0/8")
	for _, test := range []struct {
		what   string
		change change
		later  time.Duration
		want   string
	}{
		{"ended", nil, 1001 * day, "ca-cert: ended at 2029-08-18T12:00:00Z"},
		{"clock", nil, -2 * day, "ca-cert: is not valid before 2026-11-21T12:00:00Z"},
		{
			"names", func(ca *x509.Certificate) { ca.PermittedDNSDomains = []string{"example.com"} }, 0,
			"ca-cert: cannot issue what this cluster needs: node.crt: is not vouched for by ca.crt: ",
		},
		{
			"addresses", func(ca *x509.Certificate) { ca.PermittedIPRanges = []*net.IPNet{elsewhere} }, 0,
			"ca-cert: cannot issue what this cluster needs: node.crt: is not vouched for by ca.crt: ",
		},
		{
			"uses", func(ca *x509.Certificate) { ca.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, 0,
			"ca-cert: cannot issue what this cluster needs: node.crt: is not vouched for by ca.crt: ",
		},
	} {
		ca := handmadeCA(t, key)
		if test.change != nil {
			ca = handmadeCA(t, key, test.change)
		}
		a, err := ParseAuthority(certificatePEM(ca), pkcs8(t, key), today())
		if err != nil {
			t.Fatalf("%s: %v", test.what, err)
		}
		_, err = sampleCluster(secure).Issue(a, today().Add(test.later))
		if faults := Faults(err); len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.what, err, test.want)
		}
	}
	if _, err := sampleCluster(secure).Issue(Authority{}, today()); err == nil {
		t.Error("no CA at all issues")
	}
}
