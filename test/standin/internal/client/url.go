package client

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/certs"
)

// fromURL reads a connection string, with a directory for the files that it
// does not name. No error repeats it: a password may stand in it.
func (p parsed) fromURL(text string) (target, error) {
	u, err := url.Parse(text)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return target{}, usageError{fmt.Errorf("invalid argument for \"--url\" flag: %w", err)}
	}
	t := target{addr: withPort(u.Host, "localhost", "26257"), user: "root", database: strings.Trim(u.Path, "/")}
	if u.User != nil {
		t.user = u.User.Username()
		t.password, _ = u.User.Password()
	}
	q := u.Query()
	switch t.mode = certs.Mode(q.Get("sslmode")); t.mode {
	case "disable":
		t.mode = ""
		return t, nil
	case "":
		t.mode = certs.VerifyFull
	case certs.Require, certs.VerifyCA, certs.VerifyFull:
	default:
		return t, usageError{fmt.Errorf("invalid argument for \"--url\" flag: unrecognized sslmode parameter: %s", t.mode)}
	}
	t.files = certs.Files{CA: q.Get("sslrootcert"), Cert: q.Get("sslcert"), Key: q.Get("sslkey")}
	dir := p.certsDir()
	if t.files.CA == "" { // with require, too: only since v22.1 that does without
		t.certsDir, t.files.CA = dir, filepath.Join(dir, "ca.crt")
	}
	if cert, key, ok := certs.UserFiles(dir, t.user); ok && t.files.Cert == "" {
		t.files.Cert, t.files.Key = cert, key
	}
	return t, nil
}

// certsDir is the directory that was given, or the one in the home directory.
func (p parsed) certsDir() string {
	dir := os.Getenv("COCKROACH_CERTS_DIR")
	if dir == "" {
		home, _ := os.UserHomeDir()
		dir = filepath.Join(home, ".cockroach-certs")
	}
	return p.get(dir, "certs-dir")
}

// tlsConfig is nil for an insecure connection. withoutCert is set where the
// user has no certificate.
func (t target) tlsConfig() (config *tls.Config, withoutCert bool, err error) {
	host, _, _ := net.SplitHostPort(t.addr)
	switch {
	case t.mode != "":
		if t.certsDir != "" {
			if err := certs.CheckDir(t.certsDir); err != nil {
				return nil, false, err
			}
		}
		config, err = t.files.Config(t.mode, host)
		return config, t.files.Cert == "", err
	case t.certsDir == "":
		return nil, false, nil
	}
	config, err = certs.Client(t.certsDir, t.user, host)
	if errors.Is(err, certs.ErrNoClientCert) {
		return config, true, nil
	}
	return config, false, err
}
