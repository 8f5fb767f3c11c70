package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	// watchLimit is the kernel's limit of inotify instances for each user. It
	// is 128 by default, and all programs of all machines are root's.
	watchLimit = "/proc/sys/fs/inotify/max_user_instances"
	// A kubelet has 6, containerd 1, and pods may want some.
	watchesPerMachine = 12
	// The control plane's programs have about 10.
	watchesPerCluster = 16
	// plenty is what the limit is raised to.
	plenty = 1024
)

// RaiseWatchLimit sees to it that so many more machines find room under the
// kernel's limit of inotify instances: without it kubelets end with "too many
// open files". It changes the host's setting only where the room would not do,
// says so, and leaves it: other programs may count on it by the time the
// machines are gone. If it cannot, the kubelet's log will tell.
func RaiseWatchLimit(machines int, report func(string)) {
	text, err := os.ReadFile(watchLimit)
	if err != nil {
		return
	}
	limit, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || watchesInUse()+machines*watchesPerMachine+watchesPerCluster <= limit {
		return
	}
	if err := os.WriteFile(watchLimit, []byte(strconv.Itoa(max(plenty, 2*limit))), 0o644); err == nil {
		report(fmt.Sprintf("fs.inotify.max_user_instances was %d, too few for %d more machines: raised to %d until the next boot", limit, machines, max(plenty, 2*limit)))
	}
}

// watchesInUse counts the inotify instances of all processes that can be seen.
func watchesInUse() int {
	files, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0
	}
	count := 0
	for _, f := range files {
		if target, err := os.Readlink(f); err == nil && strings.HasPrefix(target, "anon_inode:inotify") {
			count++
		}
	}
	return count
}
