//go:build linux

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"github.com/crdb-kube/crdb-kube/internal/progress/screentest"
)

// What a person sees: the program on a terminal of the system, all three
// streams of it, interrupted in the middle and then through to its end.

func TestUp_onATerminal_leavesItAsItWasFound(t *testing.T) {
	p := arrive(t, defaultClass)
	p.step("SIGTERM while the pods start, 40 cells wide and without colour", func(p place) {
		s := p.openTerminal(40, 24, []string{"NO_COLOR=1"}, p.up(p.small()...)...)
		s.until("cockroachdb-0")
		if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			p.t.Fatal(err)
		}
		s.ends(143)
		s.shows(`✓ apply .*`, `✗ start .*`, `error: interrupted by SIGTERM`, `  next  crdb-kube up.*`)
		if text := s.heard(); strings.Contains(text, "\x1b[0m") {
			p.t.Errorf("it is coloured in spite of NO_COLOR: %q", text)
		}
	})
	p.step("the same command, 80 cells wide, comes to its end", func(p place) {
		s := p.openTerminal(80, 24, nil, p.up(p.small()...)...)
		s.ends(0)
		s.shows(`✓ check .*`, `✓ cleanup .*`, `✓ storage   3 claims of .*`, `✓ apply .*`, `✓ start     3 of 3 pods answer.*`,
			`[✓-] init      cluster .*`, `✓ ready     3 pods ready.*`, ``, `ready in .*`, `  shell   .*`)
		if text := s.heard(); !strings.Contains(text, "\x1b[32m✓") {
			p.t.Errorf("it is not coloured: %q", text)
		}
	})
}

// session is a call of the program on a terminal of its own.
type session struct {
	place         place
	cmd           *exec.Cmd
	terminal      *os.File // its other end
	name          string   // of its own end
	width, height int
	cancel        context.CancelFunc
	ended         chan struct{} // all that it wrote was read

	mu   sync.Mutex
	text []byte
	news chan struct{} // closed and replaced when text grows
}

// openTerminal starts the program in the scenario's namespace on a terminal of
// this size in cells.
func (p place) openTerminal(width, height int, env []string, args ...string) *session {
	p.t.Helper()
	ours, theirs := openPTY(p.t, width, height)
	ctx, cancel := context.WithTimeout(p.t.Context(), hung)
	s := &session{place: p, terminal: ours, name: theirs.Name(), width: width, height: height, cancel: cancel, ended: make(chan struct{}), news: make(chan struct{})}
	s.cmd = exec.CommandContext(ctx, p.suite.program("crdb-kube"), p.here(args)...)
	s.cmd.Env = append(append(p.suite.environment(p.cluster.kubeconfig), "TERM=xterm-256color"), env...)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = theirs, theirs, theirs
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err := s.cmd.Start()
	if closed := theirs.Close(); err != nil || closed != nil {
		p.t.Fatal(err, closed)
	}
	go s.read(ours)
	return s
}

// read takes in what the program writes until nobody has the terminal open.
func (s *session) read(from *os.File) {
	defer close(s.ended)
	defer from.Close()
	buffer := make([]byte, 1<<16)
	for {
		n, err := from.Read(buffer)
		s.mu.Lock()
		s.text = append(s.text, buffer[:n]...)
		close(s.news)
		s.news = make(chan struct{})
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *session) heard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.text)
}

// until waits for a word on the terminal.
func (s *session) until(word string) {
	s.place.t.Helper()
	for {
		s.mu.Lock()
		text, more := string(s.text), s.news
		s.mu.Unlock()
		if strings.Contains(text, word) {
			return
		}
		select {
		case <-more:
		case <-s.ended:
			s.place.t.Fatalf("it ended before it said %q: %q", word, text)
		}
	}
}

// ends waits for the end, wants this exit code, and looks at what is left of
// the terminal.
func (s *session) ends(code int) {
	t := s.place.t
	t.Helper()
	err := s.cmd.Wait()
	s.cancel()
	<-s.ended
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	screen := s.screen()
	if got := s.cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("exit code %d, want %d\n%s", got, code, screen)
	}
	if !screen.AsFound() {
		t.Errorf("the terminal is not as it was found: %q", s.heard())
	}
	if strings.ContainsAny(screen.String(), "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏") {
		t.Errorf("something still turns:\n%s", screen)
	}
}

// screen is what the terminal shows, and what has scrolled away.
func (s *session) screen() *screentest.Screen {
	screen := screentest.New(s.place.t, s.width, s.height)
	fmt.Fprint(screen, s.heard())
	return screen
}

// shows wants rows that match these expressions, in this order, others
// between them or not.
func (s *session) shows(expressions ...string) {
	s.place.t.Helper()
	rows := strings.Split(s.screen().String(), "\n")
	for _, expression := range expressions {
		want := regexp.MustCompile("^" + expression + "$")
		for {
			if len(rows) == 0 {
				s.place.t.Fatalf("no row, or none where it should be, is %q:\n%s", expression, s.screen())
			}
			row := rows[0]
			rows = rows[1:]
			if want.MatchString(row) {
				break
			}
		}
	}
}

// openPTY makes a terminal: what a program writes to theirs is read from ours.
func openPTY(t *testing.T, width, height int) (ours, theirs *os.File) {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	var number, unlocked int32
	control(t, ours, syscall.TIOCSPTLCK, unsafe.Pointer(&unlocked))
	control(t, ours, syscall.TIOCGPTN, unsafe.Pointer(&number))
	resize(t, ours, width, height)
	theirs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

// resize gives the terminal another size, of which the program is told.
func resize(t *testing.T, terminal *os.File, width, height int) {
	t.Helper()
	size := windowSize{rows: uint16(height), columns: uint16(width)}
	control(t, terminal, syscall.TIOCSWINSZ, unsafe.Pointer(&size))
}

// windowSize is what the kernel keeps of a terminal.
type windowSize struct{ rows, columns, x, y uint16 }

func control(t *testing.T, terminal *os.File, request uintptr, argument unsafe.Pointer) {
	t.Helper()
	raw, err := terminal.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, failed = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(argument))
	})
	if err != nil || failed != 0 {
		t.Fatal(err, failed)
	}
}
