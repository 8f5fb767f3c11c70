package client

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/certs"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/delays"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// The texts of connection errors, as recorded.
const (
	serverRunning = "cannot dial server.\nIs the server running?\n" +
		"If the server is running, check --host client-side and --advertise server-side.\n\n"
	sslAuthentication = "SSL authentication error while connecting.\n\n" +
		"If the node is configured to require secure connections,\n" +
		"remove --insecure and configure secure credentials instead.\n"
	insecureServer = "cannot establish secure connection to insecure server.\nMaybe use --insecure?\n\n" +
		"pq: SSL is not enabled on the server"
	loadCertificates = "cannot load certificates.\n" +
		"Check your certificate settings, set --certs-dir, or use --insecure for insecure clusters.\n\n"
)

// dial connects, with TLS where the target asks for it.
func (t target) dial(config *tls.Config, deadline time.Time) (*wire.Conn, error) {
	d := net.Dialer{Deadline: deadline}
	c, err := d.Dial("tcp", t.addr)
	if err != nil {
		return nil, err
	}
	if config == nil {
		return wire.NewConn(c), nil
	}
	s := tls.Client(c, config)
	_ = s.SetDeadline(deadline)
	if err := s.Handshake(); err != nil {
		_ = c.Close()
		return nil, err
	}
	return wire.NewConn(s), nil
}

// session opens a SQL session.
func (a *app) session(t target) (*wire.Conn, error) {
	config, withoutCert, err := t.tlsConfig()
	switch {
	case err != nil && t.mode != "" && !errors.Is(err, certs.ErrNoCerts): // the driver's own
		return nil, err
	case err != nil:
		return nil, errors.New(loadCertificates + err.Error())
	}
	if withoutCert && t.password == "" {
		fmt.Fprint(a.Out, "Enter password: ")
	}
	deadline := time.Now().Add(delays.DialTimeout)
	c, err := t.dial(config, deadline)
	if err == nil {
		err = c.Call(wire.Request{Op: wire.OpHello}, wire.Hello{User: t.user, Password: t.password, Database: t.database}, nil, deadline)
	}
	if err != nil {
		return nil, sessionError(err)
	}
	return c, nil
}

// sessionError words an error of connecting.
func sessionError(err error) error {
	var e *wire.Error
	var record tls.RecordHeaderError
	var verify *tls.CertificateVerificationError
	switch {
	case errors.As(err, &e) && strings.Contains(e.Text, "secure mode"):
		return errors.New(sslAuthentication + e.Text)
	case errors.As(err, &e):
		return e
	case errors.As(err, &record):
		return errors.New(insecureServer)
	case errors.As(err, &verify):
		return verify.Err
	}
	return errors.New(serverRunning + spaced(err))
}

// spaced writes "A->B" of a network error with spaces, as recorded.
func spaced(err error) string {
	text := strings.ReplaceAll(err.Error(), "->", " -> ")
	if errors.Is(err, os.ErrDeadlineExceeded) && !strings.HasPrefix(text, "read tcp") {
		text = "read tcp: i/o timeout"
	}
	return text
}
