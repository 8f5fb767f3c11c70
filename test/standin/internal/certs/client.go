package certs

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Problems with a client's directory, in the words of the real program.
var (
	ErrNoCerts      = errors.New(using + "no certificates found; does certs dir exist?")
	ErrNoClientCert = errors.New("problem with client cert for user root: not found")
)

// Client is the configuration of a command that speaks for user. The error is
// ErrNoClientCert when the CA is there and the user's certificate is not; the
// configuration is then usable without it.
func Client(dir, user, host string) (*tls.Config, error) {
	if err := CheckDir(dir); err != nil {
		return nil, err
	}
	l, caErr, certErr := load(dir, "client."+user)
	c := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: l.pool, ServerName: host}
	switch {
	case caErr != nil:
		return nil, fmt.Errorf("problem with CA certificate: %w", caErr)
	case errors.Is(certErr, errNotFound):
		return c, ErrNoClientCert
	case certErr != nil:
		return nil, fmt.Errorf(using+"%w", certErr)
	case l.pairErr != nil:
		return nil, fmt.Errorf(using+"%w", l.pairErr)
	}
	c.Certificates = []tls.Certificate{l.pair}
	return c, nil
}

// CheckDir says that there is nothing in a directory.
func CheckDir(dir string) error {
	if entries, err := os.ReadDir(dir); err != nil || len(entries) == 0 {
		return ErrNoCerts
	}
	return nil
}

// Mode is the sslmode of a URL.
type Mode string

// Modes with TLS.
const (
	Require    Mode = "require"
	VerifyCA   Mode = "verify-ca"
	VerifyFull Mode = "verify-full"
)

// Files are those that a URL names; they may be empty.
type Files struct{ CA, Cert, Key string }

// Config is the configuration for a connection to host. Of a server in mode
// Require only the CA is checked, and only where there is a file with one, as
// drivers for PostgreSQL do it. Unrecorded but for VerifyFull.
//
// That a directory with certificates has to be there even for Require, unless
// the URL names a CA, is in the sources up to v21.2 (cockroachdb/cockroach PR
// 73776 ended it).
func (f Files) Config(mode Mode, host string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if f.Cert != "" {
		if err := f.addPair(c); err != nil {
			return nil, err
		}
	}
	ca, err := os.ReadFile(f.CA)
	if mode == Require && errors.Is(err, os.ErrNotExist) {
		c.InsecureSkipVerify = true // that is what the mode says
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(ca) {
		return nil, errors.New("pq: couldn't parse pem in sslrootcert")
	}
	if mode != VerifyFull {
		c.InsecureSkipVerify = true // of the name
		c.VerifyConnection = func(s tls.ConnectionState) error { return verifyCA(s, c.RootCAs) }
	}
	return c, nil
}

func (f Files) addPair(c *tls.Config) error {
	info, err := os.Stat(f.Key)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return errors.New("pq: Private key file has group or world access. Permissions should be u=rw (0600) or less")
	}
	pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	c.Certificates = []tls.Certificate{pair}
	return err
}

func verifyCA(s tls.ConnectionState, roots *x509.CertPool) error {
	between := x509.NewCertPool()
	for _, cert := range s.PeerCertificates[1:] {
		between.AddCert(cert)
	}
	_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
	if err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: s.PeerCertificates, Err: err}
	}
	return nil
}

// UserFiles are the certificate and key of a user in a directory; ok is false
// where one is missing.
func UserFiles(dir, user string) (cert, key string, ok bool) {
	cert, key = filepath.Join(dir, "client."+user+".crt"), filepath.Join(dir, "client."+user+".key")
	for _, file := range []string{cert, key} {
		if _, err := os.Stat(file); err != nil {
			return "", "", false
		}
	}
	return cert, key, true
}

func firstCert(data []byte) *x509.Certificate {
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return nil
		}
		if block.Type == "CERTIFICATE" {
			if c, err := x509.ParseCertificate(block.Bytes); err == nil {
				return c
			}
		}
	}
}
