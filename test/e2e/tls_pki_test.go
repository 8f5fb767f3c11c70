package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const day = 24 * time.Hour

// authority is a CA that a test makes for itself.
type authority struct {
	t       *testing.T
	cert    *x509.Certificate
	key     *ecdsa.PrivateKey
	certPEM []byte
}

// newAuthority has the name of those that crdb-kube makes: clients choose a
// certificate by the names of the CAs that a server says it trusts.
func newAuthority(t *testing.T, ends time.Time) authority {
	t.Helper()
	a := authority{t: t}
	a.cert, a.key, a.certPEM = sign(t, x509.Certificate{
		Subject: pkix.Name{Organization: []string{"Cockroach"}, CommonName: "Cockroach CA"}, NotAfter: ends,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}, authority{})
	return a
}

// sign makes a certificate; that of the zero CA signs itself.
func sign(t *testing.T, template x509.Certificate, by authority) (*x509.Certificate, *ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		t.Fatal(err)
	}
	template.NotBefore = earlier(time.Now(), template.NotAfter).Add(-time.Hour)
	parent, parentKey := by.cert, by.key
	if parent == nil {
		parent, parentKey = &template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (a authority) keyPEM() []byte { return keyPEM(a.t, a.key) }

func keyPEM(t *testing.T, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// secret is what crdb-kube keeps of a CA.
func (a authority) secret() map[string][]byte {
	return map[string][]byte{"ca.crt": a.certPEM, "ca.key": a.keyPEM()}
}

// files writes the CA and its key where --ca-cert and --ca-key can read them.
func (a authority) files() (cert, key string) {
	return file(a.t, "ca.crt", a.certPEM), file(a.t, "ca.key", a.keyPEM())
}

func file(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// certificates are the five files that the pods of a cluster in this
// namespace need, until then.
func (a authority) certificates(namespace string, ends time.Time) map[string][]byte {
	a.t.Helper()
	set := map[string][]byte{"ca.crt": a.certPEM}
	add := func(file string, template x509.Certificate) {
		_, key, cert := sign(a.t, template, a)
		set[file+".crt"], set[file+".key"] = cert, keyPEM(a.t, key)
	}
	server, user := x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth
	add("node", x509.Certificate{
		Subject: pkix.Name{Organization: []string{"Cockroach"}, CommonName: "node"}, NotAfter: ends,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{server, user},
		DNSNames: []string{"localhost", "cockroachdb-public." + namespace, "*.cockroachdb", "*.cockroachdb." + namespace},
	})
	add("client.root", x509.Certificate{
		Subject: pkix.Name{Organization: []string{"Cockroach"}, CommonName: "root"}, NotAfter: ends,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{user},
	})
	return set
}

// certificateIn is the first certificate of a PEM text.
func certificateIn(t *testing.T, text []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("no PEM in %d bytes", len(text))
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// without is the data with these keys left out.
func without(data map[string][]byte, keys ...string) map[string][]byte {
	rest := map[string][]byte{}
	for key, value := range data {
		rest[key] = bytes.Clone(value)
	}
	for _, key := range keys {
		delete(rest, key)
	}
	return rest
}

// with is the data with another value under one key.
func with(data map[string][]byte, key string, value []byte) map[string][]byte {
	changed := without(data)
	changed[key] = value
	return changed
}
