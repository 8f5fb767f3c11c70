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

// NodeUser is the name in the certificates of nodes; it speaks for every user.
const NodeUser = "node"

const using = "problem using security settings: "

var errNotFound = errors.New("not found")

// Dir is a certificate directory of a server.
type Dir struct {
	path string
	cur  atomic.Pointer[loaded]
	// trusted is set once this node has reached itself.
	trusted atomic.Bool
}

// loaded is what was found in a directory.
type loaded struct {
	ca   *x509.Certificate
	pool *x509.CertPool
	leaf *x509.Certificate
	// pair is the certificate with its key; pairErr says that they do not
	// belong together.
	pair    tls.Certificate
	pairErr error
}

// OpenNode loads ca.crt, node.crt and node.key.
func OpenNode(path string) (*Dir, error) {
	l, caErr, nodeErr := load(path, NodeUser)
	switch {
	case nodeErr != nil && !errors.Is(nodeErr, errNotFound):
		return nil, fmt.Errorf(using+"%w", nodeErr)
	case nodeErr == nil && l.checkNode() != nil:
		return nil, fmt.Errorf(using+"%w", l.checkNode())
	case caErr != nil:
		return nil, fmt.Errorf("problem with CA certificate: %w", caErr)
	case nodeErr != nil:
		return nil, fmt.Errorf("problem with node certificate: %w", nodeErr)
	case l.pairErr != nil:
		return nil, fmt.Errorf(using+"%w", l.pairErr)
	}
	d := &Dir{path: path}
	d.cur.Store(l)
	return d, nil
}

// Reload loads the directory again; on error the old certificates stay. A key
// that belongs to another certificate is no error here, as in the sources of
// v21.1: it shows when the next connection is made. Unrecorded.
func (d *Dir) Reload() error {
	l, caErr, nodeErr := load(d.path, NodeUser)
	switch {
	case caErr != nil:
		return fmt.Errorf("reload would lose valid CA cert: %w", caErr)
	case nodeErr != nil:
		return fmt.Errorf("reload would lose valid node cert: %w", nodeErr)
	}
	if err := l.checkNode(); err != nil {
		return err
	}
	d.cur.Store(l)
	return nil
}

func (l *loaded) checkNode() error {
	if names := Principals(l.leaf); !slices.Contains(names, NodeUser) {
		return fmt.Errorf("client/server node certificate has principals %q, expected %q", names, NodeUser)
	}
	return nil
}

// load reads the CA and the pair NAME.crt, NAME.key, each with its own error.
func load(path, name string) (l *loaded, caErr, certErr error) {
	l = &loaded{pool: x509.NewCertPool()}
	ca, err := os.ReadFile(filepath.Join(path, "ca.crt"))
	if err != nil {
		caErr = errNotFound
	} else if l.ca = firstCert(ca); l.ca == nil {
		caErr = errors.New("no certificates found in ca.crt")
	}
	l.pool.AppendCertsFromPEM(ca)
	cert, err := os.ReadFile(filepath.Join(path, name+".crt"))
	if err != nil {
		return l, caErr, errNotFound
	}
	if l.leaf = firstCert(cert); l.leaf == nil {
		return l, caErr, fmt.Errorf("no certificates found in %s.crt", name)
	}
	key, err := readKey(filepath.Join(path, name+".key"))
	if err == nil {
		l.pair, l.pairErr = tls.X509KeyPair(cert, key)
	}
	return l, caErr, err
}

// readKey refuses every key that others than its owner may use, whoever owns
// it.
func readKey(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("could not stat key file %s: %w", file, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("key file %s is not a regular file", file)
	}
	if info.Mode().Perm()&^0o700 != 0 {
		return nil, fmt.Errorf("key file %s has permissions %s, exceeds -rwx------", file, info.Mode().Perm())
	}
	key, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("could not read key file %s: %w", file, err)
	}
	return key, nil
}

// Principals are the names a certificate speaks for: CN, then DNS names.
func Principals(c *x509.Certificate) []string {
	return append([]string{c.Subject.CommonName}, c.DNSNames...)
}

// Server is the configuration of both ports; client certificates are checked
// when given.
func (d *Dir) Server() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			l := d.cur.Load()
			if l.pairErr != nil {
				return nil, l.pairErr
			}
			return &tls.Config{
				MinVersion:   tls.VersionTLS12,
				Certificates: []tls.Certificate{l.pair},
				ClientAuth:   tls.VerifyClientCertIfGiven,
				ClientCAs:    l.pool,
			}, nil
		},
	}
}

// Peer is the configuration for talking to the CockroachDB node at host.
func (d *Dir) Peer(host string) (*tls.Config, error) {
	l := d.cur.Load()
	return &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: host, RootCAs: l.pool,
		Certificates: []tls.Certificate{l.pair},
	}, l.pairErr
}

// CheckSelf says what a client that reaches this node as host would object to
// in its certificate. The real program asks itself over a connection that it
// keeps: once that stands, a certificate that was loaded later, or has ended
// since, does not show here. Unrecorded.
func (d *Dir) CheckSelf(host string) error {
	if d.trusted.Load() {
		return nil
	}
	l := d.cur.Load()
	_, err := l.leaf.Verify(x509.VerifyOptions{Roots: l.pool, DNSName: host})
	d.trusted.Store(err == nil)
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
