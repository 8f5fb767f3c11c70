package conformance

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The tests of this file are of what no recording covers about nodes that
// leave.

func decommission(t *testing.T, limit time.Duration, at *node, args ...string) result {
	t.Helper()
	return executeAs(t, at.release, limit, "", append([]string{"node", "decommission", "--insecure", "--host=" + at.rpc}, args...)...)
}

// row is what node status says about the leaving of one node: replicas, and
// the membership.
func row(t *testing.T, at *node, id int) (replicas int, membership string) {
	t.Helper()
	r := execute(t, 20*time.Second, "", "node", "status", strconv.Itoa(id), "--decommission", "--format=csv", "--insecure", "--host="+at.rpc)
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	cells := strings.Split(lines[len(lines)-1], ",")
	if r.exit != 0 || len(cells) < 4 {
		t.Fatalf("%+v", r)
	}
	_, _ = fmt.Sscan(cells[len(cells)-4], &replicas)
	return replicas, cells[len(cells)-2]
}

func TestLeave_severalAtOnceOneOfThemRestarted(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 5)
	if r := decommission(t, 20*time.Second, nodes[0], "4", "--wait=none"); r.exit != 0 {
		t.Fatalf("%+v", r)
	}
	if r := decommission(t, 20*time.Second, nodes[0], "5", "77"); r.exit != 1 || !strings.Contains(r.stderr, "ERROR: node does not exist\n") {
		t.Errorf("%+v", r)
	}
	if _, membership := row(t, nodes[0], 5); membership != "active" {
		t.Errorf("beside a node that does not exist: %s", membership)
	}
	before, _ := row(t, nodes[0], 4)
	x := nodes[3]
	x.signal(t, syscall.SIGTERM)
	x.exited(t, 30*time.Second)
	x.start(t)
	x.awaitReady(t, 20*time.Second)
	if after, membership := row(t, nodes[0], 4); membership != "decommissioning" || after >= before || after == 0 {
		t.Errorf("restarted: %s with %d replicas, had %d", membership, after, before)
	}
	r := decommission(t, 90*time.Second, nodes[0], "4", "5")
	if r.exit != 0 || !strings.Contains(r.stdout, "No more data reported on target nodes.") {
		t.Fatalf("%+v", r)
	}
	for _, id := range []int{4, 5} {
		if replicas, membership := row(t, nodes[0], id); membership != "decommissioned" || replicas != 0 {
			t.Errorf("node %d: %s with %d replicas", id, membership, replicas)
		}
	}
	for _, n := range nodes[3:] {
		n.kill(t)
	}
	for i, n := range nodes[:3] {
		await(t, 30*time.Second, n.describe("nothing under-replicated"), func() bool {
			vars := get(t, "http://"+n.web+"/_status/vars", nil).Body
			return strings.Contains(vars, fmt.Sprintf("\nranges_underreplicated{store=\"%d\"} 0\n", i+1))
		})
	}
}

func TestLeave_withoutAMajorityNothingIsSaid(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3)
	nodes[1].kill(t)
	nodes[2].kill(t)
	if r := decommission(t, 3*time.Second, nodes[0], "3"); r.exit != stopped || r.stdout+r.stderr != "" {
		t.Errorf("%+v", r)
	}
}

func TestLeave_newerReleasesLookFirst(t *testing.T) {
	poses(t)
	nodes := clusterOf(t, "v23.1.0", 3)
	r := decommission(t, 20*time.Second, nodes[0], "3")
	want := `n3 has N replicas blocked with error: "N of N live stores are able to take a new replica for the range ` +
		`(N already have a voter, N already have a non-voter); likely not enough nodes in cluster"`
	if r.exit != 1 || !strings.Contains(r.stdout, "\tallocation errors\t") ||
		!strings.HasSuffix(withoutNumbers(r.stderr), "\nranges blocking decommission detected\n"+want+"\n\nERROR: Cannot decommission nodes.\nFailed running \"node decommission\"\n") {
		t.Errorf("%+v", r)
	}
	if _, membership := row(t, nodes[0], 3); membership != "active" {
		t.Errorf("refused, and %s", membership)
	}
	late := newNode(t, nodes[0].flags...)
	late.release = "v23.1.0"
	late.start(t)
	late.awaitReady(t, 20*time.Second)
	r = decommission(t, 20*time.Second, nodes[0], "3", "--checks=enabled", "--dry-run")
	if _, membership := row(t, nodes[0], 3); r.exit != 0 || membership != "active" || !strings.Contains(r.stdout, "\tready\t0\n") {
		t.Errorf("%s: %+v", membership, r)
	}
	if r = decommission(t, 20*time.Second, nodes[0], "3", "4", "--checks=skip", "--wait=none"); r.exit != 0 {
		t.Errorf("%+v", r)
	}
	if _, membership := row(t, nodes[0], 3); membership != "decommissioning" {
		t.Errorf("not looked at first, and %s", membership)
	}
}
