package cockroach

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
)

// The types of PEM blocks that this package writes. It reads more of them.
const (
	blockCertificate = "CERTIFICATE"
	blockKey         = "PRIVATE KEY"
)

const (
	certificateHint = "a certificate in PEM begins with -----BEGIN CERTIFICATE-----"
	keyHint         = "a key in PEM begins with -----BEGIN PRIVATE KEY-----"
)

// readCertificates reads a file of nothing but certificates. Those before the
// first fault are returned with it.
//
// Source: PEMToCertificates in pkg/security/pem.go of CockroachDB, which
// refuses files with any other block in the same way.
func readCertificates(field string, data []byte) ([]*x509.Certificate, *Fault) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, &Fault{field, "", "is empty", certificateHint}
	}
	var certs []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != blockCertificate {
			hint := "leave only certificates in it"
			if strings.HasSuffix(block.Type, blockKey) {
				hint = "a key belongs into a file of its own"
			}
			return certs, &Fault{field, "", fmt.Sprintf("has a block %+.40q, where only certificates belong", block.Type), hint}
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return certs, &Fault{field, "", fmt.Sprintf("certificate %d in it cannot be read: %s", len(certs)+1, printable(err.Error())), "write the file again"}
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 {
		return nil, &Fault{field, "", "has no certificate in PEM", formatHint(data, certificateHint)}
	}
	return certs, nil
}

// readKey reads the first private key of a file, whatever else is in it. No
// fault quotes anything from the file.
//
// Source: X509KeyPair of Go's crypto/tls, with which CockroachDB reads its
// keys: other blocks (openssl writes EC PARAMETERS) are passed over, and the
// three forms are tried whatever the block is called.
func readKey(field string, data []byte) (crypto.Signer, *Fault) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, &Fault{field, "", "is empty", keyHint}
	}
	block, rest := pem.Decode(data)
	for block != nil && !strings.HasSuffix(block.Type, blockKey) {
		block, rest = pem.Decode(rest)
	}
	if block == nil {
		return nil, &Fault{field, "", "has no private key in PEM", formatHint(data, keyHint)}
	}
	if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, &Fault{field, "", "is encrypted", "the database cannot ask for a passphrase: openssl pkey writes a key without one"}
	}
	key := parseKey(block.Bytes)
	if key == nil {
		return nil, &Fault{field, "", "cannot be read as PKCS#8, SEC 1 or PKCS#1", "openssl pkey writes PKCS#8"}
	}
	if reason := keyReason(key.Public()); reason != "" {
		return nil, &Fault{field, "", reason, "ECDSA on P-256, RSA with 2048 bits and Ed25519 are known to work"}
	}
	return key, nil
}

func parseKey(der []byte) crypto.Signer {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		signer, _ := key.(crypto.Signer)
		return signer
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key
	}
	return nil
}

// keyReason says why the database cannot be expected to work with keys of this
// kind; empty: it can.
//
// Source: recorded from v21.1.2: RSA 2048, ECDSA P-256 and Ed25519 serve. The
// longer ones of each kind are verified by the same library; Go's crypto/tls
// refuses RSA keys of more than 8192 bits.
func keyReason(public crypto.PublicKey) string {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < 2048 || bits > 8192 {
			return fmt.Sprintf("is an RSA key of %d bits: 2048 to 8192 are taken", bits)
		}
		return ""
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P224() {
			return "is an ECDSA key on P-224: P-256, P-384 and P-521 are taken"
		}
		return ""
	case ed25519.PublicKey:
		return ""
	}
	return "is a key of a kind that CockroachDB is not known to take"
}

// formatHint knows two ways in which a file gets another format.
func formatHint(data []byte, otherwise string) string {
	data = bytes.TrimSpace(data)
	switch {
	case bytes.HasPrefix(data, []byte("LS0tLS1CRUdJTi")): // -----BEGIN
		return "it is in base64, once more than it should be"
	case bytes.HasPrefix(data, []byte{0x30}):
		return "it may be DER: openssl x509 and openssl pkey turn -inform DER into PEM"
	}
	return otherwise
}

// isKeyOf says whether they belong together.
func isKeyOf(key crypto.Signer, cert *x509.Certificate) bool {
	public, ok := key.Public().(interface {
		Equal(other crypto.PublicKey) bool
	})
	return ok && public.Equal(cert.PublicKey)
}

func certificatePEM(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: cert.Raw})
}

// keyPEM is PKCS#8. It fails only for kinds of keys that keyReason refuses.
func keyPEM(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("key of a certificate: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: blockKey, Bytes: der}), nil
}

// printable keeps what somebody wrote into a certificate from moving the cursor.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}
