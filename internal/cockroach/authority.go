package cockroach

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// The fields of faults in a CA: the flags that name its files.
const (
	fieldCACert = "ca-cert"
	fieldCAKey  = "ca-key"
)

const (
	// year is 365.25 days, the mean of the calendar.
	year          = 8766 * time.Hour
	authorityLife = 10 * year
	leafLife      = 5 * year
	// backdated is how far the clocks of pods and clients may be behind ours.
	backdated = time.Hour
	// authorityPath is how many CAs may stand between ours and a certificate.
	authorityPath = 1
	organization  = "Cockroach"
)

// Authority is a CA with its key. It shows the key to nobody who prints it, not
// even as a part of something else: fmt does not look behind a function.
type Authority struct {
	cert   *x509.Certificate
	reveal func() crypto.Signer
}

// NewAuthority makes a CA of a key on P-256 that is valid from one hour ago for
// ten years of 365.25 days.
//
// Source: `cockroach cert create-ca` (GenerateCA in pkg/security/x509.go) gives
// it the same name, path length and years, and a day before now. Its key is RSA
// 2048; a CA on P-256 was recorded to work as well.
func NewAuthority(now time.Time) (Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Authority{}, fmt.Errorf("key of the CA: %w", err)
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{Organization: []string{organization}, CommonName: "Cockroach CA"},
		NotBefore:             now.Add(-backdated),
		NotAfter:              now.Add(authorityLife),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLen:            authorityPath,
	}
	cert, err := sign(template, template, key.Public(), key)
	if err != nil {
		return Authority{}, fmt.Errorf("certificate of the CA: %w", err)
	}
	return newAuthority(cert, key), nil
}

func newAuthority(cert *x509.Certificate, key crypto.Signer) Authority {
	return Authority{cert, func() crypto.Signer { return key }}
}

// ParseAuthority reads the user's own CA, or what AuthoritySecret kept. The key
// may be PKCS#8, SEC 1 or PKCS#1.
//
// It takes exactly one certificate, and one that issued itself: with the
// certificate of an intermediate CA alone clients that use OpenSSL could not
// verify anything. Who has such a CA issues the five files and names their
// Secret in CertsSecret.
//
// The error is of *Fault values, in the fields "ca-cert" and "ca-key". None
// quotes the key.
func ParseAuthority(certPEM, keyPEM []byte, now time.Time) (Authority, error) {
	var faults []*Fault
	certs, fault := readCertificates(fieldCACert, certPEM)
	if fault == nil {
		fault = ownAuthorityFault(certs, now)
	}
	if fault != nil {
		faults = append(faults, fault)
	}
	key, fault := readKey(fieldCAKey, keyPEM)
	switch {
	case fault != nil:
		faults = append(faults, fault)
	case len(certs) == 1 && !isKeyOf(key, certs[0]):
		faults = append(faults, &Fault{fieldCAKey, "", "is not the key of this CA", "give the two that belong together"})
	}
	if len(faults) > 0 {
		return Authority{}, join(faults)
	}
	return newAuthority(certs[0], key), nil
}

func ownAuthorityFault(certs []*x509.Certificate, now time.Time) *Fault {
	ca := certs[0]
	const hint = "the five files that it issues can be given with --certs-secret"
	switch {
	case len(certs) > 1:
		return &Fault{fieldCACert, "", fmt.Sprintf("has %d certificates, where one belongs: that of the CA", len(certs)), hint}
	case notAuthority(ca) != "":
		return &Fault{fieldCACert, "", notAuthority(ca), "give the certificate of a CA, made with basicConstraints CA:TRUE"}
	case !issuedItself(ca):
		return &Fault{fieldCACert, "", "is the certificate of an intermediate CA: it did not issue itself", hint}
	}
	if reason := keyReason(ca.PublicKey); reason != "" {
		return &Fault{fieldCACert, "", reason, ""}
	}
	return dateFault(fieldCACert, ca, now)
}

// notAuthority says why certificates are not verified that this one issued;
// empty: they are.
func notAuthority(cert *x509.Certificate) string {
	switch {
	case !cert.BasicConstraintsValid || !cert.IsCA:
		return "is not the certificate of a CA"
	case cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageCertSign == 0:
		return "is a CA that may not issue certificates: its key usage lacks keyCertSign"
	}
	return ""
}

// issuedItself does not mind an old algorithm of the signature: nobody checks
// that of a CA which is trusted anyway.
func issuedItself(cert *x509.Certificate) bool {
	if !slices.Equal(cert.RawIssuer, cert.RawSubject) {
		return false
	}
	err := cert.CheckSignatureFrom(cert)
	_, old := errors.AsType[x509.InsecureAlgorithmError](err)
	return err == nil || old
}

func dateFault(field string, cert *x509.Certificate, now time.Time) *Fault {
	switch {
	case now.After(cert.NotAfter):
		return &Fault{field, "", "ended at " + stamp(cert.NotAfter), "a new one is needed"}
	case now.Before(cert.NotBefore):
		return &Fault{field, "", "is not valid before " + stamp(cert.NotBefore), "the clock here says " + stamp(now)}
	}
	return nil
}

// CertPEM is the certificate, which is no secret.
func (a Authority) CertPEM() []byte {
	if a.cert == nil {
		return nil
	}
	return certificatePEM(a.cert)
}

// KeyPEM is the key in PKCS#8, whatever form it was read in.
func (a Authority) KeyPEM() []byte {
	if a.cert == nil {
		return nil
	}
	text, err := keyPEM(a.reveal())
	if err != nil {
		return nil // not with a key that NewAuthority or ParseAuthority took
	}
	return text
}

// NotAfter is when it ends, and all that it issued with it.
func (a Authority) NotAfter() time.Time {
	if a.cert == nil {
		return time.Time{}
	}
	return a.cert.NotAfter
}

// String hides it.
func (a Authority) String() string { return "CA (hidden)" }

// Format hides it from every verb.
func (a Authority) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, a.String()) }

// MarshalText hides it.
func (a Authority) MarshalText() ([]byte, error) { return []byte(a.String()), nil }
