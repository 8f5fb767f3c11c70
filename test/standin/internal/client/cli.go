package client

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/server"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// Exit codes of the real program.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 4
)

// Streams are what a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Signals  <-chan os.Signal
}

// app is one run of the program.
type app struct {
	Streams
	build server.Build
	born  time.Time
	name  string // the command, as in: Failed running "node status"
}

// Main runs a command line without the program's name and returns the exit
// code. born is when the process started.
func Main(args []string, streams Streams, build server.Build, born time.Time) int {
	a := &app{Streams: streams, build: build, born: born, name: "cockroach"}
	run, rest := a.command(args)
	if run == nil {
		return a.fail(fmt.Errorf("unknown command %q for %q", first(rest), a.name))
	}
	code, err := run(rest)
	if err != nil {
		return a.fail(err)
	}
	return code
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// command finds the function for the command line.
func (a *app) command(args []string) (func([]string) (int, error), []string) {
	commands := map[string]func([]string) (int, error){
		"start": a.start(server.Start), "start-single-node": a.start(server.StartSingleNode),
		"init": a.init, "sql": a.sql, "version": a.version,
		"node status": a.nodeStatus, "node ls": a.nodeLs, "node drain": a.nodeDrain,
		"node decommission": a.decommission, "node recommission": a.recommission,
	}
	if len(args) > 0 && (args[0] == "--help" || args[0] == "help" || args[0] == "-h") || len(args) == 0 {
		return a.help, args
	}
	n := 1
	name := args[0]
	if name == "node" && len(args) > 1 {
		name, n = name+" "+args[1], 2
	}
	run := commands[name]
	if run == nil {
		return nil, args
	}
	a.name = name
	return run, args[n:]
}

const usage = `This is a stand-in for CockroachDB %s, for tests. It is not a database.

Usage:
  cockroach [command] [flags]

Commands:
  start, start-single-node, init, sql, node status|ls|drain|decommission|recommission, version
`

func (a *app) help([]string) (int, error) {
	fmt.Fprintf(a.Out, usage, a.build.Tag)
	return exitOK, nil
}

// fail prints an error as the real program does.
func (a *app) fail(err error) int {
	code := exitError
	if _, ok := errors.AsType[usageError](err); ok {
		code = exitUsage
		fmt.Fprintf(a.Err, usage+"\n", a.build.Tag)
	}
	fmt.Fprintf(a.Err, "ERROR: %s\n", err)
	if w, ok := errors.AsType[*wire.Error](err); ok {
		if len(w.Code) == 5 { // an SQLSTATE
			fmt.Fprintf(a.Err, "SQLSTATE: %s\n", w.Code)
		}
		if w.Details != "" {
			fmt.Fprintln(a.Err, w.Details)
		}
	}
	fmt.Fprintf(a.Err, "Failed running %q\n", a.name)
	return code
}

func (a *app) version(args []string) (int, error) {
	p, err := flagSet{"build-tag": takesBool}.parse(args)
	if err != nil {
		return exitUsage, err
	}
	if p.isTrue("build-tag") {
		fmt.Fprintln(a.Out, a.build.Tag)
		return exitOK, nil
	}
	b := a.build
	for _, line := range [][2]string{
		{"Build Tag:", string(b.Tag)},
		{"Build Time:", b.Time},
		{"Distribution:", b.Distribution},
		{"Platform:", b.Platform},
		{"Go Version:", b.GoVersion},
		{"C Compiler:", "none"},
		{"Build Commit ID:", "none"},
		{"Build Type:", "stand-in for tests, not CockroachDB"},
	} {
		fmt.Fprintf(a.Out, "%-17s %s\n", line[0], line[1])
	}
	return exitOK, nil
}
