package cockroach

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"
)

// CheckCertificates says what is wrong with what the certificates say: whom
// they are for, how long, for what, under which names, by whom. Each fault
// names its file. About files that are not there or that cannot be read it
// says nothing; ParseCertificates did.
//
// Only the first of these stops the database when it starts; it would run with
// the others, and its CockroachDB nodes would refuse each other or lose the
// readiness. So they are found here, before.
//
// Source: recorded from v21.1.2; pkg/security/certificate_loader.go and auth.go
// of CockroachDB: users are the common name and the DNS names of the first
// certificate in a file, the others are intermediate CAs; all certificates of
// ca.crt are trusted.
func (c Cluster) CheckCertificates(s Certificates, now time.Time) []*Fault {
	var faults []*Fault
	roots := x509.NewCertPool()
	authorities, unreadable := readCertificates(FileCA, s.file(FileCA))
	trusted := unreadable == nil
	if trusted {
		for _, ca := range authorities {
			roots.AddCert(ca)
		}
		if fault := authoritiesFault(authorities, now); fault != nil {
			faults, trusted = append(faults, fault), false
		}
	}
	for _, p := range []pair{nodePair(), rootPair()} {
		if !s.whole(p) {
			continue
		}
		certs, _ := readCertificates(p.cert, s.file(p.cert))
		faults = append(faults, p.saysFaults(certs[0])...)
		if fault := dateFault(p.cert, certs[0], now); fault != nil {
			faults = append(faults, fault)
		} else if trusted {
			faults = append(faults, p.chainFaults(certs, roots, now)...)
		}
		if p.cert == FileNode {
			faults = append(faults, c.nameSANFaults(certs[0])...)
		}
	}
	return faults
}

// authoritiesFault is nil if one of them can vouch for something; else the
// first one's.
func authoritiesFault(authorities []*x509.Certificate, now time.Time) *Fault {
	var first *Fault
	for _, ca := range authorities {
		fault := dateFault(FileCA, ca, now)
		if reason := notAuthority(ca); reason != "" {
			fault = &Fault{FileCA, "", reason, "the certificate belongs there that issued " + FileNode + " and " + FileRoot}
		}
		if fault == nil {
			return nil
		}
		if first == nil {
			first = fault
		}
	}
	return first
}

func (p pair) saysFaults(cert *x509.Certificate) []*Fault {
	var faults []*Fault
	if cert.Subject.CommonName != p.user && !slices.Contains(cert.DNSNames, p.user) {
		faults = append(faults, &Fault{
			p.cert, "", fmt.Sprintf("is for %+.64q, where the database wants %q", cert.Subject.CommonName, p.user),
			"issue one with CN=" + p.user,
		})
	}
	for _, usage := range p.usages {
		if !allows(cert, usage) {
			faults = append(faults, &Fault{
				p.cert, "", "may not be used by a " + usageWord(usage) + ": its extended key usage says so",
				"issue one with extendedKeyUsage " + p.usageWords(),
			})
		}
	}
	return faults
}

// allows: a certificate that names no use is for all.
func allows(cert *x509.Certificate, usage x509.ExtKeyUsage) bool {
	if len(cert.ExtKeyUsage)+len(cert.UnknownExtKeyUsage) == 0 {
		return true
	}
	return slices.Contains(cert.ExtKeyUsage, usage) || slices.Contains(cert.ExtKeyUsage, x509.ExtKeyUsageAny)
}

func usageWord(usage x509.ExtKeyUsage) string {
	if usage == x509.ExtKeyUsageServerAuth {
		return "server"
	}
	return "client"
}

// usageWords are openssl's.
func (p pair) usageWords() string {
	var words []string
	for _, usage := range p.usages {
		words = append(words, usageWord(usage)+"Auth")
	}
	return strings.Join(words, ",")
}

// chainFaults asks for each use, since a CA may allow only some.
func (p pair) chainFaults(certs []*x509.Certificate, roots *x509.CertPool, now time.Time) []*Fault {
	between := x509.NewCertPool()
	for _, cert := range certs[1:] {
		between.AddCert(cert)
	}
	for _, usage := range p.usages {
		if !allows(certs[0], usage) {
			continue // said already
		}
		_, err := certs[0].Verify(x509.VerifyOptions{
			Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{usage},
		})
		if err != nil {
			return []*Fault{{
				p.cert, "", "is not vouched for by " + FileCA + ": " + printable(err.Error()),
				"issue it with that CA, or put the CA in that issued it",
			}}
		}
	}
	return nil
}

// nameSANFaults is one fault for all names that are missing.
func (c Cluster) nameSANFaults(cert *x509.Certificate) []*Fault {
	const shown = 3
	var missing []string
	for _, name := range c.dialled() {
		if cert.VerifyHostname(name) != nil {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	text := strings.Join(missing[:min(shown, len(missing))], ", ")
	if len(missing) > shown {
		text += fmt.Sprintf(" and %d more", len(missing)-shown)
	}
	headless := c.HeadlessService()
	return []*Fault{{
		FileNode, "", "is not for the names " + text,
		fmt.Sprintf("issue one with the SANs localhost, %s.%s, *.%s and *.%s.%s", c.PublicService(), c.Namespace, headless, headless, c.Namespace),
	}}
}
