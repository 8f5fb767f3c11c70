package cockroach

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"sync"
	"testing"
	"time"
)

const day = 24 * time.Hour

// today is the clock of all tests here.
func today() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func must[T any](tb testing.TB) func(value T, err error) T {
	tb.Helper()
	return func(value T, err error) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return value
	}
}

func newCA(tb testing.TB) Authority {
	tb.Helper()
	return must[Authority](tb)(NewAuthority(today()))
}

func secure(c *Cluster) { c.Security = TLS }

func issued(tb testing.TB, c Cluster, a Authority) Certificates {
	tb.Helper()
	return must[Certificates](tb)(c.Issue(a, today()))
}

// Keys that are slow to make are made once.
var rsaKeys = map[int]func() *rsa.PrivateKey{
	1024: sync.OnceValue(func() *rsa.PrivateKey { return newRSA(1024) }),
	2048: sync.OnceValue(func() *rsa.PrivateKey { return newRSA(2048) }),
}

func newRSA(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

func ecKey(tb testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	tb.Helper()
	return must[*ecdsa.PrivateKey](tb)(ecdsa.GenerateKey(curve, rand.Reader))
}

func edKey(tb testing.TB) ed25519.PrivateKey {
	tb.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return must[ed25519.PrivateKey](tb)(key, err)
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func pkcs8(tb testing.TB, key crypto.Signer) []byte {
	tb.Helper()
	return block("PRIVATE KEY", must[[]byte](tb)(x509.MarshalPKCS8PrivateKey(key)))
}

func sec1(tb testing.TB, key *ecdsa.PrivateKey) []byte {
	tb.Helper()
	return block("EC PRIVATE KEY", must[[]byte](tb)(x509.MarshalECPrivateKey(key)))
}

func pkcs1(key *rsa.PrivateKey) []byte {
	return block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
}

type change = func(*x509.Certificate)

// handmade makes a certificate without any code of this package. Without an
// issuer it signs itself.
func handmade(tb testing.TB, template *x509.Certificate, key crypto.Signer, issuer *x509.Certificate, issuerKey crypto.Signer, changes ...change) *x509.Certificate {
	tb.Helper()
	template.NotBefore, template.NotAfter = today().Add(-day), today().Add(1000*day)
	for _, change := range changes {
		change(template)
	}
	if issuer == nil {
		issuer, issuerKey = template, key
	}
	der := must[[]byte](tb)(x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), issuerKey))
	return must[*x509.Certificate](tb)(x509.ParseCertificate(der))
}

// handmadeCA is what openssl makes with basicConstraints CA:TRUE.
func handmadeCA(tb testing.TB, key crypto.Signer, changes ...change) *x509.Certificate {
	tb.Helper()
	return handmade(tb, &x509.Certificate{
		Subject: pkix.Name{CommonName: "Our own CA"}, BasicConstraintsValid: true, IsCA: true,
	}, key, nil, nil, changes...)
}

// handshake is one TLS connection over a pipe. It returns what the server saw
// of the client and the error of either side.
func handshake(tb testing.TB, server, client *tls.Config) (tls.ConnectionState, error) {
	tb.Helper()
	a, b := net.Pipe()
	defer func() { _, _ = a.Close(), b.Close() }()
	server.Time, client.Time = today, today
	outcome := make(chan error, 1)
	conn := tls.Server(a, server)
	go func() {
		err := conn.Handshake()
		if err != nil {
			_ = a.Close()
		}
		outcome <- err
	}()
	there := tls.Client(b, client)
	err := there.Handshake()
	if err == nil {
		// With TLS 1.3 a client learns only later that it was refused; the
		// server's ticket is read meanwhile, as a pipe keeps nothing.
		go func() { _, _ = there.Read(make([]byte, 1)) }()
	} else {
		_ = b.Close()
	}
	if serverErr := <-outcome; serverErr != nil {
		return tls.ConnectionState{}, serverErr
	}
	return conn.ConnectionState(), err
}

func keyPair(tb testing.TB, s Certificates, cert, key string) tls.Certificate {
	tb.Helper()
	return must[tls.Certificate](tb)(tls.X509KeyPair(s.Data()[cert], s.Data()[key]))
}

func pool(tb testing.TB, certPEM []byte) *x509.CertPool {
	tb.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(certPEM) {
		tb.Fatal("no certificate in it")
	}
	return roots
}

// serving is the configuration of the database's ports: who shows a
// certificate must have a good one.
func serving(tb testing.TB, s Certificates) *tls.Config {
	tb.Helper()
	return &tls.Config{
		Certificates: []tls.Certificate{keyPair(tb, s, FileNode, FileNodeKey)},
		ClientAuth:   tls.VerifyClientCertIfGiven, ClientCAs: pool(tb, s.Data()[FileCA]),
		MinVersion: tls.VersionTLS12,
	}
}

func dialling(tb testing.TB, ca []byte, name string, certs ...tls.Certificate) *tls.Config {
	tb.Helper()
	return &tls.Config{RootCAs: pool(tb, ca), ServerName: name, Certificates: certs, MinVersion: tls.VersionTLS12}
}

func errorText(faults []*Fault) []string {
	texts := []string{}
	for _, fault := range faults {
		texts = append(texts, fault.Error())
	}
	return texts
}
