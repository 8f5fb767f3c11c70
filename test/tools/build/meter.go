package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	redraw   = 300 * time.Millisecond // of the bar on a terminal
	signOf   = 15 * time.Second       // of life, elsewhere
	barWidth = 24
	quickest = time.Second // what is done sooner needs no bar
)

// meter shows that a build goes on: a bar on a terminal, else a line every
// 15 seconds. It knows what it shows from the go command's own lines.
type meter struct {
	w        io.Writer
	terminal bool
	target   target
	now      func() time.Time

	mu       sync.Mutex
	began    time.Time
	total    int // packages to compile; 0: not known
	done     int
	fetched  int // modules downloaded
	expected bool
	drawn    bool // a bar stands on the terminal's last line
}

func newMeter(w io.Writer, terminal bool, t target) *meter {
	return &meter{w: w, terminal: terminal, target: t, now: time.Now, began: time.Now()}
}

// isTerminal says whether a person may be looking at f.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "" && os.Getenv("TERM") != "dumb"
}

// start shows progress from now on, until the returned function is called.
func (m *meter) start() (stop func()) {
	every := signOf
	if m.terminal {
		every = redraw
	}
	ticker := time.NewTicker(every)
	end := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		for {
			select {
			case <-ticker.C:
				m.show()
			case <-end:
				return
			}
		}
	})
	return func() {
		ticker.Stop()
		close(end)
		ended.Wait()
		m.mu.Lock()
		defer m.mu.Unlock()
		m.erase()
	}
}

// count takes in what a line of the go command says about progress.
func (m *meter) count(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch classify(text) {
	case download:
		m.fetched++
	case compiled:
		m.done++
	case message:
	}
}

// line is count, and repeats what is not about progress.
func (m *meter) line(text string) {
	m.count(text)
	if classify(text) == message {
		m.say("%s", text)
	}
}

// expect sets how many packages are to be compiled; 0 if that is not known.
func (m *meter) expect(packages int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total, m.expected = packages, true
}

// announce says that this will take long, and why.
func (m *meter) announce(packages int, why string) {
	if why != "" {
		why = ": " + why
	}
	m.say("building %s: %d packages to compile%s", m.target.Out, packages, why)
}

// say prints a line of its own.
func (m *meter) say(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.erase()
	fmt.Fprintf(m.w, format+"\n", args...)
}

func (m *meter) show() {
	m.mu.Lock()
	defer m.mu.Unlock()
	took := m.now().Sub(m.began)
	if took < quickest {
		return
	}
	if m.terminal {
		fmt.Fprintf(m.w, "\r\x1b[2K%s", m.state(took))
		m.drawn = true
		return
	}
	fmt.Fprintln(m.w, m.state(took))
}

// erase takes the bar away, so that a line can be written in its place.
func (m *meter) erase() {
	if m.drawn {
		fmt.Fprint(m.w, "\r\x1b[2K")
		m.drawn = false
	}
}

// state is one line, at most 79 columns for the names in use.
func (m *meter) state(took time.Duration) string {
	begin := "building " + m.target.name()
	since := took.Round(time.Second).String()
	switch {
	case !m.expected && m.fetched > 0:
		return fmt.Sprintf("%s: downloading modules, %d so far, %s", begin, m.fetched, since)
	case !m.expected:
		return fmt.Sprintf("%s: looking at what is there, %s", begin, since)
	case m.total == 0:
		return fmt.Sprintf("%s: %d packages, %s", begin, m.done, since)
	case m.done >= m.total:
		return fmt.Sprintf("%s: linking, %s", begin, since)
	case !m.terminal:
		return fmt.Sprintf("%s: %d of %d packages, %s", begin, m.done, m.total, since)
	}
	full := barWidth * m.done / m.total
	return fmt.Sprintf("%s [%s%s] %d/%d %s", begin,
		strings.Repeat("#", full), strings.Repeat(".", barWidth-full), m.done, m.total, since)
}

// kind is what a line of the go command tells.
type kind int

const (
	message  kind = iota // an error or a warning, for the reader
	download             // a module is being fetched
	compiled             // a package is being compiled
)

// classify reads one line of `go build -v`. Package paths stand alone on
// their lines and have no blanks; every message has some.
func classify(text string) kind {
	switch {
	case strings.HasPrefix(text, "go: downloading "):
		return download
	case text != "" && !strings.ContainsAny(text, " \t:#"):
		return compiled
	default:
		return message
	}
}
