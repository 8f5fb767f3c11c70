package process

import (
	"os"
	"strings"
)

// tailBytes is how much of the end of a log is looked at.
const tailBytes = 16 << 10

// Tail returns the last lines of a log file, each cut at 300 characters.
func Tail(path string, lines int) []string {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > tailBytes {
		_, _ = f.Seek(-tailBytes, 2)
	}
	data := make([]byte, tailBytes)
	n, _ := f.Read(data)
	all := strings.Split(strings.TrimRight(string(data[:n]), "\n"), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	for i, line := range all {
		if len(line) > 300 {
			all[i] = line[:300] + "…"
		}
	}
	return all
}

// Reason guesses from the end of a log why the program did not start; empty
// where nothing is recognised.
func Reason(tail []string) string {
	text := strings.ToLower(strings.Join(tail, "\n"))
	for _, known := range reasons() {
		if strings.Contains(text, known.sign) {
			return known.reason
		}
	}
	return ""
}

type knownReason struct{ sign, reason string }

// reasons lists signs in logs, the surest first.
func reasons() []knownReason {
	return []knownReason{
		{"address already in use", "another program took the port; `localkube down`, then `localkube up` chooses others"},
		{"no space left on device", "the disk is full, or the limit fs.inotify.max_user_watches is reached"},
		{"too many open files", "a limit is reached: try `sysctl fs.inotify.max_user_instances=512`, or fewer machines"},
		{"inotify_init", "a limit is reached: try `sysctl fs.inotify.max_user_instances=512`, or fewer machines"},
		{"cannot allocate memory", "this host has too little free memory"},
		{"failed to mount overlay", "the file system under --dir cannot carry overlayfs: choose a --dir on ext4 or xfs"},
		{"cgroup", "the host's cgroups are not as the kubelet needs them: is this inside a container without its own cgroups?"},
		{"operation not permitted", "this process lacks a capability: real machines need the rights of root on the host, not of a confined container"},
		{"permission denied", "files under --dir belong to somebody else, or the rights of root are missing"},
		{"unknown flag", "the component is of another version than localkube expects: build both anew"},
	}
}
