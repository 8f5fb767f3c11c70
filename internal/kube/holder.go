package kube

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
)

// Holder is who holds a lock.
type Holder struct {
	Command string    // "up"
	Host    string    // where it runs
	PID     int       // on that host
	Since   time.Time // set by Lock; by the server's clock
	Token   string    // unique per run, without "/"
}

// String is "up on laptop (pid 4711, since 14:02:11)".
func (h Holder) String() string {
	if h.Command == "" {
		return strconv.Quote(h.Token)
	}
	return fmt.Sprintf("%s on %s (pid %d, since %s)", h.Command, h.Host, h.PID, h.Since.Local().Format(time.TimeOnly))
}

// identity is the holder as it stands in a Lease: "up@laptop/4711/TOKEN".
func (h Holder) identity() string {
	return h.Command + "@" + h.Host + "/" + strconv.Itoa(h.PID) + "/" + h.Token
}

// holderOf reads who holds a lease. What was not written here is all token.
func holderOf(lease *coordinationv1.Lease) Holder {
	var h Holder
	if lease.Spec.AcquireTime != nil {
		h.Since = lease.Spec.AcquireTime.Time
	}
	if lease.Spec.HolderIdentity == nil {
		return h
	}
	rest, token, found := cutLast(*lease.Spec.HolderIdentity, "/")
	rest, pid, numbered := cutLast(rest, "/")
	command, host, named := strings.Cut(rest, "@")
	number, err := strconv.Atoi(pid)
	if !found || !numbered || !named || err != nil {
		h.Token = *lease.Spec.HolderIdentity
		return h
	}
	h.Command, h.Host, h.PID, h.Token = command, host, number, token
	return h
}

// dead tells whether the process of a holder has certainly ended: it ran on this host,
// and there is no such process any more. Where that cannot be told it lives.
func (h Holder) dead(host string) bool {
	if h.Host == "" || h.Host != host || h.PID <= 0 || h.PID == os.Getpid() {
		return false
	}
	process, err := os.FindProcess(h.PID)
	if err != nil {
		return false
	}
	if ended(h.PID) {
		return true
	}
	err = process.Signal(syscall.Signal(0))
	return errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH)
}

// ended tells whether a process has ended though nobody has asked how: where
// nothing does so, as in many containers, it stays in the list for ever. Only
// Linux tells it.
func ended(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := cutLast(string(stat), ") ")
	return strings.HasPrefix(state, "Z")
}
