package conformance

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestStart_wrongUse(t *testing.T) {
	t.Parallel()
	recs := recordings(t, "start.txt")
	n := names{
		{"/cockroach/cockroach-data", filepath.Join(folder(t), "cockroach-data")},
		{"127.0.0.1:21901", freeAddr(t)},
		{"127.0.0.1:21902", freeAddr(t)},
	}
	t.Run("start_nojoin", func(t *testing.T) { replay(t, recs["start_nojoin"], n, exact) })
	t.Run("bad_subcommand", func(t *testing.T) { replay(t, recs["bad_subcommand"], n, exact) })
	t.Run("unknown flag", func(t *testing.T) {
		r := execute(t, 10*time.Second, "", "start", "--insecure", "--no-such-flag")
		if r.exit != 4 || !strings.HasSuffix(r.stderr, "ERROR: unknown flag: --no-such-flag\nFailed running \"start\"\n") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("bad value", func(t *testing.T) {
		r := execute(t, 10*time.Second, "", "start", "--insecure", "--cache=abc", "--join=x")
		want := `ERROR: invalid argument "abc" for "--cache" flag: strconv.ParseFloat: parsing "": invalid syntax`
		if r.exit != 4 || !strings.Contains(r.stderr, want) {
			t.Errorf("%+v", r)
		}
	})
}

func TestStart_portsAndStoreInUse(t *testing.T) {
	t.Parallel()
	running := newNode(t)
	running.flags = []string{"start", "--insecure", "--join=" + running.rpc}
	running.start(t)
	recs := recordings(t, "start.txt")
	n := names{
		{"/cockroach/cockroach-data-1", running.store},
		{"/cockroach/cockroach-data", filepath.Join(folder(t), "cockroach-data")},
		{"127.0.0.1:21401", running.rpc},
		{"127.0.0.1:21901", running.web},
		{"127.0.0.1:21999", freeAddr(t)},
		{"127.0.0.1:21998", freeAddr(t)},
		{"127.0.0.1:21997", freeAddr(t)},
		{"127.0.0.1:21996", freeAddr(t)},
	}
	for name := range strings.FieldsSeq("f_port_sql f_port_http f_samestore") {
		t.Run(name, func(t *testing.T) { replay(t, recs[name], n, exact) })
	}
}

// TestStart_storeNotWritable runs as another user where this one is root,
// whom no mode keeps out.
func TestStart_storeNotWritable(t *testing.T) {
	t.Parallel()
	recs := recordings(t, "start.txt")
	for name := range strings.FieldsSeq("f_noperm f_noperm2") {
		t.Run(name, func(t *testing.T) {
			parent := folder(t)
			n := names{
				{"/cockroach/cockroach-data", filepath.Join(parent, "cockroach-data")},
				{"127.0.0.1:21995", freeAddr(t)},
				{"127.0.0.1:21994", freeAddr(t)},
			}
			if name == "f_noperm2" {
				parent = filepath.Join(parent, "cockroach-data")
				if err := os.Mkdir(parent, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(parent, 0o555); err != nil {
				t.Fatal(err)
			}
			var args []string
			for _, a := range recs[name].args {
				args = append(args, n.toLive(a))
			}
			cmd := exec.Command(program, args...)
			var out, errs buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			if os.Getuid() == 0 {
				cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			}
			_ = cmd.Run()
			check(t, recs[name], n, exact, result{out.String(), errs.String(), cmd.ProcessState.ExitCode()})
		})
	}
}

// TestStart_fullDisk stands a file that cannot take a byte in the place of one
// that start writes.
func TestStart_fullDisk(t *testing.T) {
	t.Parallel()
	if !isStandIn() {
		t.Log("only the stand-in has that file: nothing to prove here")
		return
	}
	store := filepath.Join(folder(t), "cockroach-data")
	if err := os.MkdirAll(filepath.Join(store, "logs"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", filepath.Join(store, "logs", "cockroach.log")); err != nil {
		t.Fatal(err)
	}
	r := execute(t, 10*time.Second, "", "start-single-node", "--insecure", "--store="+store,
		"--listen-addr="+freeAddr(t), "--http-addr="+freeAddr(t))
	if r.exit != 6 || r.stdout+r.stderr != "" {
		t.Errorf("exit %d, recorded 6: %+v", r.exit, r)
	}
}

func TestStart_certificates(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	later := time.Now().Add(time.Hour)
	damage := map[string]func(t *testing.T, dir string) error{
		"start_key0644":    func(_ *testing.T, dir string) error { return os.Chmod(filepath.Join(dir, "node.key"), 0o644) },
		"start_key0640grp": func(_ *testing.T, dir string) error { return os.Chmod(filepath.Join(dir, "node.key"), 0o640) },
		"start_nonode":     func(_ *testing.T, dir string) error { return os.Remove(filepath.Join(dir, "node.crt")) },
		"start_nokey":      func(_ *testing.T, dir string) error { return os.Remove(filepath.Join(dir, "node.key")) },
		"start_noca":       func(_ *testing.T, dir string) error { return os.Remove(filepath.Join(dir, "ca.crt")) },
		"start_mismatch": func(_ *testing.T, dir string) error {
			return os.Rename(filepath.Join(dir, "client.root.key"), filepath.Join(dir, "node.key"))
		},
		"start_garbage": func(_ *testing.T, dir string) error {
			return os.WriteFile(filepath.Join(dir, "node.crt"), []byte("garbage\n"), 0o644)
		},
		"start_cnbad": func(t *testing.T, dir string) error {
			ca.pair(t, dir, "node", "notnode", later, "localhost", "127.0.0.1")
			return nil
		},
		"start_sanbad": func(t *testing.T, dir string) error {
			ca.pair(t, dir, "node", "node", later, "other.example")
			return nil
		},
	}
	recs := recordings(t, "start.txt")
	for name, do := range damage {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := ca.certsDir(t)
			if err := do(t, dir); err != nil {
				t.Fatal(err)
			}
			n := names{
				{"/cockroach/certs", dir},
				{"/cockroach/cockroach-data", filepath.Join(folder(t), "cockroach-data")},
				{"127.0.0.1:21801", freeAddr(t)},
				{"127.0.0.1:21802", freeAddr(t)},
			}
			rec := recs[name]
			if rec.exit != stopped {
				replay(t, rec, n, exact)
				return
			}
			startsAll(t, rec, n)
		})
	}
}

// startsAll replays a start that was ended by SIGTERM: what it said is the
// recording's.
func startsAll(t *testing.T, rec recording, n names) {
	t.Helper()
	var args []string
	for _, a := range rec.args {
		args = append(args, n.toLive(a))
	}
	x := &node{rpc: n.toLive("127.0.0.1:21801"), web: n.toLive("127.0.0.1:21802")}
	x.flags = args
	x.out, x.err, x.done = &buffer{}, &buffer{}, make(chan struct{})
	x.cmd = exec.Command(program, args...)
	x.cmd.Stdout, x.cmd.Stderr = x.out, x.err
	if err := x.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = x.cmd.Wait()
		close(x.done)
	}()
	await(t, 10*time.Second, x.describe("says that it waits"), func() bool { return strings.HasSuffix(x.err.String(), "progress. \n*\n") })
	x.signal(t, syscall.SIGTERM)
	code := x.exited(t, 10*time.Second)
	if code != 0 {
		t.Errorf("exit %d after SIGTERM, recorded 0", code)
	}
	check(t, rec, n, exact, result{x.out.String(), x.err.String(), stopped})
}

func TestSignals_beforeInit(t *testing.T) {
	t.Parallel()
	for _, log := range []string{"", "--logtostderr"} {
		n := newNode(t)
		n.flags = []string{"start", "--insecure", "--join=" + n.rpc}
		if log != "" {
			n.flags = append(n.flags, log)
		}
		n.start(t)
		n.signal(t, syscall.SIGTERM)
		if code := n.exited(t, 10*time.Second); code != 0 {
			t.Errorf("%q: exit %d, recorded 0", log, code)
		}
		if got, want := n.out.String(), "initiating graceful shutdown of server\ntoo early to drain; used hard shutdown instead\n"; got != want {
			t.Errorf("%q: stdout %q, recorded %q", log, got, want)
		}
	}
}

func TestSignals_stdoutFromStartToSIGTERM(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3)
	b, err := os.ReadFile("testdata/commands/stdout_start_to_sigterm.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := append(namesOf(nodes, 21301, 21801), struct{ recorded, live string }{"/cockroach/cockroach-data-1", nodes[0].store})
	nodes[0].signal(t, syscall.SIGTERM)
	await(t, 5*time.Second, nodes[0].describe("503"), func() bool { code := nodes[0].readyCode(); return code == 503 || code == 0 })
	if code := nodes[0].exited(t, 20*time.Second); code != 0 {
		t.Errorf("exit %d, recorded 0", code)
	}
	check(t, recording{stdout: string(b)}, n, exact, result{stdout: nodes[0].out.String()})

	nodes[1].signal(t, os.Interrupt)
	if code := nodes[1].exited(t, 30*time.Second); code != 1 {
		t.Errorf("exit %d after SIGINT, recorded 1", code)
	}
	if !strings.Contains(nodes[1].out.String(), "Note: a second interrupt will skip graceful shutdown and terminate forcefully\n") ||
		!strings.HasSuffix(nodes[1].err.String(), "ERROR: interrupted\nFailed running \"start\"\n") {
		t.Error(nodes[1].describe("SIGINT")())
	}
}

func TestSignals_allAtOnceDoNotAllExit(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3)
	for _, n := range nodes {
		n.signal(t, syscall.SIGTERM)
	}
	first := time.After(4 * time.Second)
	<-first // recorded: 4 s later two had not exited
	left := slices.DeleteFunc(nodes, func(n *node) bool {
		select {
		case <-n.done:
			return true
		default:
			return false
		}
	})
	if len(left) != 2 {
		t.Fatalf("%d still run, recorded 2", len(left))
	}
	for _, n := range left {
		if code := n.readyCode(); code != 503 {
			t.Errorf("ready=1 is %d, recorded 503", code)
		}
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	r := execute(t, 10*time.Second, "", "version", "--build-tag")
	if r.exit != 0 || isStandIn() && r.stdout != "v21.1.2\n" {
		t.Errorf("%+v", r)
	}
	r = execute(t, 10*time.Second, "", "version")
	if lines := strings.Split(strings.TrimSpace(r.stdout), "\n"); len(lines) < 8 || !strings.HasPrefix(lines[0], "Build Tag:        v") {
		t.Errorf("%+v", r)
	}
	if isStandIn() && !strings.Contains(r.stdout, "Distribution:     STAND-IN\n") {
		t.Errorf("does not say that it is a stand-in: %+v", r)
	}
}
