package cockroach

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Names of the keys in Secrets: those of the files that the database looks for
// in its certificates directory.
//
// Source: CertInfoFromFilename in pkg/security/certificate_loader.go of
// CockroachDB.
const (
	FileCA      = "ca.crt"
	FileCAKey   = "ca.key"
	FileNode    = "node.crt"
	FileNodeKey = "node.key"
	FileRoot    = "client.root.crt"
	FileRootKey = "client.root.key"
)

// Certificates are the five files that the pods of a cluster get, in PEM; some
// may be missing or bad while they are read from a Secret. Like Authority they
// show themselves to nobody who prints them.
type Certificates struct {
	reveal func() map[string][]byte
}

// Ends is when certificates end; zero where there is none.
type Ends struct{ CA, Node, Root time.Time }

// pair is a certificate with its key, and what it is for.
type pair struct {
	cert, key string
	user      string
	usages    []x509.ExtKeyUsage
}

func nodePair() pair {
	return pair{FileNode, FileNodeKey, "node", []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
}

func rootPair() pair {
	return pair{FileRoot, FileRootKey, "root", []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
}

// ParseCertificates reads a Secret's data. The faults are those of form: a file
// that is not there, that is not PEM, or whose key is another's; the field is
// the file's name. What the certificates say is for CheckCertificates. The set
// keeps all bytes as they are, the bad ones too, for CompleteCertificates.
func (c Cluster) ParseCertificates(data map[string][]byte) (Certificates, []*Fault) {
	s := newCertificates(data)
	var faults []*Fault
	for _, file := range certificateFiles() {
		if _, there := data[file]; !there {
			faults = append(faults, &Fault{file, "", "is missing", c.contentsHint(data)})
		}
	}
	if s.has(FileCA) {
		if _, fault := readCertificates(FileCA, s.file(FileCA)); fault != nil {
			faults = append(faults, fault)
		}
	}
	return s, slices.Concat(faults, s.pairFaults(nodePair()), s.pairFaults(rootPair()))
}

func newCertificates(data map[string][]byte) Certificates {
	files := map[string][]byte{}
	for _, file := range certificateFiles() {
		if content, there := data[file]; there {
			files[file] = bytes.Clone(content)
		}
	}
	return Certificates{func() map[string][]byte { return files }}
}

// contentsHint names the keys of a Secret, which are no secret.
func (c Cluster) contentsHint(data map[string][]byte) string {
	const shown = 8
	names := slices.Sorted(maps.Keys(data))
	if len(names) > shown {
		names = append(names[:shown], "...")
	}
	if len(names) == 0 {
		names = []string{"nothing"}
	}
	return "secret/" + c.CertificatesSource() + " has " + strings.Join(names, ", ") + "; it needs " + strings.Join(certificateFiles(), ", ")
}

// pairFaults are those of form. Files that are not there have none.
func (s Certificates) pairFaults(p pair) []*Fault {
	var faults []*Fault
	var cert *x509.Certificate
	if s.has(p.cert) {
		certs, fault := readCertificates(p.cert, s.file(p.cert))
		if fault != nil {
			faults = append(faults, fault)
		} else {
			cert = certs[0]
		}
	}
	if s.has(p.key) {
		key, fault := readKey(p.key, s.file(p.key))
		switch {
		case fault != nil:
			faults = append(faults, fault)
		case cert != nil && !isKeyOf(key, cert):
			faults = append(faults, &Fault{p.key, "", "is not the key of " + p.cert, "put the two in that belong together"})
		}
	}
	return faults
}

// whole says whether both files are there and belong together.
func (s Certificates) whole(p pair) bool {
	return s.has(p.cert) && s.has(p.key) && len(s.pairFaults(p)) == 0
}

func (s Certificates) has(file string) bool {
	if s.reveal == nil {
		return false
	}
	_, there := s.reveal()[file]
	return there
}

func (s Certificates) file(name string) []byte {
	if s.reveal == nil {
		return nil
	}
	return s.reveal()[name]
}

// Data is what belongs into the Secret: the files that are there, five in a
// whole set. The key of the CA is not among them.
func (s Certificates) Data() map[string][]byte {
	data := map[string][]byte{}
	if s.reveal != nil {
		for file, content := range s.reveal() {
			data[file] = bytes.Clone(content)
		}
	}
	return data
}

// Ends says when they end. If there are several CAs it is the first one's end,
// as in the database's own metrics.
func (s Certificates) Ends() Ends {
	end := func(cert *x509.Certificate) time.Time {
		if cert == nil {
			return time.Time{}
		}
		return cert.NotAfter
	}
	return Ends{end(s.CACert()), end(s.NodeCert()), end(s.RootCert())}
}

// Trusts says whether ca.crt has the certificate of this CA, alone or with others.
func (s Certificates) Trusts(a Authority) bool {
	authorities, _ := readCertificates(FileCA, s.file(FileCA))
	return a.cert != nil && slices.ContainsFunc(authorities, a.cert.Equal)
}

// CACert is the first CA's certificate; nil if there is none that can be read.
func (s Certificates) CACert() *x509.Certificate { return s.first(FileCA) }

// NodeCert is what the CockroachDB nodes show to whom they talk to; nil as above.
func (s Certificates) NodeCert() *x509.Certificate { return s.first(FileNode) }

// RootCert is what the SQL user root shows; nil as above.
func (s Certificates) RootCert() *x509.Certificate { return s.first(FileRoot) }

// first is the certificate in front of those of intermediate CAs.
func (s Certificates) first(file string) *x509.Certificate {
	certs, _ := readCertificates(file, s.file(file))
	if len(certs) == 0 {
		return nil
	}
	return certs[0]
}

// String hides them.
func (s Certificates) String() string { return "certificates (hidden)" }

// Format hides them from every verb.
func (s Certificates) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, s.String()) }

// MarshalText hides them.
func (s Certificates) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
