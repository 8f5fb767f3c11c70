package server

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// logger writes lines of the recorded shape:
//
//	I261122 16:12:12.339019 23 server/init.go:261 ⋮ [n?] 259  message
type logger struct {
	sink     Sink
	severity byte
	stderr   io.Writer

	mu      sync.Mutex
	file    *os.File
	counter int
	node    string
}

const severities = "IWEF"

func newLogger(c Config) *logger {
	l := &logger{sink: c.Sink, stderr: c.Stderr, node: "n?", severity: 'I'}
	if c.Severity != "" {
		l.severity = strings.ToUpper(c.Severity)[0] // NONE: above all of severities
	}
	return l
}

// open begins the log file in the store. It is made, and written to, in any
// case: that is how a full disk shows.
func (l *logger) open(store string) error {
	f, err := os.OpenFile(filepath.Join(store, "logs", "cockroach.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("unable to create log directory: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.file = f
	_, err = f.WriteString("log of a stand-in for CockroachDB\n")
	return err
}

func (l *logger) setNode(id int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.node = fmt.Sprintf("n%d", id)
}

func (l *logger) infof(source, format string, args ...any) {
	l.printf('I', source, "", format, args...)
}

func (l *logger) warnf(source, format string, args ...any) {
	l.printf('W', source, "", format, args...)
}

// printf writes one entry; an empty tag is the node's.
func (l *logger) printf(severity byte, source, tag, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if tag == "" {
		tag = l.node
	}
	l.counter++
	prefix := fmt.Sprintf("%c%s 1 %s ⋮ [%s] %d ", severity, time.Now().UTC().Format("060102 15:04:05.000000"), source, tag, l.counter)
	var b strings.Builder
	for i, line := range strings.Split(fmt.Sprintf(format, args...), "\n") {
		mark := " "
		if i > 0 {
			mark = "+"
		}
		b.WriteString(prefix + mark + line + "\n")
	}
	switch {
	case l.sink == ToStderr && strings.IndexByte(severities, severity) >= strings.IndexByte(severities+"N", l.severity):
		_, _ = io.WriteString(l.stderr, b.String())
	case l.sink == ToFile && l.file != nil:
		_, _ = l.file.WriteString(b.String())
	}
}

// shout is for the user: framed on stderr, or an entry where the log goes
// there.
func (l *logger) shout(severity byte, source, text string) {
	if l.sink == ToStderr {
		l.printf(severity, source, "-", "%s", text)
		return
	}
	word := map[byte]string{'I': "INFO", 'W': "WARNING", 'E': "ERROR"}[severity]
	fmt.Fprintf(l.stderr, "*\n* %s: %s\n*\n", word, strings.ReplaceAll(text, "\n", "\n* "))
}

// raw is how an error comes out before the log is set up.
func (l *logger) raw(text string) {
	fmt.Fprintf(l.stderr, "E%s 1 1@cli/error.go:399  [-] 1  %s\n", time.Now().UTC().Format("060102 15:04:05.000000"), text)
}
