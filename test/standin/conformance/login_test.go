package conformance

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const asked = "Enter password: "

// printable is a password of every character that can be typed.
func printable() string {
	var b strings.Builder
	for c := byte(' '); c <= '~'; c++ {
		b.WriteByte(c)
	}
	return b.String()
}

// tenant is a secure cluster of one with the database and the user app.
type tenant struct {
	*node
	ca       authority
	certs    string
	password string
}

func newTenant(t *testing.T, password string) tenant {
	t.Helper()
	ca := newAuthority(t)
	certs := ca.certsDir(t)
	a := loud(t, certs)
	x := tenant{a, ca, certs, password}
	script := "CREATE DATABASE IF NOT EXISTS app;\nCREATE USER IF NOT EXISTS \"app\";\n" +
		"ALTER USER \"app\" WITH PASSWORD '" + strings.ReplaceAll(password, "'", "''") + "';\nGRANT ALL ON DATABASE app TO \"app\";\n"
	for range 2 { // the same again changes nothing
		r := execute(t, 10*time.Second, script, "sql", "--certs-dir="+certs, "--host="+a.rpc)
		if r.exit != 0 || r.stdout != "CREATE DATABASE\nCREATE ROLE\nALTER ROLE\nGRANT\n" {
			t.Fatalf("%+v", r)
		}
	}
	return x
}

// reload waits for another certificate than old.
func (x tenant) reload(t *testing.T, old string) {
	t.Helper()
	x.signal(t, syscall.SIGHUP)
	await(t, 10*time.Second, x.describe("a new certificate"), func() bool { return served(x.rpc) != old })
}

// uri is a connection string for user; options are for its end.
func (x tenant) uri(user *url.Userinfo, options ...string) string {
	u := url.URL{Scheme: "postgresql", Host: x.rpc, User: user, Path: "app", RawQuery: strings.Join(options, "&")}
	return u.String()
}

// require is the option with the file that v21.1 wants for it.
func (x tenant) require() string {
	return "sslmode=require&sslrootcert=" + filepath.Join(x.certs, "ca.crt")
}

func (x tenant) app() *url.Userinfo { return url.UserPassword("app", x.password) }

func who(t *testing.T, args ...string) result {
	t.Helper()
	return execute(t, 20*time.Second, "", append(append([]string{"sql"}, args...), "--format=csv", "-e", "SELECT current_user()")...)
}

func wantUser(t *testing.T, user string, r result) {
	t.Helper()
	if r.exit != 0 || r.stdout != "current_user\n"+user+"\n" {
		t.Errorf("%+v, want %s to be let in", r, user)
	}
}

func wantRefused(t *testing.T, stdout, reason string, r result) {
	t.Helper()
	if r.exit != 1 || r.stdout != stdout || !strings.HasPrefix(r.stderr, "ERROR: "+reason) || !strings.HasSuffix(r.stderr, "Failed running \"sql\"\n") {
		t.Errorf("%+v\nwant to be refused: %q %q", r, stdout, reason)
	}
}

// TestLogin_sslmodes: of these, verify-full is recorded; the others are as
// drivers for PostgreSQL have them.
func TestLogin_sslmodes(t *testing.T) {
	t.Parallel()
	x := newTenant(t, "Pw12345678")
	foreign := filepath.Join(newAuthority(t).certsDir(t), "ca.crt")
	known := "sslrootcert=" + filepath.Join(x.certs, "ca.crt")
	for _, options := range [][]string{
		{"sslmode=require", "sslrootcert=/no/such/ca.crt"},
		{"sslmode=require", known},
		{"sslmode=verify-ca", known},
		{"sslmode=verify-full", known},
		{known},
	} {
		wantUser(t, "app", who(t, "--url="+x.uri(x.app(), options...)))
	}
	for _, mode := range []string{"require", "verify-ca", "verify-full"} {
		wantRefused(t, "", "x509: certificate signed by unknown authority", who(t, "--url="+x.uri(x.app(), "sslmode="+mode, "sslrootcert="+foreign)))
		wantRefused(t, "", "password authentication failed for user app",
			who(t, "--url="+x.uri(url.UserPassword("app", "pw12345678"), "sslmode="+mode, known)))
		wantRefused(t, asked, "password authentication failed for user app", who(t, "--url="+x.uri(url.User("app"), "sslmode="+mode, known)))
		wantRefused(t, asked, "password authentication failed for user root", who(t, "--url="+x.uri(url.User("root"), "sslmode="+mode, known)))
	}
	wantUser(t, "app", who(t, "--certs-dir="+x.certs, "--url="+x.uri(x.app(), "sslmode=require")))
	wantRefused(t, "", "cannot load certificates.\nCheck your certificate settings", who(t, "--certs-dir="+t.TempDir(), "--url="+x.uri(x.app(), "sslmode=require")))
	wantRefused(t, "", "SSL authentication error while connecting.", who(t, "--url="+x.uri(x.app(), "sslmode=disable")))
	wantRefused(t, "", "password authentication failed for user bob", who(t, "--url="+x.uri(url.UserPassword("bob", "x"), x.require())))
	if r := who(t, "--url="+x.uri(x.app(), "sslmode=maybe")); r.exit != 4 || strings.Contains(r.stdout+r.stderr, x.password) {
		t.Errorf("%+v", r)
	}
}

func TestLogin_verifyCADoesNotLookAtTheName(t *testing.T) {
	t.Parallel()
	x := newTenant(t, "Pw12345678")
	known := "sslrootcert=" + filepath.Join(x.certs, "ca.crt")
	old := served(x.rpc)
	x.ca.pair(t, x.certs, "node", "node", time.Now().Add(time.Hour), "other.example")
	x.reload(t, old)
	if code := x.readyCode(); isStandIn() && code != 200 { // unrecorded
		t.Errorf("ready=1 is %d after a reload that it does not look at, want 200", code)
	}
	wantUser(t, "app", who(t, "--url="+x.uri(x.app(), "sslmode=verify-ca", known)))
	wantRefused(t, "", "x509: ", who(t, "--url="+x.uri(x.app(), "sslmode=verify-full", known)))
}

// TestLogin_byCertificate: a certificate speaks for its name and for no other;
// that of a node for everybody. Who shows one is not asked for a password.
func TestLogin_byCertificate(t *testing.T) {
	t.Parallel()
	x := newTenant(t, "Pw12345678")
	later := time.Now().Add(time.Hour)
	x.ca.pair(t, x.certs, "client.app", "app", later)
	wantUser(t, "root", who(t, "--certs-dir="+x.certs, "--host="+x.rpc))
	wantUser(t, "app", who(t, "--certs-dir="+x.certs, "--host="+x.rpc, "--user=app"))
	known := "sslrootcert=" + filepath.Join(x.certs, "ca.crt")
	with := func(name string) []string {
		file := filepath.Join(x.certs, name)
		return []string{"sslmode=verify-full", known, "sslcert=" + file + ".crt", "sslkey=" + file + ".key"}
	}
	wantUser(t, "root", who(t, "--url="+x.uri(url.User("root"), with("client.root")...)))
	wantUser(t, "root", who(t, "--url="+x.uri(url.User("root"), with("node")...)))
	if isStandIn() { // the words are those of the sources of v21.1
		wantRefused(t, "", "requested user is root, but certificate is for [app]", who(t, "--url="+x.uri(url.UserPassword("root", "x"), with("client.app")...)))
		wantRefused(t, "", "requested user is app, but certificate is for [root]", who(t, "--url="+x.uri(x.app(), with("client.root")...)))
	}
	// One of another authority is not even shown.
	other := newAuthority(t).certsDir(t)
	file := filepath.Join(other, "client.root")
	r := who(t, "--url="+x.uri(url.User("root"), "sslmode=verify-full", known, "sslcert="+file+".crt", "sslkey="+file+".key"))
	if r.exit != 1 {
		t.Errorf("%+v", r)
	}
	// One for a user that is not there.
	x.ca.pair(t, x.certs, "client.bob", "bob", later)
	wantRefused(t, "", "password authentication failed for user bob", who(t, "--certs-dir="+x.certs, "--host="+x.rpc, "--user=bob"))
	if err := os.Chmod(file+".key", 0o640); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, "", "pq: Private key file has group or world access",
		who(t, "--url="+x.uri(url.User("root"), x.require(), "sslcert="+file+".crt", "sslkey="+file+".key")))
}

func TestLogin_expiredAndOtherNames(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	certs := ca.certsDir(t)
	a, n := secureNode(t, certs)
	recs := recordings(t, "secure.txt")
	ca.pair(t, certs, "node", "node", time.Now().Add(-time.Hour), "localhost", "127.0.0.1")
	tenant{node: a}.reload(t, served(a.rpc))
	replay(t, recs["exp_sql"], n, withoutTimes)
	// hostA is not known here; the other address of this machine is one more
	// name that the certificate does not have.
	ca.pair(t, certs, "node", "node", time.Now().Add(time.Hour), "localhost")
	tenant{node: a}.reload(t, served(a.rpc))
	rec := recs["sec_sql_hostmismatch"]
	rec.args[slices.Index(rec.args, "--host=hostA:21101")] = "--host=127.0.0.1:21101"
	rec.stderr = strings.Replace(rec.stderr, "certificate is valid for localhost, not hostA", "cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs", 1)
	replay(t, rec, n, exact)
}

// withoutTimes: one moment is in the form of another here.
func withoutTimes(s string) string { return strings.NewReplacer("<time>Z", "<time>").Replace(s) }

// TestPassword_everyCharacterAndNowhereToBeRead looks for the password in all
// that the cluster wrote: its log, its streams, its store.
func TestPassword_everyCharacterAndNowhereToBeRead(t *testing.T) {
	t.Parallel()
	secret := "Needle'\"" + printable()
	x := newTenant(t, secret)
	wantUser(t, "app", who(t, "--url="+x.uri(x.app(), x.require())))
	wantRefused(t, "", "password authentication failed for user app",
		who(t, "--url="+x.uri(url.UserPassword("app", strings.ToLower(secret)), x.require())))
	r := execute(t, 10*time.Second, "", "sql", "--certs-dir="+x.certs, "--host="+x.rpc,
		"-e", "ALTER USER app WITH PASSWORD 'Needle' CREATEDB UNHEARD OF")
	if r.exit != 1 || isStandIn() && strings.Contains(r.stderr, "Needle") {
		t.Errorf("%+v", r)
	}
	all := map[string]string{"stdout": x.out.String(), "stderr": x.err.String()}
	err := filepath.WalkDir(x.store, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		all[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for where, text := range all {
		if strings.Contains(text, "Needle") {
			t.Errorf("%s: holds the password", where)
		}
		found = found || strings.Contains(text, `\"app\"`)
	}
	if isStandIn() && !found {
		t.Error("the store does not hold the statement: looked in the wrong place")
	}
	x.kill(t)
	x.start(t)
	x.awaitReady(t, 20*time.Second)
	wantUser(t, "app", who(t, "--url="+x.uri(x.app(), x.require())))
}

// TestPrivileges_endAtTheUsersDatabase is unrecorded; words and SQLSTATE are those of the sources
// of v21.1.
func TestPrivileges_endAtTheUsersDatabase(t *testing.T) {
	t.Parallel()
	x := newTenant(t, "Pw12345678")
	app := "--url=" + x.uri(x.app(), x.require())
	r := execute(t, 10*time.Second, "CREATE TABLE t (i INT PRIMARY KEY);\nINSERT INTO t VALUES (1);\nSELECT i FROM app.t;\n", "sql", app)
	if r.exit != 0 || r.stdout != "CREATE TABLE\nINSERT 1\ni\n1\n" {
		t.Errorf("in its own database: %+v", r)
	}
	for statement, reason := range map[string]string{
		"CREATE TABLE defaultdb.t (i INT)":         "user app does not have CREATE privilege on database defaultdb",
		"CREATE DATABASE more":                     "permission denied to create database",
		"CREATE USER more":                         "user app does not have CREATEROLE privilege",
		"ALTER USER root WITH PASSWORD 'x'":        "user app does not have CREATEROLE privilege",
		"SELECT * FROM crdb_internal.gossip_nodes": "only users with the admin role are allowed to read crdb_internal.gossip_nodes",
	} {
		r := execute(t, 10*time.Second, "", "sql", app, "-e", statement)
		wantRefused(t, "", reason+"\nSQLSTATE: 42501\n", r)
	}
}

func TestInsecure_userWithoutAPassword(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 1)
	mustSQL(t, nodes[0], "GRANT\n", `CREATE DATABASE app; CREATE USER "app"; GRANT ALL ON DATABASE app TO "app"`)
	x := tenant{node: nodes[0]}
	wantUser(t, "app", who(t, "--url="+x.uri(url.User("app"), "sslmode=disable")))
	wantUser(t, "app", who(t, "--insecure", "--host="+x.rpc, "--user=app"))
	wantRefused(t, "", "password authentication failed for user bob", who(t, "--insecure", "--host="+x.rpc, "--user=bob"))
	wantRefused(t, "", "cannot establish secure connection to insecure server.", who(t, "--url="+x.uri(url.UserPassword("app", "x"), "sslmode=require", "sslrootcert="+filepath.Join(newAuthority(t).certsDir(t), "ca.crt"))))
	for _, statement := range []string{"ALTER USER app WITH PASSWORD 'x'", "CREATE USER bob WITH PASSWORD 'x'"} {
		r := execute(t, 10*time.Second, "", "sql", "--insecure", "--host="+x.rpc, "-e", statement)
		wantRefused(t, "", "setting or updating a password is not supported in insecure mode\nSQLSTATE: 28P01\n", r)
	}
}
