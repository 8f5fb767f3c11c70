package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// bin is the folder with the binaries under test.
func bin(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("LOCALKUBE_BIN")
	if dir == "" {
		t.Fatal("LOCALKUBE_BIN: say in which folder localkube and its components are; `make test-kube` does")
	}
	return dir
}

// haveReal says whether real machines can be made here. Where they cannot, the
// scenario is counted as not proven by whoever runs the tests.
func haveReal(t *testing.T) bool {
	t.Helper()
	if os.Geteuid() == 0 {
		return true
	}
	fmt.Println("needs real machines:", t.Name())
	return false
}

// result is how a run of localkube ended.
type result struct {
	stdout, stderr string
	code           int
}

// run runs localkube to its end.
func run(t *testing.T, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin(t), "localkube"), args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// must runs localkube and fails the test unless it exits 0.
func must(t *testing.T, args ...string) string {
	t.Helper()
	r := run(t, args...)
	if r.code != 0 {
		t.Fatalf("localkube %s: exit code %d\n%s%s", strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// place is the folder of a test's own cluster, which is removed when the test
// ends; that nothing is left is checked each time.
func place(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "cluster")
	t.Cleanup(func() {
		if t.Failed() {
			showLogs(t, dir)
		}
		out, err := exec.Command(filepath.Join(bin(t), "localkube"), "down", "--purge", "--dir", dir).CombinedOutput()
		if err != nil {
			t.Errorf("down: %v\n%s", err, out)
		}
		if left := traces(t, dir); len(left) > 0 {
			t.Errorf("left behind: %s", strings.Join(left, "\n"))
		}
	})
	return dir
}

// up starts a cluster in a place of its own.
func up(t *testing.T, args ...string) string {
	t.Helper()
	dir := place(t)
	must(t, append([]string{"up", "--dir", dir}, args...)...)
	return dir
}

// showLogs prints the ends of the logs of a cluster whose test failed.
func showLogs(t *testing.T, dir string) {
	t.Helper()
	logs, _ := filepath.Glob(filepath.Join(dir, "logs", "*", "*.log"))
	for _, path := range logs {
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		lines := strings.Split(strings.TrimSpace(string(data)), "\n")
		t.Logf("%s:\n%s", path, strings.Join(lines[max(0, len(lines)-8):], "\n"))
	}
}

// kubectl runs kubectl on the cluster in dir and returns what it prints.
func kubectl(t *testing.T, dir string, args ...string) string {
	t.Helper()
	return strings.TrimSpace(must(t, append([]string{"kubectl", "--dir", dir, "--"}, args...)...))
}

// apply applies a manifest.
func apply(t *testing.T, dir, manifest string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "manifest.yaml")
	if err := os.WriteFile(path, []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	kubectl(t, dir, "apply", "-f", path)
}

// ask sends a GET to the server of tests in a pod, through the API server.
func ask(t *testing.T, dir, pod, path string) string {
	t.Helper()
	return kubectl(t, dir, "get", "--raw", "/api/v1/namespaces/default/pods/"+pod+":8080/proxy"+path)
}

// eventually waits until check returns "", which else says what is not yet so.
func eventually(t *testing.T, limit time.Duration, check func() string) {
	t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		not := check()
		if not == "" {
			return
		}
		select {
		case <-deadline.C:
			t.Fatalf("after %s: %s", limit, not)
		case <-tick.C:
		}
	}
}

// servers is a StatefulSet with one pod a machine, each with a claim mounted
// at /data.
const servers = `
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 8080}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: %d
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}
      containers:
      - name: web
        image: localkube.test/pod:1
        args: [serve]
        readinessProbe: {periodSeconds: 1, httpGet: {path: /, port: 8080}}
        volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`

// serve starts that many servers and waits until they are ready.
func serve(t *testing.T, dir string, count int) {
	t.Helper()
	apply(t, dir, fmt.Sprintf(servers, count))
	kubectl(t, dir, "rollout", "status", "statefulset/web", "--timeout", "60s")
}

// write lets a server write a file.
func write(t *testing.T, dir, pod, path, text string) {
	t.Helper()
	kubectl(t, dir, "exec", pod, "--", "/bin/localkube-pod", "write", path, text)
}

// output runs a program and returns what it prints.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}
