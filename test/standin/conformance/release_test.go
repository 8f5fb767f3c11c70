package conformance

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Of upgrades there are no recordings: this is what the makers' pages and the
// sources of v21.1 say, and holds for the stand-in alone.

func (n *node) restartAs(t *testing.T, release string) {
	t.Helper()
	n.signal(t, syscall.SIGTERM)
	n.exited(t, 20*time.Second)
	n.release = release
	n.start(t)
	n.awaitReady(t, 20*time.Second)
}

// refusedAs is what a start as this release ends with.
func (n *node) refusedAs(t *testing.T, release string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, n.args()...)
	cmd.Env = append(os.Environ(), "STANDIN_RELEASE="+release)
	said, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("%s: %v\n%s", release, err, said)
	}
	return string(said)
}

const showVersion = "SHOW CLUSTER SETTING version"

func TestRelease_upgradesByItselfUnlessItIsHeldBack(t *testing.T) {
	t.Parallel()
	if !isStandIn() {
		t.Skip("NOT PROVEN: a real binary is one release only")
	}
	nodes := cluster(t, 3)
	mustSQL(t, nodes[0], "SET CLUSTER SETTING\n", "SET CLUSTER SETTING cluster.preserve_downgrade_option = '21.1'")
	for _, n := range nodes {
		n.restartAs(t, "v21.2.4")
	}
	r := execute(t, 20*time.Second, "", "node", "status", "--insecure", "--host="+nodes[0].rpc, "--format=csv")
	if strings.Count(r.stdout, ",v21.2.4,") != 3 {
		t.Errorf("builds:\n%s", r.stdout)
	}
	r = sqlAt(t, nodes[0], 20*time.Second, "SET CLUSTER SETTING version = '21.2'")
	if r.exit != 1 || !strings.Contains(r.stderr, "cluster.preserve_downgrade_option is set to 21.1") {
		t.Errorf("finalised though held back: %+v", r)
	}
	mustSQL(t, nodes[0], "version\n21.1\n", showVersion)
	nodes[2].restartAs(t, "v21.1.2") // there is a way back
	r = sqlAt(t, nodes[0], 20*time.Second, "SET CLUSTER SETTING version = '21.2'")
	if r.exit != 1 || !strings.Contains(r.stderr, "cannot upgrade to 21.2: node running 21.1") {
		t.Errorf("finalised past a node: %+v", r)
	}
	nodes[2].restartAs(t, "v21.2.4")
	mustSQL(t, nodes[0], "SET CLUSTER SETTING\n", "RESET CLUSTER SETTING cluster.preserve_downgrade_option")
	await(t, 20*time.Second, nodes[0].describe("works at 21.2"), func() bool {
		return sqlAt(t, nodes[0], 5*time.Second, showVersion).stdout == "version\n21.2\n"
	})
	nodes[1].signal(t, syscall.SIGTERM)
	nodes[1].exited(t, 20*time.Second)
	if said := nodes[1].refusedAs(t, "v21.1.2"); !strings.Contains(said, "cockroach version v21.1 is incompatible with data in store") {
		t.Errorf("too new: %s", said)
	}
	if said := nodes[1].refusedAs(t, "v22.2.0"); !strings.Contains(said, "last used with cockroach version v21.2, is too old for running version v22.2") {
		t.Errorf("too old: %s", said)
	}
}

func TestRelease_knowsTheSettingsOfItsVersion(t *testing.T) {
	t.Parallel()
	if !isStandIn() {
		t.Skip("NOT PROVEN: a real binary is one release only")
	}
	for release, want := range map[string]string{"": "unknown setting", "v23.2.1": ""} {
		n := newNode(t, "start-single-node", "--insecure")
		n.release = release
		n.start(t)
		n.awaitReady(t, 20*time.Second)
		r := sqlAt(t, n, 20*time.Second, "SHOW CLUSTER SETTING cluster.auto_upgrade.enabled")
		if (want == "") != (r.exit == 0) || !strings.Contains(r.stderr, want) {
			t.Errorf("%q: %+v", release, r)
		}
	}
}
