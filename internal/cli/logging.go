package cli

import (
	"flag"
	"io"
	"strconv"

	"k8s.io/klog/v2"
	"k8s.io/klog/v2/textlogger"
)

// Verbosity levels of client-go's log: one line a request, and its bodies.
const (
	logRequests = 6
	logBodies   = 8
)

// logging lets client-go speak on stderr where -v asks for it, and nowhere
// else: what it says by itself is said better by the verb that failed.
func (a *app) logging() {
	out := io.Discard
	level := 0
	if a.verbose > 0 {
		out, level = words{a}, logRequests
	}
	if a.verbose > 1 {
		level = logBodies
	}
	// klog asks its own flag before it asks a logger.
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	_ = flags.Set("v", strconv.Itoa(level)) // a number is always taken
	klog.SetLogger(textlogger.NewLogger(textlogger.NewConfig(textlogger.Output(out), textlogger.Verbosity(level))))
}
