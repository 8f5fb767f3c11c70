package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// claim is a claim of the default class, if there is one.
const claim = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: lone}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`

func phase(t *testing.T, dir string) string {
	t.Helper()
	return kubectl(t, dir, "get", "pvc", "lone", "-o", "jsonpath={.status.phase}")
}

// volumePath is where the volume of web-0 is on the host.
func volumePath(t *testing.T, dir string) string {
	t.Helper()
	volume := kubectl(t, dir, "get", "pvc", "data-web-0", "-o", "jsonpath={.spec.volumeName}")
	path := kubectl(t, dir, "get", "pv", volume, "-o", "jsonpath={.spec.hostPath.path}")
	machine := kubectl(t, dir, "get", "pod", "web-0", "-o", "jsonpath={.spec.nodeName}")
	return strings.TrimSpace(must(t, "machine", "path", "--dir", dir, machine, path))
}

// wipe deletes the servers with their claims, and waits until volumes and
// directories are gone.
func wipe(t *testing.T, dir, path string) {
	t.Helper()
	kubectl(t, dir, "delete", "statefulset", "web")
	kubectl(t, dir, "delete", "pvc", "--all")
	eventually(t, 60*time.Second, func() string {
		if left := kubectl(t, dir, "get", "pv", "-o", "name"); left != "" {
			return "still there: " + left
		}
		return ""
	})
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("%s is still there (%v)", path, err)
	}
}

// checkDirectory checks the owner and mode of a volume's directory.
func checkDirectory(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if uid := info.Sys().(*syscall.Stat_t).Uid; info.Mode().Perm() != mode || uid != 0 {
		t.Errorf("%s is %s of user %d, want %s of root", path, info.Mode().Perm(), uid, mode)
	}
}

func TestStorage_none_leavesClaimsPending(t *testing.T) {
	t.Parallel()
	dir := up(t, "--simulated", "1", "--storage", "none")
	apply(t, dir, claim)
	if classes := kubectl(t, dir, "get", "storageclass", "-o", "name"); classes != "" {
		t.Errorf("there are classes: %s", classes)
	}
	if got := phase(t, dir); got != "Pending" {
		t.Errorf("the claim is %s", got)
	}
}

func TestStorage_immediate_bindsWithoutAPodInAnOpenSharedDirectory(t *testing.T) {
	t.Parallel()
	if !haveReal(t) {
		return
	}
	dir := up(t, "--real", "2", "--storage", "immediate")
	apply(t, dir, claim)
	eventually(t, 20*time.Second, func() string {
		if got := phase(t, dir); got != "Bound" {
			return "the claim is " + got
		}
		return ""
	})
	serve(t, dir, 2)
	path := volumePath(t, dir)
	checkDirectory(t, path, 0o777)
	if want := filepath.Join(dir, "shared", "hostpath-provisioner", "default", "data-web-0"); path != want {
		t.Errorf("the volume is at %s, want %s", path, want)
	}
	write(t, dir, "web-0", "/data/row", "shared")
	if got, err := os.ReadFile(filepath.Join(path, "row")); string(got) != "shared" {
		t.Errorf("what web-0 wrote reads %q (%v)", got, err)
	}
	wipe(t, dir, path)
}

func TestStorage_rootOwned_leavesTheDirectoryToTheKubelet(t *testing.T) {
	t.Parallel()
	if !haveReal(t) {
		return
	}
	dir := up(t, "--real", "2", "--storage", "root-owned")
	serve(t, dir, 2)
	path := volumePath(t, dir)
	checkDirectory(t, path, 0o755)
	machine := kubectl(t, dir, "get", "pod", "web-0", "-o", "jsonpath={.spec.nodeName}")
	if own := filepath.Join(dir, "machines", machine); !strings.HasPrefix(path, own) {
		t.Errorf("the volume is at %s, not in %s", path, own)
	}
	wipe(t, dir, path)
}

func TestStorage_waitForConsumer_bindsWhenAPodIsScheduled(t *testing.T) {
	t.Parallel()
	if !haveReal(t) {
		return
	}
	dir := up(t, "--real", "2", "--storage", "wait-for-consumer")
	apply(t, dir, claim)
	serve(t, dir, 2)
	if got := phase(t, dir); got != "Pending" {
		t.Errorf("the claim without a pod is %s", got)
	}
	volume := kubectl(t, dir, "get", "pvc", "data-web-0", "-o", "jsonpath={.spec.volumeName}")
	pinned := kubectl(t, dir, "get", "pv", volume, "-o", "jsonpath={.spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values[0]}")
	if machine := kubectl(t, dir, "get", "pod", "web-0", "-o", "jsonpath={.spec.nodeName}"); pinned != machine {
		t.Errorf("the volume is pinned to %q, the pod is on %q", pinned, machine)
	}
	path := volumePath(t, dir)
	checkDirectory(t, path, 0o777)
	wipe(t, dir, path)
}
