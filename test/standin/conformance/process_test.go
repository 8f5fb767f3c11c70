package conformance

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// node is a running CockroachDB node.
type node struct {
	rpc, web string // addresses
	store    string
	flags    []string // of start, without addresses and store
	release  string   // that it poses as; empty: the recorded one
	out, err *buffer
	cmd      *exec.Cmd
	done     chan struct{}
}

// lastPort is the port that freeAddr gave out last. They are below those that
// systems take for outgoing connections.
var lastPort atomic.Int32

const firstPort, ports = 11000, 20000

func freeAddr(t *testing.T) string {
	t.Helper()
	for range ports {
		port := firstPort + (lastPort.Add(1)+int32(os.Getpid()*37))%ports
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		_ = l.Close()
		return addr
	}
	t.Fatal("no free port")
	return ""
}

// folder is a new directory that other users can enter.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(base, "t") //nolint:usetesting // t.TempDir keeps other users out
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func newNode(t *testing.T, flags ...string) *node {
	t.Helper()
	return &node{rpc: freeAddr(t), web: freeAddr(t), store: filepath.Join(folder(t), "cockroach-data"), flags: flags}
}

func (n *node) args() []string {
	return append(slices.Clone(n.flags), "--store="+n.store, "--listen-addr="+n.rpc, "--http-addr="+n.web,
		"--cache=64MiB", "--max-sql-memory=64MiB")
}

// start starts the process, and waits until its HTTP port answers.
func (n *node) start(t *testing.T) {
	t.Helper()
	n.launch(t)
	await(t, 20*time.Second, n.describe("HTTP port open"), func() bool {
		c, err := net.DialTimeout("tcp", n.web, time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// launch starts the process.
func (n *node) launch(t *testing.T) {
	t.Helper()
	if err := watchSources(); err != nil {
		t.Fatal(err)
	}
	n.out, n.err, n.done = &buffer{}, &buffer{}, make(chan struct{})
	n.cmd = exec.Command(program, n.args()...)
	n.cmd.Stdout, n.cmd.Stderr = n.out, n.err
	n.cmd.Env = append(os.Environ(), "STANDIN_RELEASE="+n.release)
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	cmd, done := n.cmd, n.done
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-done
	})
}

func (n *node) describe(what string) func() string {
	return func() string { return fmt.Sprintf("%s: %s\nstdout: %s\nstderr: %s", n.rpc, what, n.out, n.err) }
}

// signal sends a signal to the process.
func (n *node) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := n.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// exited waits for the end and gives the exit code.
func (n *node) exited(t *testing.T, limit time.Duration) int {
	t.Helper()
	select {
	case <-n.done:
		return n.cmd.ProcessState.ExitCode()
	case <-time.After(limit):
		t.Fatal(n.describe("still running")())
		return 0
	}
}

func (n *node) kill(t *testing.T) {
	t.Helper()
	n.signal(t, os.Kill)
	<-n.done
}

// await looks until done is true.
func await(t *testing.T, limit time.Duration, what func() string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", limit, what())
		}
		<-tick.C
	}
}

// readyCode is the HTTP status of /health?ready=1, or 0.
func (n *node) readyCode() int {
	c := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: trusting()}}
	scheme := "http"
	if !slices.Contains(n.flags, "--insecure") {
		scheme = "https"
	}
	resp, err := c.Get(scheme + "://" + n.web + "/health?ready=1")
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func (n *node) awaitReady(t *testing.T, limit time.Duration) {
	t.Helper()
	await(t, limit, n.describe("ready"), func() bool { return n.readyCode() == 200 })
}

// cluster is an insecure cluster whose node IDs are in the order of nodes.
func cluster(t *testing.T, size int) []*node {
	t.Helper()
	return clusterOf(t, "", size)
}

func clusterOf(t *testing.T, release string, size int) []*node {
	t.Helper()
	var nodes []*node
	for range size {
		nodes = append(nodes, newNode(t))
	}
	for _, n := range nodes {
		n.release = release
		n.flags = []string{"start", "--insecure", "--join=" + nodes[0].rpc + "," + nodes[min(1, size-1)].rpc + "," + nodes[min(2, size-1)].rpc}
	}
	for i, n := range nodes {
		n.start(t)
		if i == 0 {
			if r := execute(t, 20*time.Second, "", "init", "--insecure", "--host="+n.rpc); r.exit != 0 {
				t.Fatalf("init: %+v", r)
			}
		}
		n.awaitReady(t, 20*time.Second)
	}
	return nodes
}

// namesOf maps the addresses of recorded clusters, in which node N has the
// ports firstRPC+N-1 and firstHTTP+N-1, to those of nodes.
func namesOf(nodes []*node, firstRPC, firstHTTP int) names {
	var out names
	for i, n := range nodes {
		out = append(out,
			struct{ recorded, live string }{fmt.Sprintf("127.0.0.1:%d", firstRPC+i), n.rpc},
			struct{ recorded, live string }{fmt.Sprintf("127.0.0.1:%d", firstHTTP+i), n.web})
	}
	return out
}

// how a replay compares.
type comparison func(string) string

func exact(s string) string { return s }

// replay runs a recorded command again and compares all of its outcome.
func replay(t *testing.T, rec recording, n names, compare comparison) {
	t.Helper()
	var args []string
	for _, a := range rec.args {
		args = append(args, n.toLive(a))
	}
	limit := 30 * time.Second
	if rec.exit == stopped {
		limit = 3 * time.Second
	}
	check(t, rec, n, compare, execute(t, limit, "", args...))
}

func check(t *testing.T, rec recording, n names, compare comparison, got result) {
	t.Helper()
	if got.exit != rec.exit {
		t.Errorf("exit %d, recorded %d\nstdout: %s\nstderr: %s", got.exit, rec.exit, got.stdout, got.stderr)
	}
	if diff := cmp.Diff(compare(normal(rec.stdout)), compare(normal(n.toRecorded(got.stdout)))); diff != "" {
		t.Errorf("stdout (-recorded +now):\n%s", diff)
	}
	if diff := cmp.Diff(compare(normal(rec.stderr)), compare(normal(n.toRecorded(got.stderr)))); diff != "" {
		t.Errorf("stderr (-recorded +now):\n%s", diff)
	}
}
