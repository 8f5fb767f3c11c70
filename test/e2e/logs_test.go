package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestLogs_areOneStreamThroughRestarts(t *testing.T) {
	p := arrive(t, defaultClass)
	p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods")
	p.step("all pods are in it, in order of time", func(p place) {
		got := p.crdb("logs").ok()
		for _, pod := range []string{"cockroachdb-0  ", "cockroachdb-1  ", "cockroachdb-2  "} {
			got.says(got.stdout, pod)
		}
		alone := p.crdb("logs", "cockroachdb-1", "--tail", "1").ok()
		if lines := strings.Count(alone.stdout, "\n"); lines != 1 || strings.HasPrefix(alone.stdout, "cockroachdb-1") {
			p.t.Errorf("want one line without a name: %q", alone.stdout)
		}
	})
	p.step("what is not there is said", func(p place) {
		p.crdb("logs", "cockroachdb-x").fails(1, "is none of cluster")
		p.crdb("logs", "--previous").fails(1, "none of its pods has such a log")
		p.crdb("logs", "--name", "other").fails(6, "there is none")
	})
	p.step("--follow goes through the restart of a pod, and no line comes twice", func(p place) {
		going := p.start("logs", "--follow", "--since", "1h")
		const begun, ended = "cockroachdb-1  .*node startup completed", "cockroachdb-1  .*server drained and shutdown completed"
		going.printing(begun)
		uid := p.pods()[1].UID
		p.kubectl("delete", "pod", "cockroachdb-1", "--grace-period=20")
		going.printing(ended)
		p.await(time.Minute, func() string {
			if pods := p.pods(); len(pods) < 3 || pods[1].UID == uid {
				return "it is not there again"
			}
			return ""
		})
		going.printing("(?s)" + ended + ".*" + begun)
		going.signal(syscall.SIGINT)
		got := going.wait()
		if got.code != 130 {
			p.t.Errorf("exit code %d\n%s", got.code, got.stderr)
		}
		seen := map[string]bool{}
		for line := range strings.Lines(got.stdout) {
			// The database numbers its lines, and gives the time to the microsecond.
			if strings.Contains(line, "⋮") && !strings.Contains(line, " +") {
				if seen[line] {
					p.t.Errorf("twice: %s", line)
				}
				seen[line] = true
			}
		}
	})
	p.step("after the end of a container --previous has what it wrote", func(p place) {
		before := p.pods()[2].Status.ContainerStatuses[0].RestartCount
		p.endContainer("cockroachdb-2")
		p.await(time.Minute, func() string {
			if now := p.pods()[2].Status.ContainerStatuses; len(now) == 0 || now[0].RestartCount == before || now[0].State.Running == nil {
				return "it has not been started again"
			}
			return ""
		})
		got := p.crdb("logs", "cockroachdb-2", "--previous").ok()
		got.says(got.stdout, "node startup completed")
	})
	p.step("a stopped cluster has none", func(p place) {
		p.crdb("down").ok("stopped in")
		p.crdb("logs").fails(1, "is stopped", "crdb-kube up")
	})
}

// endContainer ends the database in a pod, as the kernel would that has no
// memory left.
func (p place) endContainer(pod string) {
	p.t.Helper()
	if p.cluster.dir == "" { // a real image has a shell for it
		p.kubectl("exec", pod, "-c", "cockroachdb", "--", "/bin/bash", "-c", "kill -9 1 || kill 1")
		return
	}
	var uid string
	for _, one := range p.pods() {
		if one.Name == pod {
			uid = string(one.UID)
		}
	}
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		p.t.Fatal(err)
	}
	for _, folder := range folders {
		groups, err := os.ReadFile(filepath.Join(folder, "cgroup"))
		line, lineErr := os.ReadFile(filepath.Join(folder, "cmdline"))
		if err != nil || lineErr != nil || !strings.Contains(string(groups), "/pod"+uid+"/") || !strings.HasPrefix(string(line), cockroachProgram+"\x00start\x00") {
			continue
		}
		number, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			p.t.Fatal(err)
		}
		if err := syscall.Kill(number, syscall.SIGKILL); err != nil {
			p.t.Fatal(err)
		}
		return
	}
	p.t.Fatalf("no database runs in %s", pod)
}

// cockroachProgram is how the database's program is called in its image.
const cockroachProgram = "/cockroach/cockroach"
