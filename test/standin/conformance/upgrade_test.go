package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The tests of this file are of several releases, and unrecorded.

// poses skips where a real binary is under test.
func poses(t *testing.T) {
	t.Helper()
	if !isStandIn() {
		t.Skip("a real binary is of one release")
	}
	t.Parallel()
}

// to restarts a node, after a clean stop, with the binary of a release.
func (n *node) to(t *testing.T, release string) {
	t.Helper()
	n.signal(t, syscall.SIGTERM)
	if code := n.exited(t, 30*time.Second); code != 0 {
		t.Fatal(n.describe("did not stop cleanly")())
	}
	n.release = release
	n.start(t)
	n.awaitReady(t, 20*time.Second)
}

// refuses starts a node that has to end by itself, and gives its last lines.
func (n *node) refuses(t *testing.T) string {
	t.Helper()
	n.launch(t)
	if code := n.exited(t, 20*time.Second); code != 1 {
		t.Fatalf("%s: exit %d", n.describe("refused")(), code)
	}
	text := n.err.String()
	return text[max(0, strings.LastIndex(text, "\nERROR: ")+1):]
}

func clusterVersion(t *testing.T, n *node) string {
	t.Helper()
	r := sqlAt(t, n, 20*time.Second, "SHOW CLUSTER SETTING version")
	return strings.TrimSpace(strings.TrimPrefix(r.stdout, "version\n"))
}

func refusedSQL(t *testing.T, n *node, statement, want string) {
	t.Helper()
	r := sqlAt(t, n, 20*time.Second, statement)
	if r.exit != 1 || !strings.HasPrefix(r.stderr, "ERROR: "+want+"\n") {
		t.Errorf("%s: %+v, want %s", statement, r, want)
	}
}

func TestRelease_isSaidEverywhere(t *testing.T) {
	poses(t)
	n := newNode(t, "start-single-node", "--insecure")
	n.release = "v22.1.0"
	n.start(t)
	n.awaitReady(t, 20*time.Second)
	await(t, 5*time.Second, n.describe("banner"), func() bool {
		return strings.Contains(n.out.String(), "build:               STAND-IN v22.1.0 @")
	})
	if r := executeAs(t, "v22.1.0", 20*time.Second, "", "version", "--build-tag"); r.exit != 0 || r.stdout != "v22.1.0\n" {
		t.Errorf("version: %+v", r)
	}
	mustSQL(t, n, "version\n22.1\n", "SHOW CLUSTER SETTING version")
	mustSQL(t, n, "crdb_internal.node_executable_version\n22.1\n", "SELECT crdb_internal.node_executable_version()")
	mustSQL(t, n, "server_version,build_tag\n22.1,v22.1.0\n", "SELECT server_version, build_tag FROM crdb_internal.gossip_nodes")
	for path, want := range map[string]string{
		"/_status/vars":                    `build_timestamp{tag="v22.1.0"`,
		"/_status/nodes":                   `"buildTag": "v22.1.0"`,
		"/_status/details/local":           `"tag": "v22.1.0"`,
		"/_admin/v1/settings?keys=version": `"value": "22.1"`,
	} {
		if a := get(t, "http://"+n.web+path, nil); !strings.Contains(a.Body, want) {
			t.Errorf("%s: no %s in\n%s", path, want, a.Body)
		}
	}
	r := execute(t, 20*time.Second, "", "node", "status", "--insecure", "--host="+n.rpc)
	if !strings.Contains(r.stdout, "\tv22.1.0\t") {
		t.Errorf("node status: %+v", r)
	}
	if r := executeAs(t, "latest", 20*time.Second, "", "version"); r.exit != 1 || !strings.Contains(r.stderr, `cannot pose as "latest"`) {
		t.Errorf("latest: %+v", r)
	}
}

func TestUpgrade_ofThreeNodes(t *testing.T) {
	poses(t)
	nodes := cluster(t, 3)
	mustSQL(t, nodes[0], "CREATE TABLE\n", "CREATE TABLE kept (k INT PRIMARY KEY)")
	mustSQL(t, nodes[0], "INSERT 1\n", "INSERT INTO kept VALUES (7)")
	mustSQL(t, nodes[0], "SET CLUSTER SETTING\n", "SET CLUSTER SETTING cluster.preserve_downgrade_option = '21.1'")
	nodes[2].to(t, "v21.2.0")
	nodes[2].to(t, "v21.1.2") // and back
	for _, n := range []*node{nodes[2], nodes[1]} {
		n.to(t, "v21.2.0")
	}
	refusedSQL(t, nodes[0], "SET CLUSTER SETTING version = '21.2'", "cannot upgrade to 21.2: node running 21.1")
	refusedSQL(t, nodes[1], "SET CLUSTER SETTING version = '21.2'", "cannot upgrade to 21.2: cluster.preserve_downgrade_option is set to 21.1")
	mustSQL(t, nodes[0], "SET CLUSTER SETTING\n", "RESET CLUSTER SETTING cluster.preserve_downgrade_option")
	refusedSQL(t, nodes[1], "SET CLUSTER SETTING version = '21.2'", "binary version 21.1 less than target cluster version 21.2")
	mustSQL(t, nodes[0], "SET CLUSTER SETTING\n", "SET CLUSTER SETTING cluster.preserve_downgrade_option = '21.1'")
	nodes[0].to(t, "v21.2.0")
	never(t, 6*time.Second, "the version rises in spite of the setting", func() bool { return clusterVersion(t, nodes[1]) != "21.1" })
	mustSQL(t, nodes[0], "SET CLUSTER SETTING\n", "RESET CLUSTER SETTING cluster.preserve_downgrade_option")
	for _, n := range nodes {
		await(t, 20*time.Second, n.describe("version 21.2"), func() bool { return clusterVersion(t, n) == "21.2" })
	}
	mustSQL(t, nodes[1], "k\n7\n", "SELECT k FROM kept")
	refusedSQL(t, nodes[0], "SET CLUSTER SETTING cluster.preserve_downgrade_option = '21.1'",
		"cannot set cluster.preserve_downgrade_option to 21.1 (cluster version is 21.2)")
	refusedSQL(t, nodes[0], "SET CLUSTER SETTING version = '20.2'", "node at 21.2 cannot run 20.2 (minimum version is 21.1)")
	storesAreRefused(t, nodes)
}

// never looks for a while whether something happens.
func never(t *testing.T, during time.Duration, what string, happens func() bool) {
	t.Helper()
	for end := time.Now().Add(during); time.Now().Before(end); {
		if happens() {
			t.Fatal(what)
		}
	}
}

// storesAreRefused is about nodes whose cluster has the version 21.2.
func storesAreRefused(t *testing.T, nodes []*node) {
	t.Helper()
	x := nodes[1]
	x.signal(t, syscall.SIGTERM)
	x.exited(t, 30*time.Second)
	for release, want := range map[string]string{
		"v21.1.2": "cockroach version v21.1 is incompatible with data in store <no-attributes>=" + x.store + "; use version v21.2 or later",
		"v22.2.0": "store <no-attributes>=" + x.store + ", last used with cockroach version v21.2, is too old for running version v22.2 (which requires data from v22.1 or later)",
		"v23.1.0": "store last used with cockroach version v21.2 is too old for running version v23.1 (which requires data from v22.2 or later)",
	} {
		x.release = release
		want = "ERROR: cockroach server exited with error: " + want + "\nFailed running \"start\"\n"
		if got := x.refuses(t); got != want {
			t.Errorf("%s: %q, want %q", release, got, want)
		}
	}
	x.release = "v22.1.0"
	x.start(t)
	x.awaitReady(t, 3*time.Second) // the refusals left it as a clean stop did
	late := newNode(t, nodes[0].flags...)
	want := "ERROR: cockroach server exited with error: binary is incompatible with the cluster attempted to join\nFailed running \"start\"\n"
	if got := late.refuses(t); got != want {
		t.Errorf("an older node joins: %q, want %q", got, want)
	}
}

func TestUpgrade_aLostMemberStandsAgainstIt(t *testing.T) {
	poses(t)
	nodes := cluster(t, 4)
	mustSQL(t, nodes[0], "SET CLUSTER SETTING\n", "SET CLUSTER SETTING cluster.preserve_downgrade_option = '21.1'")
	for _, n := range nodes {
		n.to(t, "v21.2.0")
	}
	nodes[3].kill(t)
	await(t, 20*time.Second, nodes[0].describe("notices the loss"), func() bool {
		r := execute(t, 20*time.Second, "", "node", "status", "4", "--format=csv", "--insecure", "--host="+nodes[0].rpc)
		return strings.HasSuffix(r.stdout, ",false\n")
	})
	mustSQL(t, nodes[0], "SET CLUSTER SETTING\n", "RESET CLUSTER SETTING cluster.preserve_downgrade_option")
	refusedSQL(t, nodes[0], "SET CLUSTER SETTING version = '21.2'", "n4 required, but unavailable")
	never(t, 6*time.Second, "the version rises although a member is lost", func() bool { return clusterVersion(t, nodes[0]) != "21.1" })
	if r := execute(t, 60*time.Second, "", "node", "decommission", "4", "--insecure", "--host="+nodes[0].rpc); r.exit != 0 {
		t.Fatalf("decommission: %+v", r)
	}
	await(t, 20*time.Second, nodes[0].describe("version 21.2"), func() bool { return clusterVersion(t, nodes[0]) == "21.2" })
}

func TestUpgrade_autoUpgradeIsKnownFrom23_2(t *testing.T) {
	poses(t)
	n := newNode(t, "start-single-node", "--insecure")
	n.release = "v23.2.0"
	n.start(t)
	n.awaitReady(t, 20*time.Second)
	const name = "cluster.auto_upgrade.enabled"
	mustSQL(t, n, name+"\ntrue\n", "SHOW CLUSTER SETTING "+name)
	mustSQL(t, n, "SET CLUSTER SETTING\n", "SET CLUSTER SETTING "+name+" = false")
	n.to(t, "v24.1.0")
	never(t, 6*time.Second, "the version rises in spite of the setting", func() bool { return clusterVersion(t, n) != "23.2" })
	mustSQL(t, n, "SET CLUSTER SETTING\n", "SET CLUSTER SETTING version = '24.1'")
	mustSQL(t, n, "version\n24.1\n", "SHOW CLUSTER SETTING version")
	n.to(t, "v24.3.0") // leaves the innovation 24.2 out
	mustSQL(t, n, "SET CLUSTER SETTING\n", "RESET CLUSTER SETTING "+name)
	await(t, 20*time.Second, n.describe("version 24.3"), func() bool { return clusterVersion(t, n) == "24.3" })
}

func TestUpgrade_whoMissedItAndComesBackOlder(t *testing.T) {
	poses(t)
	nodes := cluster(t, 3)
	mustSQL(t, nodes[0], "SET CLUSTER SETTING\n", "SET CLUSTER SETTING cluster.preserve_downgrade_option = '21.1'")
	for _, n := range nodes {
		n.to(t, "v21.2.0")
	}
	x := nodes[2]
	x.signal(t, syscall.SIGTERM)
	x.exited(t, 30*time.Second)
	mustSQL(t, nodes[0], "SET CLUSTER SETTING\nSET CLUSTER SETTING\n",
		"RESET CLUSTER SETTING cluster.preserve_downgrade_option", "SET CLUSTER SETTING version = '21.2'")
	x.release = "v21.1.2"
	x.start(t)
	await(t, 20*time.Second, x.describe("is refused"), func() bool {
		log, err := os.ReadFile(filepath.Join(x.store, "logs", "cockroach.log"))
		return err == nil && strings.Contains(string(log), "cluster requires at least version 21.2, but peer has version 21.1")
	})
	never(t, 3*time.Second, "ready all the same", func() bool { return x.readyCode() == 200 })
	x.signal(t, syscall.SIGTERM)
	x.exited(t, 30*time.Second)
	x.release = "v21.2.0"
	x.start(t)
	x.awaitReady(t, 20*time.Second)
	mustSQL(t, x, "version\n21.2\n", "SHOW CLUSTER SETTING version")
}
