package certs

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
)

// Problems with a client's directory, in the words of the real program.
var (
	ErrNoCerts      = errors.New("problem using security settings: no certificates found; does certs dir exist?")
	ErrNoClientCert = errors.New("problem with client cert for user root: not found")
)

// Client is the configuration of a command that speaks for user. The error is
// ErrNoClientCert when the CA is there and the user's certificate is not; the
// configuration is then usable without it.
func Client(dir, user, host string) (*tls.Config, error) {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		return nil, ErrNoCerts
	}
	ca, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil {
		return nil, errors.New("problem with CA certificate: not found")
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	c := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, ServerName: host}
	name := "client." + user
	if _, err := os.Stat(filepath.Join(dir, name+".crt")); err != nil {
		return c, ErrNoClientCert
	}
	l, err := load(dir, name)
	if err != nil {
		return nil, err
	}
	c.Certificates = []tls.Certificate{l.cert}
	return c, nil
}

// WithCA is the configuration of a client that knows only a CA file.
func WithCA(file, host string) (*tls.Config, error) {
	ca, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, ServerName: host}, nil
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
