package conformance

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

func sqlAt(t *testing.T, n *node, limit time.Duration, statements ...string) result {
	t.Helper()
	args := []string{"sql", "--insecure", "--host=" + n.rpc, "--format=csv"}
	for _, s := range statements {
		args = append(args, "-e", s)
	}
	return execute(t, limit, "", args...)
}

func mustSQL(t *testing.T, n *node, want string, statements ...string) {
	t.Helper()
	if r := sqlAt(t, n, 20*time.Second, statements...); r.exit != 0 || r.stdout != want {
		t.Fatalf("%v: %+v, want %q", statements, r, want)
	}
}

// insertUntilKilled inserts single rows one after the other through at, kills
// all of nodes in the middle of it, and returns how many were acknowledged.
func insertUntilKilled(t *testing.T, at *node, nodes []*node) int {
	t.Helper()
	var script strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&script, "INSERT INTO d.t VALUES (%d, 'row %d');\n", i, i)
	}
	cmd := exec.Command(program, "sql", "--insecure", "--host="+at.rpc)
	var out buffer
	var errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(script.String()), &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, 20*time.Second, at.describe("takes rows"), func() bool { return strings.Count(out.String(), "INSERT 1\n") > 50 })
	for _, n := range nodes {
		n.signal(t, syscall.SIGKILL)
	}
	_ = cmd.Wait()
	for _, n := range nodes {
		<-n.done
	}
	if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(errs.String(), "ERROR: driver: bad connection") {
		t.Errorf("client: exit %d, stderr %q", code, errs.String())
	}
	return strings.Count(out.String(), "INSERT 1\n")
}

func TestKill_acknowledgedRowsAreThere(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d nodes", size), func(t *testing.T) {
			t.Parallel()
			nodes := cluster(t, size)
			id := clusterID(t, nodes[0])
			mustSQL(t, nodes[0], "CREATE TABLE\n", "CREATE DATABASE d; CREATE TABLE d.t (k INT PRIMARY KEY, v STRING)")
			acknowledged := insertUntilKilled(t, nodes[0], nodes)
			for _, n := range nodes {
				n.start(t)
			}
			for _, n := range nodes {
				n.awaitReady(t, 30*time.Second)
			}
			last := nodes[size-1]
			r := sqlAt(t, last, 20*time.Second, "SELECT count(*) FROM d.t")
			var count int
			if _, err := fmt.Sscanf(r.stdout, "count\n%d", &count); err != nil {
				t.Fatalf("%+v: %v", r, err)
			}
			// The one that was under way may be there, too.
			if count < acknowledged || count > acknowledged+1 {
				t.Errorf("%d rows after SIGKILL, %d were acknowledged", count, acknowledged)
			}
			if now := clusterID(t, last); now != id {
				t.Errorf("cluster ID %s, was %s", now, id)
			}
			if !strings.Contains(last.out.String(), "status:              restarted pre-existing node\n") {
				t.Error(last.describe("banner")())
			}
		})
	}
}

func TestQuorum_lostAndBack(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3)
	mustSQL(t, nodes[0], "CREATE TABLE\n", "CREATE TABLE kept (k INT PRIMARY KEY)")
	nodes[1].kill(t)
	mustSQL(t, nodes[0], "INSERT 1\n", "INSERT INTO kept VALUES (7)") // two of three go on
	nodes[2].kill(t)
	if r := sqlAt(t, nodes[0], 2*time.Second, "INSERT INTO kept VALUES (8)"); r.exit != stopped {
		t.Errorf("a write without a majority ended: %+v", r)
	}
	await(t, 15*time.Second, nodes[0].describe("not ready"), func() bool { return nodes[0].readyCode() == 503 })
	if body := get(t, "http://"+nodes[0].web+"/health", nil); body.Status != "200 OK" {
		t.Errorf("/health: %s", body.Status)
	}
	nodes[0].signal(t, syscall.SIGTERM)
	drained := time.NewTimer(3 * time.Second)
	select {
	case <-nodes[0].done:
		t.Error("ended on SIGTERM without a quorum; recorded: it goes on draining")
	case <-drained.C:
		nodes[0].kill(t)
	}
	// A lone restarted node is not ready, and leaves on SIGTERM at once.
	nodes[0].start(t)
	if code := nodes[0].readyCode(); code != 503 {
		t.Errorf("alone: ready=1 is %d", code)
	}
	nodes[1].start(t)
	nodes[0].awaitReady(t, 20*time.Second)
	nodes[1].awaitReady(t, 20*time.Second)
	mustSQL(t, nodes[1], "k\n7\n", "SELECT k FROM kept WHERE k = 7")
}

func TestStore_ofAnotherSingleNodeClusterRunsItsOwn(t *testing.T) {
	t.Parallel()
	here, other := cluster(t, 1), cluster(t, 1)
	x := other[0]
	id := clusterID(t, x)
	x.signal(t, syscall.SIGTERM)
	x.exited(t, 10*time.Second)
	x.flags = []string{"start", "--insecure", "--join=" + here[0].rpc, "--logtostderr"}
	x.start(t)
	x.awaitReady(t, 20*time.Second)
	if now := clusterID(t, x); now != id || now == clusterID(t, here[0]) {
		t.Errorf("cluster ID %s, was %s", now, id)
	}
	want := fmt.Sprintf("client cluster ID %q doesn't match server cluster ID %q", id, clusterID(t, here[0]))
	await(t, 5*time.Second, x.describe(want), func() bool { return strings.Contains(x.err.String(), want) })
	if x.out.String() != "" {
		t.Errorf("stdout with --logtostderr: %q, recorded nothing", x.out)
	}
}

func TestStore_ofAnotherThreeNodeClusterNeverGetsReady(t *testing.T) {
	t.Parallel()
	here, other := cluster(t, 1), cluster(t, 3)
	for _, n := range other {
		n.kill(t)
	}
	x := other[0]
	x.flags = []string{"start", "--insecure", "--join=" + here[0].rpc, "--logtostderr"}
	x.start(t)
	await(t, 10*time.Second, x.describe("says why"), func() bool {
		return strings.Contains(x.err.String(), "doesn't match server cluster ID")
	})
	url := "http://" + x.web + "/health"
	if a := get(t, url, nil); a.Status != "200 OK" {
		t.Errorf("/health: %s", a.Status)
	}
	if a := get(t, url+"?ready=1", nil); a.Status != "503 Service Unavailable" || !strings.Contains(a.Body, `"error": "liveness record not found"`) {
		t.Errorf("ready=1: %+v", a)
	}
	x.signal(t, syscall.SIGTERM)
	x.exited(t, 10*time.Second)
	if want := "initiating graceful shutdown of server\ntoo early to drain; used hard shutdown instead\n"; x.out.String() != want {
		t.Errorf("stdout %q, recorded %q", x.out, want)
	}
}

func TestSingleNode_initialisesItself(t *testing.T) {
	t.Parallel()
	a := newNode(t, "start-single-node", "--insecure")
	a.start(t)
	a.awaitReady(t, 15*time.Second)
	r := execute(t, 10*time.Second, "", "init", "--insecure", "--host="+a.rpc)
	if r.exit != 1 || r.stderr != "ERROR: cluster has already been initialized\nFailed running \"init\"\n" {
		t.Errorf("init: %+v", r)
	}
	await(t, 5*time.Second, a.describe("banner"), func() bool { return strings.Contains(a.out.String(), "initialized new cluster\n") })
}
