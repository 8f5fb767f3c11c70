package boot

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/machine"
)

// supervisor starts programs and reaps everything that ends in the machine,
// orphans of containers included, as its first process must.
type supervisor struct {
	mu      sync.Mutex
	waiting map[int]chan syscall.WaitStatus
}

func newSupervisor() *supervisor {
	s := &supervisor{waiting: map[int]chan syscall.WaitStatus{}}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	go func() {
		for range ended {
			s.reap()
		}
	}()
	return s
}

// reap collects all that have ended, and tells who waits for one of them.
func (s *supervisor) reap() {
	// A program that ends while it is being started is reaped after its number
	// is known: start holds the lock.
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		if told, ok := s.waiting[pid]; ok {
			told <- status
			delete(s.waiting, pid)
		}
	}
}

// start starts a program; its end will be told once.
func (s *supervisor) start(p *service) (<-chan syscall.WaitStatus, error) {
	path, err := exec.LookPath(p.args[0])
	if err != nil {
		return nil, err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	pid, err := syscall.ForkExec(path, p.args, &syscall.ProcAttr{
		Dir: "/", Env: p.env, Files: []uintptr{null.Fd(), p.log.Fd(), p.log.Fd()},
		Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	ended := make(chan syscall.WaitStatus, 1)
	s.waiting[pid] = ended
	return ended, nil
}

// once runs a program to its end and returns its exit code, -1 if it could not
// be run.
func (s *supervisor) once(p *service) int {
	ended, err := s.start(p)
	if err != nil {
		say("%v", err)
		return -1
	}
	return (<-ended).ExitStatus()
}

// tooOften is after how many ends in a row, each soon after the start, a
// program is reported as one that does not stay up.
const tooOften = 3

// keep starts a program and starts it again whenever it ends.
func (s *supervisor) keep(p *service) {
	go func() {
		for short := 0; ; {
			began := time.Now()
			ended, err := s.start(p)
			how := ""
			if err != nil {
				how = err.Error()
			} else {
				how = describe(<-ended)
			}
			if short++; time.Since(began) > 30*time.Second {
				short = 1
			}
			say("%s: %s; starting it again", p.name, how)
			if short >= tooOften {
				fault := fmt.Sprintf("%s ended %d times soon after its start, last: %s\n", p.name, short, how)
				_ = os.WriteFile(filepath.Join(machine.Folder, "fault"), []byte(fault), 0o644)
			}
			<-time.After(time.Duration(min(short, 10)) * 500 * time.Millisecond)
		}
	}()
}

func describe(status syscall.WaitStatus) string {
	if status.Signaled() {
		return "killed by " + status.Signal().String()
	}
	return fmt.Sprintf("ended with %d", status.ExitStatus())
}

// awaitSocket waits until somebody answers on a Unix socket.
func (s *supervisor) awaitSocket(ctx context.Context, path string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := net.Dial("unix", path)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: nobody answers after %s", path, limit)
		case <-tick.C:
		}
	}
}
