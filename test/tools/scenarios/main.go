// Command scenarios runs the tests that need a Kubernetes, and judges them
// more strictly than go test does:
//
//	scenarios [-unproven allow|refuse] [-timeout 10m] [-tags T] DIR:PATTERN …
//
// Each test is shown when it ends, and what still runs every 30 seconds. A
// test that was skipped is a failure, and so is a folder without any test (with -run, no test
// at all). A
// scenario that cannot run here because it needs real machines (root on Linux)
// writes a line "needs real machines: NAME"; they are counted, and the last
// line says that so many are NOT PROVEN. With -unproven refuse that is a
// failure as well.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// grace is how long a test may take to clean up after it was interrupted.
const grace = time.Minute

// options are the command's flags.
type options struct {
	Unproven string // allow or refuse
	Timeout  time.Duration
	Tags     string
	Run      string
	Suites   []suite
}

// suite are the packages of one module.
type suite struct {
	Dir, Pattern string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	opts, err := parse(os.Args[1:], os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "scenarios:", err)
		os.Exit(2)
	}
	os.Exit(run(ctx, opts, os.Stdout))
}

func parse(args []string, stderr io.Writer) (options, error) {
	var opts options
	flags := flag.NewFlagSet("scenarios", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&opts.Unproven, "unproven", "refuse", "scenarios that need real machines and have none: allow or refuse")
	flags.DurationVar(&opts.Timeout, "timeout", 10*time.Minute, "deadline of each package")
	flags.StringVar(&opts.Tags, "tags", "", "build tags")
	flags.StringVar(&opts.Run, "run", "", "only the tests that match this expression")
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	if opts.Unproven != "allow" && opts.Unproven != "refuse" {
		return opts, fmt.Errorf("-unproven %q: want allow or refuse", opts.Unproven)
	}
	for _, arg := range flags.Args() {
		dir, pattern, ok := strings.Cut(arg, ":")
		if !ok || dir == "" || pattern == "" {
			return opts, fmt.Errorf("%q: want DIR:PATTERN", arg)
		}
		opts.Suites = append(opts.Suites, suite{Dir: dir, Pattern: pattern})
	}
	if len(opts.Suites) == 0 {
		return opts, fmt.Errorf("no tests named: want DIR:PATTERN …")
	}
	return opts, nil
}

func run(ctx context.Context, opts options, out io.Writer) int {
	started := time.Now()
	all := newReport(out)
	for _, s := range opts.Suites {
		if err := play(ctx, opts, s, all); err != nil {
			all.fault("%s: %v", s.Dir, err)
		}
		if ctx.Err() != nil {
			all.fault("interrupted")
			break
		}
	}
	if ctx.Err() == nil && all.tests() == 0 {
		all.fault("no test ran")
	}
	return all.close(time.Since(started), opts.Unproven == "refuse")
}

// play runs one suite and feeds what go test tells into the report.
func play(ctx context.Context, opts options, s suite, all *report) error {
	args := []string{"test", "-json", "-count=1", "-timeout=" + opts.Timeout.String()}
	if opts.Tags != "" {
		args = append(args, "-tags="+opts.Tags)
	}
	if opts.Run != "" {
		args = append(args, "-run="+opts.Run)
	}
	// Its own process group, so that an interrupt reaches the tests as well,
	// once, and they get the time to clean up.
	cmd := exec.CommandContext(ctx, "go", append(args, s.Pattern)...)
	cmd.Dir = s.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = grace
	cmd.Stderr = all.out
	events, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	before := all.tests()
	all.follow(events)
	err = cmd.Wait()
	if err == nil && opts.Run == "" && all.tests() == before {
		return fmt.Errorf("%s: no test there", s.Pattern)
	}
	return err
}
