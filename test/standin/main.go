// Command cockroach is a stand-in for CockroachDB v21.1.2 in tests of
// container set-ups, for machines that cannot pull images. It is not a
// database, and it is never shipped; see README.md. The variable
// STANDIN_RELEASE makes it pose as another release.
//
// Called as sh, rm or cp it is these: its image has nothing else in it.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/client"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/coreutils"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/release"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/server"
)

func main() {
	born := time.Now()
	switch filepath.Base(os.Args[0]) {
	case "sh":
		os.Exit(coreutils.Sh(os.Args[1:], os.Stderr))
	case "rm":
		os.Exit(coreutils.Rm(os.Args[1:], os.Stderr))
	case "cp":
		os.Exit(coreutils.Cp(os.Args[1:], os.Stderr))
	}
	poses, err := release.Parse(os.Getenv(release.Env))
	if err != nil {
		fmt.Fprintf(os.Stderr, "ERROR: %s: %v\n", release.Env, err)
		os.Exit(1)
	}
	build := server.Build{
		Tag: poses, Distribution: "STAND-IN", Time: "2026/11/22 15:40:00",
		GoVersion: runtime.Version(), Platform: runtime.GOOS + " " + runtime.GOARCH,
	}
	streams := client.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	if len(os.Args) > 1 && (os.Args[1] == "start" || os.Args[1] == "start-single-node") {
		signals := make(chan os.Signal, 8)
		signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
		streams.Signals = signals
	}
	os.Exit(client.Main(os.Args[1:], streams, build, born))
}
