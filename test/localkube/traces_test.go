package main

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// traces looks for everything that a cluster in dir may have left on the host:
// processes, mounts, links, cgroups, routes, network and mount namespaces. It
// does so by its own means, not by localkube's.
func traces(t *testing.T, dir string) []string {
	t.Helper()
	sum := sha256.Sum256([]byte(dir))
	tag := hex.EncodeToString(sum[:3])
	var left []string
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range processes {
		environ, _ := os.ReadFile(p + "/environ")
		command, _ := os.ReadFile(p + "/cmdline")
		// What runs in a machine sees its mounts from the cluster's folder.
		mounts, _ := os.ReadFile(p + "/mountinfo")
		if strings.Contains(string(environ), "@"+dir+"\x00") || strings.Contains(string(mounts), dir+"/machines") {
			left = append(left, "process "+p+" "+strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	if mounts, _ := os.ReadFile("/proc/self/mountinfo"); strings.Contains(string(mounts), dir) {
		left = append(left, "a mount in "+dir)
	}
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if strings.HasPrefix(l.Name, "lk"+tag) {
			left = append(left, "link "+l.Name) // and with it its routes
		}
	}
	for _, pattern := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
		cgroups, _ := filepath.Glob(pattern + "localkube-" + tag)
		left = append(left, cgroups...)
	}
	return left
}
