package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/crdb-kube/crdb-kube/internal/cli"
)

// Exit codes of a second signal; those of the first are cli's.
const (
	exitSIGINT  = 130
	exitSIGTERM = 143
)

// heedSignals ends the context at the first signal that asks for the end, and
// the process at the second, whatever hangs by then. Nothing has to be
// restored on that way: the terminal is always left as it was found.
//
// Signals that whoever started the program wants ignored stay so: nohup does
// that with SIGHUP, and a shell script with SIGINT for what it runs behind.
func heedSignals(end context.CancelCauseFunc) {
	signals := make(chan os.Signal, 2)
	for _, one := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(one) {
			signal.Notify(signals, one)
		}
	}
	go func() {
		end(cli.Interrupted{Signal: meaning(<-signals)})
		if meaning(<-signals) == syscall.SIGTERM {
			os.Exit(exitSIGTERM)
		}
		os.Exit(exitSIGINT)
	}()
}

// meaning is the signal that this one stands for. The terminal that was closed
// (SIGHUP) wants what SIGTERM wants: an orderly end, in which the lock is given
// back. Going on where nobody can see it would be a surprise.
func meaning(s os.Signal) os.Signal {
	if s == syscall.SIGHUP {
		return syscall.SIGTERM
	}
	return s
}
