// Command bench measures crdb-kube against what a user would type instead, in
// turn, on one Kubernetes with real machines:
//
//	bench -bin DIR [-rounds 7] [-pods 3,10] [-report FILE] [-check]
//
// The ways are run A B C A B C …, each in a namespace of its own, so that
// what else the machine does meets all of them alike. Requests are counted in
// the audit log of the API server. With -check it fails where a figure is worse
// than its bound (bounds.go).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// options are the command's flags.
type options struct {
	Bin    string
	Ways   bool // whether the ways to a cluster are compared
	Rounds int
	Pods   []int
	Report string
	Check  string // a word where figures are held to their bounds
}

func main() {
	opts, err := parse(os.Args[1:], os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err = run(ctx, opts)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string, stderr io.Writer) (options, error) {
	var opts options
	var pods string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&opts.Bin, "bin", "bin", "folder with crdb-kube, localkube and standin.tar")
	flags.BoolVar(&opts.Ways, "ways", true, "compare the ways to a cluster, which takes most of the time")
	flags.IntVar(&opts.Rounds, "rounds", 7, "how often each way is run")
	flags.StringVar(&pods, "pods", "3,10", "numbers of pods at which status is measured")
	flags.StringVar(&opts.Report, "report", "", "file to write the table to")
	check := flags.Bool("check", false, "fail where a figure is worse than its bound")
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	if *check {
		opts.Check = "bounds"
	}
	for word := range strings.SplitSeq(pods, ",") {
		n, err := strconv.Atoi(word)
		if err != nil {
			return opts, fmt.Errorf("-pods: %w", err)
		}
		opts.Pods = append(opts.Pods, n)
	}
	var err error
	opts.Bin, err = filepath.Abs(opts.Bin)
	return opts, err
}

// run measures everything and writes the report.
func run(ctx context.Context, opts options) (err error) {
	dir, err := os.MkdirTemp("", "crdb-kube-bench-")
	if err != nil {
		return err
	}
	k, err := startKube(ctx, opts.Bin, dir)
	defer func() { err = errors.Join(err, k.close(), os.RemoveAll(dir)) }()
	if err != nil {
		return err
	}
	f := &figures{}
	if opts.Ways {
		if err := k.compareWays(ctx, opts.Rounds, f); err != nil {
			return err
		}
	}
	if err := k.measureVerbs(ctx, opts, f); err != nil {
		return err
	}
	page := f.page(surroundings(ctx, opts))
	fmt.Print(page)
	if opts.Report != "" {
		if err := os.WriteFile(opts.Report, []byte(page), 0o644); err != nil {
			return err
		}
	}
	if opts.Check != "" {
		return f.check()
	}
	return nil
}
