package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// secureNode is a secure cluster of one.
func secureNode(t *testing.T, certs string) (*node, names) {
	t.Helper()
	a := newNode(t)
	a.flags = []string{"start", "--certs-dir=" + certs, "--join=" + a.rpc}
	a.start(t)
	n := append(namesOf([]*node{a}, 21101, 21601), struct{ recorded, live string }{"/cockroach/certs", certs})
	replay(t, recordings(t, "init.txt")["sec_init"], n, exact)
	a.awaitReady(t, 10*time.Second)
	return a, n
}

func TestSecure_clients(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	certs := ca.certsDir(t)
	_, n := secureNode(t, certs)
	none := struct{ recorded, live string }{"/cockroach/nocerts", filepath.Join(folder(t), "nothing")}
	n = append(names{none}, n...)
	caOnly := folder(t)
	copyFile(t, filepath.Join(certs, "ca.crt"), filepath.Join(caOnly, "ca.crt"))
	with := func(dir string) names {
		out := append(names{}, n...)
		out[len(out)-1].live = dir
		return out
	}
	secure, start := recordings(t, "secure.txt"), recordings(t, "init.txt")
	for name := range strings.FieldsSeq("sec_ns sec_ns_nocerts sec_ns_insecure sec_sql_insecure sec_sql_nocerts " +
		"sec_user_create sec_user_create_again sec_login_url sec_login_badpw") {
		t.Run(name, func(t *testing.T) { replay(t, secure[name], n, exact) })
	}
	t.Run("sec_sql_wrongca", func(t *testing.T) { replay(t, secure["sec_sql_wrongca"], with(newAuthority(t).certsDir(t)), exact) })
	t.Run("sec_sql_caonly", func(t *testing.T) { replay(t, secure["sec_sql_caonly"], with(caOnly), exact) })
	t.Run("sec_init_nocerts", func(t *testing.T) { replay(t, start["sec_init_nocerts"], n, exact) })
	t.Run("sec_init_caonly", func(t *testing.T) { replay(t, start["sec_init_caonly"], with(caOnly), exact) })
	t.Run("sec_init_insecure", func(t *testing.T) {
		// The first line of the recording is about a broken connection of the
		// client; the lines that repeat are what counts.
		rec := start["sec_init_insecure"]
		lines := strings.SplitAfter(rec.stderr, "\n")
		rec.stderr = lines[len(lines)-2]
		replay(t, rec, n, exact)
	})
}

func TestSecure_certificatesAgainstInsecureServer(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 1)
	n := append(namesOf(nodes, 21001, 21501), struct{ recorded, live string }{"/cockroach/certs", newAuthority(t).certsDir(t)})
	secure := recordings(t, "secure.txt")
	for name := range strings.FieldsSeq("ins_sql_secure ins_ns_secure") {
		t.Run(name, func(t *testing.T) { replay(t, secure[name], n, exact) })
	}
	t.Run("ins_init_secure", func(t *testing.T) { replay(t, recordings(t, "init.txt")["ins_init_secure"], n, exact) })
}

func TestSecure_foreignAuthorityNeverJoins(t *testing.T) {
	t.Parallel()
	a, _ := secureNode(t, newAuthority(t).certsDir(t))
	b := newNode(t, "start", "--certs-dir="+newAuthority(t).certsDir(t), "--join="+a.rpc, "--logtostderr")
	b.start(t)
	await(t, 10*time.Second, b.describe("says why"), func() bool {
		return strings.Contains(b.err.String(), "authentication handshake failed: x509: certificate signed by unknown authority")
	})
	if code := b.readyCode(); code != 503 {
		t.Errorf("ready=1 is %d, recorded 503", code)
	}
}

func TestSecure_hangupLoadsNewCertificates(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	certs := ca.certsDir(t)
	a, n := secureNode(t, certs)
	expiry := func() string {
		body := get(t, "https://"+a.web+"/_status/vars", n).Body
		_, rest, _ := strings.Cut(body, "\nsecurity_certificate_expiration_node ")
		value, _, _ := strings.Cut(rest, "\n")
		return value
	}
	old := expiry()
	ca.pair(t, certs, "node", "node", time.Now().Add(100*time.Hour), "localhost", "127.0.0.1")
	a.signal(t, syscall.SIGHUP)
	await(t, 5*time.Second, a.describe("the metric follows"), func() bool { return expiry() != old })
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
