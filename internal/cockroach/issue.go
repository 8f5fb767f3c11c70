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
	"slices"
	"time"
)

// Issue makes the certificates of a cluster, with new keys on P-256. They are
// valid from one hour ago for five years of 365.25 days, but never longer than
// the CA.
//
// The error is a *Fault in the field "ca-cert" if the CA cannot issue what this
// cluster needs: it ended, or it is bound to other names or uses.
//
// Source: `cockroach cert create-node` and `create-client` (GenerateServerCert
// and GenerateClientCert in pkg/security/x509.go) give them the same names,
// years and uses. The database was recorded to serve with keys on P-256.
func (c Cluster) Issue(a Authority, now time.Time) (Certificates, error) {
	return c.CompleteCertificates(Certificates{}, a, now)
}

// Renew is Issue for a cluster that has certificates: ca.crt stays as it is, to
// the byte, and the node's certificate gets another end, by which the metrics of
// a CockroachDB node tell which one it uses. The errors are those of
// CompleteCertificates.
func (c Cluster) Renew(s Certificates, a Authority, now time.Time) (Certificates, error) {
	kept := newCertificates(map[string][]byte{FileCA: s.file(FileCA)})
	renewed, err := c.CompleteCertificates(kept, a, now)
	if end := renewed.Ends().Node; err == nil && end.Equal(s.Ends().Node) {
		return c.complete(kept, a, now, end.Add(-time.Second))
	}
	return renewed, err
}

// CompleteCertificates makes of a set, whatever is missing or wrong in it, one
// that ParseCertificates and CheckCertificates find no fault with. A pair that
// is good stays as it is, to the byte, and so does ca.crt if the CA is among
// the certificates in it; a set that is good is returned unchanged.
//
// The error is a *Fault in the field "ca.crt" if there is another CA in it: a
// cluster keeps the CA that it was made with. Otherwise the errors are Issue's.
func (c Cluster) CompleteCertificates(s Certificates, a Authority, now time.Time) (Certificates, error) {
	if a.cert == nil {
		return Certificates{}, errors.New("certificates: no CA to issue them")
	}
	return c.complete(s, a, now, a.cert.NotAfter)
}

// complete issues nothing that would end after latest.
func (c Cluster) complete(s Certificates, a Authority, now, latest time.Time) (Certificates, error) {
	if fault := dateFault(fieldCACert, a.cert, now); fault != nil {
		return Certificates{}, fault
	}
	data := s.Data()
	if s.CACert() != nil && !s.Trusts(a) {
		return Certificates{}, &Fault{
			FileCA, "", "is of another CA than the one that is to issue the rest",
			"a cluster keeps the CA that it was made with",
		}
	}
	if _, fault := readCertificates(FileCA, data[FileCA]); fault != nil {
		data[FileCA] = a.CertPEM()
	}
	faults := c.CheckCertificates(newCertificates(data), now)
	for _, p := range []pair{nodePair(), rootPair()} {
		bad := func(fault *Fault) bool { return fault.Field == p.cert || fault.Field == p.key }
		if s.whole(p) && !slices.ContainsFunc(faults, bad) {
			continue
		}
		cert, key, err := c.issuePair(p, a, now, latest)
		if err != nil {
			return Certificates{}, fmt.Errorf("%s: %w", p.cert, err)
		}
		data[p.cert], data[p.key] = cert, key
	}
	done := newCertificates(data)
	if faults := c.CheckCertificates(done, now); len(faults) > 0 {
		return Certificates{}, &Fault{
			fieldCACert, "", "cannot issue what this cluster needs: " + faults[0].Error(),
			"a CA without constraints can",
		}
	}
	return done, nil
}

func (c Cluster) issuePair(p pair, a Authority, now, latest time.Time) (certText, keyText []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{Organization: []string{organization}, CommonName: p.user},
		NotBefore:             now.Add(-backdated),
		NotAfter:              now.Add(leafLife),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           p.usages,
		BasicConstraintsValid: true,
	}
	if latest.Before(template.NotAfter) {
		template.NotAfter = latest
	}
	if p.cert == FileNode {
		template.DNSNames, template.IPAddresses = c.SANs()
	}
	cert, err := sign(template, a.cert, key.Public(), a.reveal())
	if err != nil {
		return nil, nil, err
	}
	keyText, err = keyPEM(key)
	return certificatePEM(cert), keyText, err
}

// sign makes a certificate with a serial number at random.
func sign(template, parent *x509.Certificate, public crypto.PublicKey, signer crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, signer)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
