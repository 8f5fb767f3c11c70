package kube

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// In a container whose first process asks nobody how they ended, the ended
// stay in the list.
func TestHolder_isDeadThoughNobodyAskedHowItEnded(t *testing.T) {
	child := exec.Command(os.Args[0], "-test.run=^$")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	holder := Holder{Host: "here", PID: child.Process.Pid}
	for !holder.dead("here") {
		select {
		case <-t.Context().Done():
			t.Fatal("it never counts as dead")
		case <-time.After(time.Millisecond):
		}
	}
	_ = child.Wait()
}
