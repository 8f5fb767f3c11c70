package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// exitSIGPIPE is how the shell shows programs whose reader went away.
const exitSIGPIPE = 141

// stdout ends the program once nobody reads it any more, as in `status | head
// -1`: what commands write there is the last that they do.
type stdout struct{ file *os.File }

// openStdout also sees to it that only stdout does so. Go ends a process for a
// write to stderr as well, but progress that nobody reads is no reason to leave
// the work half done: it goes on, and the exit code says how it ended.
func openStdout() stdout {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	return stdout{os.Stdout}
}

// Write never returns EPIPE.
func (s stdout) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		os.Exit(exitSIGPIPE)
	}
	return n, err
}

// Fd lets package progress ask whether it is a terminal.
func (s stdout) Fd() uintptr { return s.file.Fd() }

// File is for programs that are run with the same stdout.
func (s stdout) File() *os.File { return s.file }
