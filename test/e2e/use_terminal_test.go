//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// The SQL shell on a terminal, as somebody sits before it.

func TestSQL_onATerminal(t *testing.T) {
	p := arrive(t, defaultClass)
	p.crdb(p.up(p.small("--nodes", "1")...)...).ok("ready in")
	p.step("keys go there, what it says comes back, and Ctrl-D ends it", func(p place) {
		s := p.openTerminal(80, 24, nil, "sql")
		s.types("SELECT 40 + 2;\r")
		s.until("42")
		p.await(20*time.Second, func() string { return p.shellIs(80, 24) })
		resize(p.t, s.terminal, 123, 45)
		p.await(20*time.Second, func() string { return p.shellIs(123, 45) })
		s.types("\x04")
		s.ends(0)
	})
	p.step("Ctrl-C goes there too", func(p place) {
		s := p.openTerminal(80, 24, nil, "sql")
		s.types("SELECT 40 + 3;\r")
		s.until("43")
		s.types("\x03")
		s.ends(130)
	})
	p.step("a signal ends it, and the terminal is as it was", func(p place) {
		s := p.openTerminal(80, 24, nil, "sql")
		s.types("SELECT 40 + 4;\r")
		s.until("44")
		theirs, err := os.OpenFile(s.name, os.O_RDWR|syscall.O_NOCTTY, 0) // it would be gone with the program
		if err != nil {
			p.t.Fatal(err)
		}
		if before := modes(p.t, theirs); before.Lflag&syscall.ECHO != 0 {
			p.t.Fatal("the terminal still echoes: nothing is to be restored")
		}
		if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			p.t.Fatal(err)
		}
		p.await(20*time.Second, func() string {
			if now := modes(p.t, theirs); now.Lflag&syscall.ECHO == 0 || now.Lflag&syscall.ICANON == 0 {
				return "the terminal does not echo"
			}
			return ""
		})
		theirs.Close()
		s.ends(143)
	})
}

// types presses keys.
func (s *session) types(keys string) {
	s.place.t.Helper()
	if _, err := s.terminal.WriteString(keys); err != nil {
		s.place.t.Fatal(err)
	}
}

// modes are how a terminal is set.
func modes(t *testing.T, terminal *os.File) (modes syscall.Termios) {
	t.Helper()
	control(t, terminal, syscall.TCGETS, unsafe.Pointer(&modes))
	return modes
}

// shellIs looks from outside for a SQL shell in a container with a terminal of
// this size.
func (p place) shellIs(width, height int) string {
	if p.cluster.dir == "" {
		return "" // its processes cannot be seen from here
	}
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		p.t.Fatal(err)
	}
	var seen []string
	for _, folder := range folders {
		line, err := os.ReadFile(filepath.Join(folder, "cmdline"))
		if err != nil || !strings.HasPrefix(string(line), cockroachProgram+"\x00sql\x00") {
			continue
		}
		terminal, err := os.OpenFile(filepath.Join(folder, "fd/0"), os.O_RDWR|syscall.O_NOCTTY, 0)
		if err != nil {
			continue // it has ended meanwhile
		}
		var size windowSize
		raw, err := terminal.SyscallConn()
		if err != nil {
			p.t.Fatal(err)
		}
		_ = raw.Control(func(fd uintptr) {
			_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
		})
		terminal.Close()
		seen = append(seen, fmt.Sprintf("%dx%d", size.columns, size.rows))
	}
	if want := fmt.Sprintf("%dx%d", width, height); !strings.Contains(strings.Join(seen, " "), want) {
		return fmt.Sprintf("the terminal is %v, want %s", seen, want)
	}
	return ""
}
