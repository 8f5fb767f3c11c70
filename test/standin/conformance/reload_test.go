package conformance

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// served is the serial number of the certificate on a port, or "" where there
// is no handshake.
func served(addr string) string {
	d := tls.Dialer{Config: trusting()}
	c, err := d.Dial("tcp", addr)
	if err != nil {
		return ""
	}
	defer c.Close()
	return c.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.String()
}

// loud is a secure cluster of one whose log is on stderr.
func loud(t *testing.T, certs string) *node {
	t.Helper()
	a := newNode(t)
	a.flags = []string{"start", "--certs-dir=" + certs, "--join=" + a.rpc, "--logtostderr"}
	a.start(t)
	if r := execute(t, 20*time.Second, "", "init", "--certs-dir="+certs, "--host="+a.rpc); r.exit != 0 {
		t.Fatalf("init: %+v", r)
	}
	a.awaitReady(t, 10*time.Second)
	return a
}

func (n *node) awaitLog(t *testing.T, text string) {
	t.Helper()
	await(t, 10*time.Second, n.describe(text), func() bool { return strings.Contains(n.err.String(), text) })
}

// metric is the value of a metric without labels.
func metric(t *testing.T, n *node, name string) string {
	t.Helper()
	_, rest, _ := strings.Cut(get(t, "https://"+n.web+"/_status/vars", nil).Body, "\n"+name+" ")
	value, _, _ := strings.Cut(rest, "\n")
	return value
}

// TestReload_badFilesLeaveTheOldOnes has one recorded case, the key that others
// can read. The words of the rest are those of the sources of v21.1.
func TestReload_badFilesLeaveTheOldOnes(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	certs := ca.certsDir(t)
	a := loud(t, certs)
	old, expiry := served(a.rpc), metric(t, a, "security_certificate_expiration_node")
	in := func(file string) string { return filepath.Join(certs, file) }
	for _, c := range []struct {
		name   string
		damage func() error
		want   string
	}{
		{
			"readable key", func() error { return os.Chmod(in("node.key"), 0o644) },
			"reload would lose valid node cert: key file " + in("node.key") + " has permissions -rw-r--r--, exceeds -rwx------",
		},
		{
			"no key", func() error { return os.Remove(in("node.key")) },
			"reload would lose valid node cert: could not stat key file " + in("node.key"),
		},
		{"no certificate", func() error { return os.Remove(in("node.crt")) }, "reload would lose valid node cert: not found"},
		{
			"garbage", func() error { return os.WriteFile(in("node.crt"), []byte("garbage"), 0o644) },
			"reload would lose valid node cert: no certificates found in node.crt",
		},
		{"no CA", func() error { return os.Remove(in("ca.crt")) }, "reload would lose valid CA cert: not found"},
		{"another name", func() error {
			ca.pair(t, certs, "node", "root", time.Now().Add(time.Hour), "127.0.0.1")
			return nil
		}, `client/server node certificate has principals ["root"], expected "node"`},
	} {
		ca.fill(t, certs)
		if err := c.damage(); err != nil {
			t.Fatal(err)
		}
		a.signal(t, syscall.SIGHUP)
		if isStandIn() || c.name == "readable key" {
			a.awaitLog(t, "could not reload certificates: ‹"+c.want)
		} else {
			a.awaitLog(t, "could not reload certificates: ")
		}
		if now := served(a.rpc); now != old {
			t.Errorf("%s: certificate %s is served, want the old one, %s", c.name, now, old)
		}
	}
	if got := metric(t, a, "security_certificate_expiration_node"); got != expiry {
		t.Errorf("the metric is %s, want that of the old certificate, %s", got, expiry)
	}
	if strings.Contains(a.err.String(), `"EventType":"certs_reload","Success":true`) {
		t.Error("an event of a reload that succeeded")
	}
	ca.fill(t, certs)
	a.signal(t, syscall.SIGHUP)
	a.awaitLog(t, `"EventType":"certs_reload","Success":true}`)
	a.awaitLog(t, `received signal "hangup", triggering certificate reload`)
	if served(a.rpc) == old || served(a.web) == old {
		t.Error("the old certificate is served after a good reload")
	}
}

func TestReload_metricsFollow(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	certs := ca.certsDir(t)
	a := loud(t, certs)
	end := time.Now().Add(77 * time.Hour)
	ca.pair(t, certs, "node", "node", end, "127.0.0.1")
	a.signal(t, syscall.SIGHUP)
	a.awaitLog(t, `"Success":true`)
	for name, want := range map[string]time.Time{"node": end, "ca": ca.cert.NotAfter} {
		var got float64
		if _, err := fmt.Sscan(metric(t, a, "security_certificate_expiration_"+name), &got); err != nil || int64(got) != want.Unix() {
			t.Errorf("%s: %v %v, want %d", name, got, err, want.Unix())
		}
	}
	for name := range strings.FieldsSeq("client_ca ui ui_ca node_client ca_client_tenant client_tenant") {
		if got := metric(t, a, "security_certificate_expiration_"+name); got != "0" {
			t.Errorf("%s: %q, recorded 0", name, got)
		}
	}
}

// talk is a client that is fed statement by statement.
type talk struct {
	in   io.Writer
	tags chan string
}

func newTalk(t *testing.T, args ...string) talk {
	t.Helper()
	cmd := exec.Command(program, append([]string{"sql"}, args...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	tags := make(chan string)
	go func() {
		defer close(tags)
		for s := bufio.NewScanner(out); s.Scan(); {
			select {
			case tags <- s.Text():
			case <-t.Context().Done():
				return
			}
		}
	}()
	return talk{in, tags}
}

// says sends a line and waits for the one that it is answered with.
func (c talk) says(t *testing.T, line, want string) {
	t.Helper()
	if _, err := io.WriteString(c.in, line+"\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-c.tags:
		if got != want {
			t.Fatalf("%s: %q, want %q", line, got, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("%s: no answer while more may come", line)
	}
}

func TestReload_openConnectionsStay(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	certs := ca.certsDir(t)
	a := loud(t, certs)
	c := newTalk(t, "--certs-dir="+certs, "--host="+a.rpc)
	c.says(t, "CREATE TABLE t (i INT PRIMARY KEY);", "CREATE TABLE")
	for i := range 3 {
		c.says(t, fmt.Sprintf("INSERT INTO t VALUES (%d);", 2*i), "INSERT 1")
		old := served(a.rpc)
		ca.fill(t, certs)
		a.signal(t, syscall.SIGHUP)
		await(t, 10*time.Second, a.describe("a new certificate"), func() bool { return served(a.rpc) != old })
		c.says(t, fmt.Sprintf("INSERT INTO t VALUES (%d);", 2*i+1), "INSERT 1")
	}
	r := execute(t, 10*time.Second, "", "sql", "--certs-dir="+certs, "--host="+a.rpc, "-e", "SELECT count(*) FROM t")
	if r.exit != 0 || r.stdout != "count\n6\n" {
		t.Errorf("%+v", r)
	}
}

// TestReload_aKeyOfAnotherCertificate is unrecorded: in the sources of v21.1
// the two are not compared before somebody connects.
func TestReload_aKeyOfAnotherCertificate(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	certs := ca.certsDir(t)
	a := loud(t, certs)
	c := newTalk(t, "--certs-dir="+certs, "--host="+a.rpc)
	c.says(t, "CREATE TABLE t (i INT PRIMARY KEY);", "CREATE TABLE")
	if err := os.Rename(filepath.Join(certs, "client.root.key"), filepath.Join(certs, "node.key")); err != nil {
		t.Fatal(err)
	}
	a.signal(t, syscall.SIGHUP)
	a.awaitLog(t, `"Success":true`)
	if got := served(a.rpc) + served(a.web); got != "" {
		t.Errorf("certificate %s is served, want none", got)
	}
	c.says(t, "INSERT INTO t VALUES (1);", "INSERT 1")
	ca.fill(t, certs)
	a.signal(t, syscall.SIGHUP)
	await(t, 10*time.Second, a.describe("a handshake"), func() bool { return served(a.rpc) != "" })
}
