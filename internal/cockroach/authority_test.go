package cockroach

import (
	"bytes"
	"crypto/dsa" //nolint:staticcheck // a key that nobody should use is what is tested
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNewAuthority_isACAThatIsTakenAgain(t *testing.T) {
	a := newCA(t)
	again, err := ParseAuthority(a.CertPEM(), a.KeyPEM(), today())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.CertPEM(), again.CertPEM()) || !bytes.Equal(a.KeyPEM(), again.KeyPEM()) {
		t.Error("its bytes change when it is read and written again")
	}
	if block, _ := pem.Decode(a.KeyPEM()); block.Type != "PRIVATE KEY" {
		t.Errorf("the key is %s", block.Type)
	}
	got := map[string]any{
		"subject": a.cert.Subject.String(), "begins": a.cert.NotBefore, "ends": a.NotAfter(),
		"path": a.cert.MaxPathLen, "usage": a.cert.KeyUsage, "algorithm": a.cert.SignatureAlgorithm.String(),
	}
	want := map[string]any{
		"subject": "CN=Cockroach CA,O=Cockroach", "begins": today().Add(-time.Hour), "ends": today().Add(3652*day + 12*time.Hour),
		"path": 1, "usage": x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
		"algorithm": "ECDSA-SHA256",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if other := newCA(t); bytes.Equal(other.KeyPEM(), a.KeyPEM()) || other.cert.SerialNumber.Cmp(a.cert.SerialNumber) == 0 {
		t.Error("two of them share a key or a serial number")
	}
	var none Authority
	if none.CertPEM() != nil || none.KeyPEM() != nil || !none.NotAfter().IsZero() {
		t.Error("the zero value has something in it")
	}
}

func TestParseAuthority_refusesWhatCannotBeTheCA(t *testing.T) {
	key, other := ecKey(t, elliptic.P256()), ecKey(t, elliptic.P256())
	good, keyText := certificatePEM(handmadeCA(t, key)), pkcs8(t, key)
	ca := func(changes ...change) []byte { return certificatePEM(handmadeCA(t, key, changes...)) }
	root := handmadeCA(t, other)
	between := certificatePEM(handmade(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "Between"}, BasicConstraintsValid: true, IsCA: true,
	}, key, root, other))
	namesake := certificatePEM(handmade(t, &x509.Certificate{
		Subject: root.Subject, BasicConstraintsValid: true, IsCA: true,
	}, key, root, other))
	p224, weak := ecKey(t, elliptic.P224()), rsaKeys[1024]()
	legacy := pem.EncodeToMemory(&pem.Block{
		Type: "EC PRIVATE KEY", Bytes: []byte("x"),
		Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00"},
	})
	for _, test := range []struct {
		what      string
		cert, key []byte
		want      []string
	}{
		{"good", good, keyText, []string{}},
		{"text around it", []byte("subject=CN = x\n" + string(good) + "\n# end\n"), keyText, []string{}},
		{"Windows", bytes.ReplaceAll(good, []byte("\n"), []byte("\r\n")), bytes.ReplaceAll(keyText, []byte("\n"), []byte("\r\n")), []string{}},
		{"key with its certificate in front", good, append(bytes.Clone(good), keyText...), []string{}},
		{"no extension says for what", ca(func(c *x509.Certificate) { c.KeyUsage = 0 }), keyText, []string{}},
		{"nothing", nil, []byte("\n"), []string{"ca-cert: is empty", "ca-key: is empty"}},
		{"garbage", []byte("hello"), []byte{0xff, 0x1b}, []string{"ca-cert: has no certificate in PEM", "ca-key: has no private key in PEM"}},
		{"garbage in PEM", block("CERTIFICATE", []byte("hello")), block("PRIVATE KEY", []byte("hello")), []string{
			"ca-cert: certificate 1 in it cannot be read: x509: malformed certificate",
			"ca-key: cannot be read as PKCS#8, SEC 1 or PKCS#1",
		}},
		{"cut off", good[:len(good)/2], keyText[:len(keyText)/2], []string{"ca-cert: has no certificate in PEM", "ca-key: has no private key in PEM"}},
		{"the wrong way round", keyText, good, []string{
			`ca-cert: has a block "PRIVATE KEY", where only certificates belong`, "ca-key: has no private key in PEM",
		}},
		{"both in one file", append(bytes.Clone(good), keyText...), keyText, []string{`ca-cert: has a block "PRIVATE KEY", where only certificates belong`}},
		{"several", append(bytes.Clone(between), certificatePEM(root)...), keyText, []string{"ca-cert: has 2 certificates, where one belongs: that of the CA"}},
		{"intermediate", between, keyText, []string{"ca-cert: is the certificate of an intermediate CA: it did not issue itself"}},
		{"intermediate of the same name", namesake, keyText, []string{"ca-cert: is the certificate of an intermediate CA: it did not issue itself"}},
		{"no CA", ca(func(c *x509.Certificate) { c.IsCA = false }), keyText, []string{"ca-cert: is not the certificate of a CA"}},
		{"no constraints", ca(func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = false, false }), keyText, []string{"ca-cert: is not the certificate of a CA"}},
		{"may not issue", ca(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }), keyText, []string{
			"ca-cert: is a CA that may not issue certificates: its key usage lacks keyCertSign",
		}},
		{"ended", ca(func(c *x509.Certificate) { c.NotAfter = today().Add(-time.Second) }), keyText, []string{"ca-cert: ended at 2026-11-22T11:59:59Z"}},
		{"not yet", ca(func(c *x509.Certificate) { c.NotBefore = today().Add(time.Second) }), keyText, []string{"ca-cert: is not valid before 2026-11-22T12:00:01Z"}},
		{"key of another", good, pkcs8(t, other), []string{"ca-key: is not the key of this CA"}},
		{"key of another kind", good, pkcs8(t, edKey(t)), []string{"ca-key: is not the key of this CA"}},
		{"ended, and key of another", ca(func(c *x509.Certificate) { c.NotAfter = today().Add(-day) }), pkcs8(t, other), []string{
			"ca-cert: ended at 2026-11-21T12:00:00Z", "ca-key: is not the key of this CA",
		}},
		{"encrypted", good, block("ENCRYPTED PRIVATE KEY", []byte("x")), []string{"ca-key: is encrypted"}},
		{"encrypted as of old", good, legacy, []string{"ca-key: is encrypted"}},
		{"weak", certificatePEM(handmadeCA(t, weak)), pkcs1(weak), []string{
			"ca-cert: is an RSA key of 1024 bits: 2048 to 8192 are taken", "ca-key: is an RSA key of 1024 bits: 2048 to 8192 are taken",
		}},
		{"odd curve", certificatePEM(handmadeCA(t, p224)), sec1(t, p224), []string{
			"ca-cert: is an ECDSA key on P-224: P-256, P-384 and P-521 are taken", "ca-key: is an ECDSA key on P-224: P-256, P-384 and P-521 are taken",
		}},
	} {
		_, err := ParseAuthority(test.cert, test.key, today())
		if diff := cmp.Diff(test.want, errorText(Faults(err))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.what, diff)
		}
	}
}

func TestParseAuthority_mindsOldSignaturesOnlyOfOthers(t *testing.T) {
	key, rootKey := rsaKeys[2048](), newRSA(2048)
	sha1 := func(cert *x509.Certificate) { cert.SignatureAlgorithm = x509.SHA1WithRSA }
	root := handmadeCA(t, rootKey, sha1)
	if _, err := ParseAuthority(certificatePEM(root), pkcs1(rootKey), today()); err != nil {
		t.Errorf("its own: %v", err)
	}
	between := handmade(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "Between"}, BasicConstraintsValid: true, IsCA: true,
	}, key, root, rootKey, sha1)
	_, err := ParseAuthority(certificatePEM(between), pkcs1(key), today())
	want := []string{"ca-cert: is the certificate of an intermediate CA: it did not issue itself"}
	if diff := cmp.Diff(want, errorText(Faults(err))); diff != "" {
		t.Errorf("another's (-want +got):\n%s", diff)
	}
}

func TestParseAuthority_hintsAtOtherFormats(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	good := certificatePEM(handmadeCA(t, key))
	der, _ := pem.Decode(good)
	for _, test := range []struct{ cert, want string }{
		{base64.StdEncoding.EncodeToString(good), "it is in base64, once more than it should be"},
		{string(der.Bytes), "it may be DER: openssl x509 and openssl pkey turn -inform DER into PEM"},
		{"hello", "a certificate in PEM begins with -----BEGIN CERTIFICATE-----"},
		{string(pkcs8(t, key)), "a key belongs into a file of its own"},
		{string(block("X509 CRL", nil)), "leave only certificates in it"},
	} {
		_, err := ParseAuthority([]byte(test.cert), pkcs8(t, key), today())
		if faults := Faults(err); len(faults) != 1 || faults[0].Hint != test.want {
			t.Errorf("%.20q: %+v, want %s", test.cert, faults, test.want)
		}
	}
}

func TestKeyReason_knowsNoOtherKinds(t *testing.T) {
	const want = "is a key of a kind that CockroachDB is not known to take"
	for _, key := range []any{nil, &dsa.PublicKey{Y: big.NewInt(1)}} {
		if got := keyReason(key); got != want {
			t.Errorf("%T: %q", key, got)
		}
	}
}
