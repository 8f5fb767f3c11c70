package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestUp_makesRealMachinesWhosePodsReachEachOtherByName(t *testing.T) {
	t.Parallel()
	if !haveReal(t) {
		return
	}
	dir := up(t, "--real", "3", "--storage", "immediate")

	if out := must(t, "status", "--dir", dir); !strings.Contains(out, "machines: 3 of 3 Ready") {
		t.Errorf("status says %s", out)
	}
	serve(t, dir, 3)
	for i := range 3 {
		pod := fmt.Sprintf("web-%d", i)
		if got := ask(t, dir, pod, "/"); got != pod {
			t.Errorf("%s answers %q", pod, got)
		}
		next := fmt.Sprintf("web-%d", (i+1)%3)
		address := kubectl(t, dir, "get", "pod", next, "-o", "jsonpath={.status.podIP}")
		if got := ask(t, dir, pod, "/lookup?host="+next+".web"); got != address {
			t.Errorf("in %s, %s.web is %q, want %s", pod, next, got, address)
		}
		if got := ask(t, dir, pod, "/fetch?url=http://"+next+".web:8080/"); got != next {
			t.Errorf("%s reaches %q behind the name of %s", pod, got, next)
		}
	}
	nodes := kubectl(t, dir, "get", "pods", "-o", "jsonpath={.items[*].spec.nodeName}")
	for i := range 3 {
		if name := fmt.Sprintf("machine-%d", i+1); !strings.Contains(nodes, name) {
			t.Errorf("no pod on %s: %s", name, nodes)
		}
	}
	zones := kubectl(t, dir, "get", "nodes", "-o", `jsonpath={.items[*].metadata.labels.topology\.kubernetes\.io/zone}`)
	if zones != "z1 z2 z3" {
		t.Errorf("zones are %q", zones)
	}
	if audit, err := os.ReadFile(filepath.Join(dir, "logs", "audit.json")); err != nil || !strings.Contains(string(audit), `"level":"Metadata"`) {
		t.Errorf("audit log: %v, %d bytes", err, len(audit))
	}
	t.Run("a second up changes nothing", func(t *testing.T) {
		before := must(t, "status", "--dir", dir)
		r := run(t, "up", "--dir", dir, "--real", "1")
		if r.code != 0 || !strings.Contains(r.stderr, "it runs already: 3 real machines, storage immediate; nothing is changed") {
			t.Errorf("exit code %d, %s", r.code, r.stderr)
		}
		if after := must(t, "status", "--dir", dir); after != before {
			t.Errorf("status was\n%sand is\n%s", before, after)
		}
	})
}

func TestMachines_haveDirectoriesOfTheirOwn(t *testing.T) {
	t.Parallel()
	if !haveReal(t) {
		return
	}
	dir := up(t, "--real", "2", "--machine-memory", "2Gi", "--machine-cpu", "1")
	for i := 1; i <= 2; i++ {
		apply(t, dir, fmt.Sprintf(`
apiVersion: v1
kind: Pod
metadata: {name: disk-%[1]d}
spec:
  nodeName: machine-%[1]d
  terminationGracePeriodSeconds: 1
  containers: [{name: c, image: "localkube.test/pod:1", args: [serve], volumeMounts: [{name: d, mountPath: /d}]}]
  volumes: [{name: d, hostPath: {path: /any/where, type: DirectoryOrCreate}}]
`, i))
	}
	kubectl(t, dir, "wait", "--for=condition=Ready", "pods", "--all", "--timeout=60s")
	write(t, dir, "disk-1", "/d/name", "one")
	write(t, dir, "disk-2", "/d/name", "two")
	for name, want := range map[string]string{"machine-1": "one", "machine-2": "two"} {
		path := strings.TrimSpace(must(t, "machine", "path", "--dir", dir, name, "/any/where/name"))
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s: %s holds %q (%v), want %q", name, path, got, err, want)
		}
	}
	if _, err := os.Stat("/any/where"); err == nil {
		t.Error("the pods' directory is on the host itself")
	}
	allocatable := kubectl(t, dir, "get", "nodes", "-o", "jsonpath={.items[*].status.allocatable.cpu} {.items[*].status.allocatable.memory}")
	if allocatable != "1 1 2Gi 2Gi" && allocatable != "1 1 2097152Ki 2097152Ki" {
		t.Errorf("allocatable is %q, want 1 CPU and 2Gi a machine", allocatable)
	}
}

func TestUp_clustersSideBySideDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	if !haveReal(t) {
		return
	}
	dirs := []string{place(t), place(t)}
	codes := make(chan result, len(dirs))
	for _, dir := range dirs {
		go func() { codes <- run(t, "up", "--dir", dir, "--real", "1", "--storage", "immediate") }()
	}
	for range dirs {
		if r := <-codes; r.code != 0 {
			t.Fatalf("exit code %d\n%s", r.code, r.stderr)
		}
	}
	for _, dir := range dirs {
		serve(t, dir, 1)
	}
	first := kubectl(t, dirs[0], "get", "pod", "web-0", "-o", "jsonpath={.status.podIP}")
	second := kubectl(t, dirs[1], "get", "pod", "web-0", "-o", "jsonpath={.status.podIP}")
	if first == second {
		t.Errorf("both clusters gave a pod the address %s", first)
	}
	must(t, "down", "--dir", dirs[0])
	if got := ask(t, dirs[1], "web-0", "/"); got != "web-0" {
		t.Errorf("after the other cluster ended, web-0 answers %q", got)
	}
}

func TestDown_afterAKilledUp_leavesNothing(t *testing.T) {
	t.Parallel()
	if !haveReal(t) {
		return
	}
	for _, progress := range []string{"", "starting 2 real machines", "etcd ready", "kube-apiserver ready", "machines ready"} {
		t.Run("killed after "+progress, func(t *testing.T) {
			dir := place(t)
			killWhen(t, dir, progress)
			r := run(t, "down", "--dir", dir)
			if r.code != 0 {
				t.Errorf("down: exit code %d\n%s", r.code, r.stderr)
			}
			if left := traces(t, dir); len(left) > 0 {
				t.Errorf("left behind: %s", strings.Join(left, "\n"))
			}
		})
	}
}

func TestUp_overWhatAKilledUpLeft_works(t *testing.T) {
	t.Parallel()
	if !haveReal(t) {
		return
	}
	dir := place(t)
	killWhen(t, dir, "kube-apiserver ready")
	r := run(t, "up", "--dir", dir, "--real", "1")
	if r.code != 0 || !strings.Contains(r.stderr, "removing what an earlier run left") {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
	if r := run(t, "status", "--dir", dir); r.code != 0 {
		t.Errorf("status: exit code %d\n%s", r.code, r.stdout)
	}
}

// killWhen starts a cluster and kills localkube when it has said a certain
// thing, or at once.
func killWhen(t *testing.T, dir, progress string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin(t), "localkube"), "up", "--dir", dir, "--real", "2", "--storage", "immediate")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := ""
	buffer := make([]byte, 4096)
	for !strings.Contains(said, progress) {
		n, err := stderr.Read(buffer)
		said += string(buffer[:n])
		if err != nil {
			t.Fatalf("up ended before it said %q:\n%s", progress, said)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("up ended with %v before it was killed", cmd.ProcessState)
	}
}

func TestUp_onAHostThatForwardsNothing_letsMachinesReachEachOther(t *testing.T) {
	t.Parallel()
	if !haveReal(t) {
		return
	}
	dir := place(t)
	manifest := filepath.Join(t.TempDir(), "manifest.yaml")
	if err := os.WriteFile(manifest, fmt.Appendf(nil, servers, 2), 0o600); err != nil {
		t.Fatal(err)
	}
	// A network namespace of its own is the host here: its rules are as Docker
	// leaves them.
	script := `set -e
ip link set lo up
iptables -P FORWARD DROP
"$0" up --dir "$1" --real 2 --storage immediate
"$0" kubectl --dir "$1" apply -f "$2"
"$0" kubectl --dir "$1" rollout status statefulset/web --timeout 60s
for try in $(seq 50); do # the DNS knows a pod a moment after it is ready
	"$0" kubectl --dir "$1" get --raw '/api/v1/namespaces/default/pods/web-0:8080/proxy/fetch?url=http://web-1.web:8080/' && break
	sleep 0.2
done
"$0" down --dir "$1"
iptables -S FORWARD | sed 's/^/rule /'
`
	out := output(t, "unshare", "--net", "sh", "-c", script, filepath.Join(bin(t), "localkube"), dir, manifest)
	if !strings.Contains(out, "\nweb-1\n") {
		t.Errorf("web-0 did not reach web-1:\n%s", out)
	}
	if rules := strings.Count(out, "\nrule "); rules != 1 {
		t.Errorf("down left %d rules, want the policy alone:\n%s", rules, out)
	}
}

func TestMachine_comesBackWithItsVolumes(t *testing.T) {
	t.Parallel()
	if !haveReal(t) {
		return
	}
	dir := up(t, "--real", "2", "--storage", "root-owned")
	serve(t, dir, 2)
	machine := kubectl(t, dir, "get", "pod", "web-0", "-o", "jsonpath={.spec.nodeName}")
	write(t, dir, "web-0", "/data/row", "kept")

	must(t, "machine", "stop", machine, "--dir", dir)
	if r := run(t, "status", "--dir", dir); r.code != 1 {
		t.Errorf("status with a stopped machine: exit code %d\n%s", r.code, r.stdout)
	}
	eventually(t, 60*time.Second, func() string {
		ready := kubectl(t, dir, "get", "node", machine, "-o", `jsonpath={.status.conditions[?(@.type=="Ready")].status}`)
		if ready == "True" {
			return machine + " still counts as Ready"
		}
		return ""
	})
	must(t, "machine", "start", machine, "--dir", dir)
	eventually(t, 60*time.Second, func() string {
		r := run(t, "kubectl", "--dir", dir, "--", "get", "--raw", "/api/v1/namespaces/default/pods/web-0:8080/proxy/file?path=/data/row")
		if strings.TrimSpace(r.stdout) != "kept" {
			return "web-0 answers " + r.stdout + r.stderr
		}
		return ""
	})
	if restarts := kubectl(t, dir, "get", "pod", "web-0", "-o", "jsonpath={.status.containerStatuses[0].restartCount}"); restarts == "0" {
		t.Error("web-0 did not restart with its machine")
	}
}

func TestServers_stopAndStart(t *testing.T) {
	t.Parallel()
	dir := up(t, "--simulated", "1")
	for _, server := range []string{"apiserver", "etcd"} {
		must(t, server, "stop", "--dir", dir)
		if r := run(t, "status", "--dir", dir); r.code != 1 || !strings.Contains(r.stdout, "stopped") {
			t.Errorf("status without %s: exit code %d\n%s", server, r.code, r.stdout)
		}
		if r := run(t, "kubectl", "--dir", dir, "--", "create", "configmap", "c-"+server, "--request-timeout=2s"); r.code == 0 {
			t.Errorf("without %s an object could be made", server)
		}
		must(t, server, "start", "--dir", dir)
		kubectl(t, dir, "create", "configmap", "c-"+server)
	}
	must(t, "status", "--dir", dir)
}
