// Package certs loads a certificate directory as CockroachDB v21.1.2 does,
// with its rules and its words.
package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Dir is a certificate directory of a server.
type Dir struct {
	path string
	cur  atomic.Pointer[loaded]
}

type loaded struct {
	cert tls.Certificate
	leaf *x509.Certificate
	ca   *x509.Certificate
	pool *x509.CertPool
}

// OpenNode loads ca.crt, node.crt and node.key.
func OpenNode(path string) (*Dir, error) {
	l, err := load(path, "node")
	if err != nil {
		return nil, err
	}
	if cn := principals(l.leaf); !slices.Contains(cn, "node") {
		return nil, fmt.Errorf("problem using security settings: client/server node certificate has principals %q, expected \"node\"", cn)
	}
	d := &Dir{path: path}
	d.cur.Store(l)
	return d, nil
}

// Reload loads the directory again; on error the old certificates stay.
func (d *Dir) Reload() error {
	l, err := load(d.path, "node")
	if err != nil {
		return err
	}
	d.cur.Store(l)
	return nil
}

// load reads the CA and the pair NAME.crt, NAME.key.
func load(path, name string) (*loaded, error) {
	var l loaded
	certFile, keyFile := filepath.Join(path, name+".crt"), filepath.Join(path, name+".key")
	ca, err := os.ReadFile(filepath.Join(path, "ca.crt"))
	if err != nil {
		return nil, errors.New("problem with CA certificate: not found")
	}
	pem, err := os.ReadFile(certFile)
	if err != nil {
		return nil, fmt.Errorf("problem with %s certificate: not found", name)
	}
	const using = "problem using security settings: "
	info, err := os.Stat(keyFile)
	if err != nil {
		return nil, fmt.Errorf(using+"could not stat key file %s: %w", keyFile, err)
	}
	if info.Mode().Perm()&^0o700 != 0 {
		return nil, fmt.Errorf(using+"key file %s has permissions %s, exceeds -rwx------", keyFile, info.Mode().Perm())
	}
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, fmt.Errorf(using+"%w", err)
	}
	if firstCert(pem) == nil {
		return nil, fmt.Errorf(using+"no certificates found in %s.crt", name)
	}
	if l.cert, err = tls.X509KeyPair(pem, key); err != nil {
		return nil, fmt.Errorf(using+"%w", err)
	}
	l.leaf, l.ca, l.pool = l.cert.Leaf, firstCert(ca), x509.NewCertPool()
	if l.ca == nil {
		return nil, errors.New(using + "no certificates found in ca.crt")
	}
	l.pool.AppendCertsFromPEM(ca)
	return &l, nil
}

// principals are the names a certificate speaks for: CN, then DNS names.
func principals(c *x509.Certificate) []string {
	return append([]string{c.Subject.CommonName}, c.DNSNames...)
}

// Server is the configuration of both ports; client certificates are checked
// when given.
func (d *Dir) Server() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			l := d.cur.Load()
			return &tls.Config{
				MinVersion:   tls.VersionTLS12,
				Certificates: []tls.Certificate{l.cert},
				ClientAuth:   tls.VerifyClientCertIfGiven,
				ClientCAs:    l.pool,
			}, nil
		},
	}
}

// Peer is the configuration for talking to the CockroachDB node at host.
func (d *Dir) Peer(host string) *tls.Config {
	l := d.cur.Load()
	return &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: host, RootCAs: l.pool,
		Certificates: []tls.Certificate{l.cert},
	}
}

// CheckSelf says what a client that reaches this node as host would object to
// in its certificate.
func (d *Dir) CheckSelf(host string) error {
	l := d.cur.Load()
	_, err := l.leaf.Verify(x509.VerifyOptions{Roots: l.pool, DNSName: host})
	return err
}

// Names describes the names in the node's certificate as the real program
// prints them.
func (d *Dir) Names() string {
	c := d.cur.Load().leaf
	var ips []string
	for _, ip := range c.IPAddresses {
		ips = append(ips, ip.String())
	}
	return fmt.Sprintf("IP=%s; DNS=%s; CN=%s", strings.Join(ips, ","), strings.Join(c.DNSNames, ","), c.Subject.CommonName)
}

// HasHost says whether the node's certificate names host.
func (d *Dir) HasHost(host string) bool { return d.cur.Load().leaf.VerifyHostname(host) == nil }

// Expiry is when the CA's and the node's certificates end.
func (d *Dir) Expiry() (ca, node time.Time) {
	l := d.cur.Load()
	return l.ca.NotAfter, l.leaf.NotAfter
}
