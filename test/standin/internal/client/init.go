package client

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/certs"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/delays"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// init asks a node to make a cluster. It tries for ever until a node answers:
// the real program has no limit either.
func (a *app) init(args []string) (int, error) {
	p, err := connectionFlags().parse(args)
	if err != nil {
		return exitUsage, err
	}
	t, err := p.connection()
	if err != nil {
		return exitUsage, err
	}
	for {
		begun := time.Now()
		err := t.initOnce()
		var answer *wire.Error
		switch {
		case err == nil:
			fmt.Fprintln(a.Out, "Cluster successfully initialized")
			return exitOK, nil
		case errors.As(err, &answer):
			return exitError, answer
		}
		fmt.Fprintf(a.Err, "warning: node not ready to perform cluster initialization: %s (retrying)\n", initText(err))
		<-time.After(delays.InitRetry - min(delays.InitRetry, time.Since(begun)))
	}
}

func (t target) initOnce() error {
	config, withoutCert, err := t.tlsConfig()
	switch {
	case err != nil:
		return settingsError{err}
	case withoutCert:
		return settingsError{certs.ErrNoClientCert}
	}
	deadline := time.Now().Add(5 * time.Second)
	c, err := t.dial(config, deadline)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Call(wire.Request{Op: wire.OpInit}, nil, nil, deadline)
}

// settingsError is an error before any connection.
type settingsError struct{ error }

// initText words an error as the RPC client of the real program does.
func initText(err error) string {
	if s, ok := errors.AsType[settingsError](err); ok {
		return s.Error()
	}
	return "initial connection heartbeat failed: " + rpcText(err)
}

func rpcText(err error) string {
	const unavailable = "rpc error: code = Unavailable desc = "
	var op *net.OpError
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, io.EOF):
		return unavailable + "connection closed"
	case errors.As(err, &record):
		return unavailable + `connection error: desc = "transport: authentication handshake failed: tls: first record does not look like a TLS handshake"`
	case errors.As(err, &op) && op.Op == "dial":
		return fmt.Sprintf(unavailable+`connection error: desc = "transport: Error while dialing %s"`, err)
	case errors.As(err, &op):
		return unavailable + "connection closed"
	}
	if verify, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		err = verify.Err
	}
	return fmt.Sprintf(unavailable+`connection error: desc = "transport: authentication handshake failed: %s"`, err)
}
