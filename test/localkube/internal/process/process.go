// Package process starts programs that outlive localkube, finds them again and
// ends them, and only them.
//
// Every one carries a variable in its environment that names it and the
// cluster's folder, so that it is found even if the localkube that started it
// was killed before it could write down its number. A number alone never
// decides: it is compared with the time at which the process was started.
package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// marker is the environment variable that every process of a cluster carries;
// its value is NAME@DIR.
const marker = "LOCALKUBE_PROCESS"

// Mark is the environment entry for the process with this name of the cluster
// in dir.
func Mark(name, dir string) string { return marker + "=" + name + "@" + dir }

// Ref is a process, beyond the reuse of its number.
type Ref struct {
	Name string `json:"name"`
	PID  int    `json:"pid"`
	// Started is when, in clock ticks since the host's boot, as the kernel says.
	Started uint64 `json:"started"`
}

// Alive says whether that very process still runs; a zombie does not.
func (r Ref) Alive() bool {
	started, state, err := stat(r.PID)
	return err == nil && started == r.Started && state != 'Z' && state != 'X'
}

// Kill sends the signal if that very process still runs.
func (r Ref) Kill(signal syscall.Signal) error {
	p, err := os.FindProcess(r.PID) // holds on to the process, not to the number
	if err != nil {
		return err
	}
	defer func() { _ = p.Release() }()
	if !r.Alive() {
		return nil
	}
	err = p.Signal(signal)
	if errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

// Command is a program to start.
type Command struct {
	// Name is what the process is called in state, log and messages.
	Name string
	// Dir is the cluster's folder.
	Dir string
	// Log is the file that gets its output; what is in it is kept.
	Log string
	// Args are the program's path and its arguments.
	Args []string
	// Namespaces are clone flags; 0 for the host's own namespaces.
	Namespaces uintptr
	// Input becomes file descriptor 3, if given.
	Input *os.File
}

// Running is a process started by this very program.
type Running struct {
	Ref
	// Ended is closed when it ends; Err then says how.
	Ended chan struct{}
	// Err is how it ended; nil for exit code 0. Read it after Ended.
	Err error
}

// Start starts the program in a session of its own, in the folder /, with a
// small environment: nothing of the caller's but PATH reaches it.
func Start(c Command) (*Running, error) {
	if err := os.MkdirAll(filepath.Dir(c.Log), 0o755); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(c.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(c.Args[0], c.Args[1:]...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/", Mark(c.Name, c.Dir)}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Cloneflags: c.Namespaces}
	if c.Input != nil {
		cmd.ExtraFiles = []*os.File{c.Input}
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	started, _, err := stat(cmd.Process.Pid)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	r := &Running{Ref: Ref{Name: c.Name, PID: cmd.Process.Pid, Started: started}, Ended: make(chan struct{})}
	go func() {
		r.Err = cmd.Wait()
		close(r.Ended)
	}()
	return r, nil
}

// Find returns all processes that carry the mark of the cluster in dir, this
// one excepted.
func Find(dir string) ([]Ref, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var found []Ref
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		started, state, err := stat(pid)
		if err != nil || state == 'Z' {
			continue
		}
		environ, err := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		if err != nil {
			continue // gone, or somebody else's
		}
		if name, ok := nameOf(environ, dir); ok {
			found = append(found, Ref{Name: name, PID: pid, Started: started})
		}
	}
	slices.SortFunc(found, func(a, b Ref) int { return strings.Compare(a.Name, b.Name) })
	return found, nil
}

// nameOf finds the mark of the cluster in dir in an environment.
func nameOf(environ []byte, dir string) (string, bool) {
	for entry := range bytes.SplitSeq(environ, []byte{0}) {
		value, ok := strings.CutPrefix(string(entry), marker+"=")
		if !ok {
			continue
		}
		name, of, _ := strings.Cut(value, "@")
		return name, of == dir
	}
	return "", false
}

// stat reads a process's start time and state.
func stat(pid int) (started uint64, state byte, err error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	// The second field is the program's name in brackets and may hold anything.
	_, rest, found := strings.Cut(string(data[bytes.LastIndexByte(data, ')')+1:]), " ")
	fields := strings.Fields(rest)
	if !found || len(fields) < 20 {
		return 0, 0, fmt.Errorf("/proc/%d/stat: unexpected form", pid)
	}
	started, err = strconv.ParseUint(fields[19], 10, 64)
	return started, fields[0][0], err
}
