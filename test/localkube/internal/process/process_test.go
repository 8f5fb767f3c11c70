package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// start starts a shell script as a process of the cluster in dir.
func start(t *testing.T, dir, name, script string) *Running {
	t.Helper()
	r, err := Start(Command{Name: name, Dir: dir, Log: filepath.Join(dir, name+".log"), Args: []string{"/bin/sh", "-c", script}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Kill(9) })
	return r
}

func TestFind_seesOnlyTheProcessesOfItsCluster(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	mine := start(t, dir, "mine", "exec sleep 60")
	start(t, other, "theirs", "exec sleep 60")
	found, err := Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.Name != "mine" {
			t.Errorf("found %+v", f)
		}
	}
	if len(found) == 0 || found[0].Started != mine.Started {
		t.Errorf("found %+v, want %+v among them", found, mine.Ref)
	}
}

func TestEnd_killsWhatIgnoresSIGTERM(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir, "deaf", "trap '' TERM; echo ready; while :; do sleep 1; done")
	awaitLine(t, filepath.Join(dir, "deaf.log"), "ready")
	if err := End(t.Context(), []Ref{r.Ref}, 200*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	<-r.Ended
	if r.Err == nil || !strings.Contains(r.Err.Error(), "killed") {
		t.Errorf("it ended with %v", r.Err)
	}
}

func TestKill_leavesAnotherProcessOfThatNumberAlone(t *testing.T) {
	r := start(t, t.TempDir(), "later", "exec sleep 60")
	earlier := Ref{Name: "earlier", PID: r.PID, Started: r.Started - 1}
	if earlier.Alive() {
		t.Error("a process that was started at another time counts as alive")
	}
	if err := earlier.Kill(9); err != nil {
		t.Fatal(err)
	}
	if !r.Alive() {
		t.Error("the process that has the number now was killed")
	}
}

func TestStart_handsOnNothingOfTheCallersEnvironment(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://proxy.invalid")
	dir := t.TempDir()
	r := start(t, dir, "env", "env")
	<-r.Ended
	log, err := os.ReadFile(filepath.Join(dir, "env.log"))
	if err != nil || strings.Contains(string(log), "proxy") || !strings.Contains(string(log), "LOCALKUBE_PROCESS=env@"+dir) {
		t.Errorf("%v: %s", err, log)
	}
}

func TestReason_namesWhatIsKnown(t *testing.T) {
	for line, want := range map[string]string{
		"listen tcp 127.0.0.1:2379: bind: address already in use": "another program took the port",
		"inotify_init: too many open files":                       "max_user_instances",
		"everything is fine":                                      "",
	} {
		got := Reason([]string{"first", line})
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q in it", line, got, want)
		}
	}
}

// awaitLine waits until a log ends with a certain line.
func awaitLine(t *testing.T, path, line string) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if tail := Tail(path, 1); len(tail) == 1 && tail[0] == line {
			return
		}
		select {
		case <-deadline.C:
			t.Fatalf("%s does not end with %q", path, line)
		case <-tick.C:
		}
	}
}
