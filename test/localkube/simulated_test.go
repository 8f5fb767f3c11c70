package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUp_simulatedMachinesRunPodsInNameOnly(t *testing.T) {
	t.Parallel()
	dir := up(t, "--simulated", "20", "--storage", "immediate")
	if out := must(t, "status", "--dir", dir); !strings.Contains(out, "machines: 20 of 20 Ready") {
		t.Errorf("status says %s", out)
	}
	serve(t, dir, 5)
	if claims := kubectl(t, dir, "get", "pvc", "-o", "jsonpath={.items[*].status.phase}"); claims != "Bound Bound Bound Bound Bound" {
		t.Errorf("the claims are %q", claims)
	}
	capacity := kubectl(t, dir, "get", "node", "simulated-7", "-o", "jsonpath={.status.allocatable.cpu} {.status.allocatable.memory}")
	if capacity != "8 32Gi" {
		t.Errorf("a simulated machine has %q", capacity)
	}
	kubectl(t, dir, "delete", "statefulset", "web", "--timeout=30s")
	if r := run(t, "load", "--dir", dir, os.DevNull); r.code != 1 || !strings.Contains(r.stderr, "simulated machines run no images") {
		t.Errorf("load: exit code %d, %s", r.code, r.stderr)
	}
}

func TestUp_realAndSimulatedMachinesTogether(t *testing.T) {
	t.Parallel()
	if !haveReal(t) {
		return
	}
	dir := up(t, "--real", "1", "--simulated", "2")
	if out := must(t, "status", "--dir", dir); !strings.Contains(out, "machines: 3 of 3 Ready (1 real and 2 simulated machines") {
		t.Errorf("status says %s", out)
	}
	kubectl(t, dir, "run", "one", "--image=localkube.test/pod:1", "--", "serve")
	kubectl(t, dir, "wait", "--for=condition=Ready", "pod/one", "--timeout=60s")
	if machine := kubectl(t, dir, "get", "pod", "one", "-o", "jsonpath={.spec.nodeName}"); machine != "machine-1" {
		t.Errorf("a pod that asks for nothing runs on %s", machine)
	}
}

func TestUp_refusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	dir := filepath.Join(t.TempDir(), "none")
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no machine", []string{"up", "--dir", dir}, 1, "a cluster needs a machine"},
		{"no folder", []string{"up", "--simulated", "1"}, 2, "--dir"},
		{"an argument too many", []string{"up", "--dir", dir, "more"}, 2, "unknown command"},
		{"an unknown flag", []string{"up", "--dir", dir, "--fake"}, 2, "unknown flag"},
		{"an unknown set-up", []string{"up", "--dir", dir, "--simulated", "1", "--storage", "tape"}, 1, "one of none, immediate"},
		{"a missing program", []string{"up", "--dir", dir, "--simulated", "1", "--bin", empty}, 1, "`make bin/localkube-components` builds it"},
		{"a consumer that cannot be", []string{"up", "--dir", dir, "--simulated", "1", "--storage", "wait-for-consumer"}, 1, "needs a real machine"},
		{"status of nothing", []string{"status", "--dir", dir}, 1, "no cluster here"},
		{"kubeconfig of nothing", []string{"kubeconfig", "--dir", dir}, 1, "no cluster here"},
		{"kubectl on nothing", []string{"kubectl", "--dir", dir, "get", "nodes"}, 1, "no cluster here"},
		{"stop in nothing", []string{"machine", "stop", "machine-1", "--dir", dir}, 1, "no cluster here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := run(t, c.args...)
			if r.code != c.code || !strings.Contains(r.stderr, c.want) {
				t.Errorf("exit code %d, want %d; %q, want %q in it", r.code, c.code, r.stderr, c.want)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Errorf("%s was made", dir)
			}
		})
	}
}

func TestUp_saysWhyAComponentDidNotStart(t *testing.T) {
	t.Parallel()
	dir := place(t)
	// A scheduler, an API server and all the rest that end at once.
	broken := t.TempDir()
	for _, name := range []string{"localkube-components", "kwok"} {
		script := "#!/bin/sh\necho listen tcp 127.0.0.1:1: bind: address already in use >&2\nexit 7\n"
		if err := os.WriteFile(filepath.Join(broken, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r := run(t, "up", "--dir", dir, "--simulated", "1", "--bin", broken)
	for _, want := range []string{
		"etcd ended: exit status 7", "last lines of " + dir + "/logs/control/etcd.log",
		"address already in use", "likely: another program took the port", "localkube down --dir " + dir,
	} {
		if r.code != 1 || !strings.Contains(r.stderr, want) {
			t.Errorf("exit code %d, %q is not in:\n%s", r.code, want, r.stderr)
		}
	}
}

func TestDown_whereNothingIs_saysSo(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "none")
	for range 2 {
		r := run(t, "down", "--dir", dir)
		if r.code != 0 || !strings.Contains(r.stderr, "no cluster here") {
			t.Errorf("exit code %d, %s", r.code, r.stderr)
		}
	}
}

func TestDown_removesNothingButItsOwn(t *testing.T) {
	t.Parallel()
	dir := up(t, "--simulated", "1")
	mine := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "down", "--dir", dir)
	if logs, err := os.ReadDir(filepath.Join(dir, "logs")); err != nil || len(logs) == 0 {
		t.Errorf("the logs are not kept: %v", err)
	}
	must(t, "down", "--purge", "--dir", dir)
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "notes.txt" {
		t.Errorf("what is left is %v (%v), want notes.txt alone", left, err)
	}
}

func TestKubectl_byName(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "kubectl")
	if err := os.Symlink(filepath.Join(bin(t), "localkube"), name); err != nil {
		t.Fatal(err)
	}
	out := output(t, name, "version", "--client")
	if !strings.Contains(out, "Client Version: v") {
		t.Errorf("kubectl version says %s", out)
	}
}
