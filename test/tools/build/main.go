// Command build makes one binary, and only when something it is made of changed.
//
//	build -o bin/NAME [-dir MODULE_DIR] [-ldflags …] [-long WHY] PACKAGE
//	build -o bin/NAME -module MODULE@VERSION [-ldflags …] [-long WHY] PACKAGE
//
// The first form builds a package of a module on disk, the second one of a
// published module. What was built stands in .cache beside the binary, under
// a name that carries the hash of everything it was made from; nothing to do
// is silent. Binaries are linked without cgo, so that they run on any Linux
// and in an empty image.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// target says what to build.
type target struct {
	Out     string // the binary, bin/NAME
	Dir     string // folder of the module; unused for a published one
	Module  string // module@version; empty for a module on disk
	Package string // relative to the module: ./cmd/x, or . for its root
	Ldflags string
	Long    string // why a build from nothing takes long, and how long
}

// name is the binary's own name.
func (t target) name() string { return filepath.Base(t.Out) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stderr))
}

func run(ctx context.Context, args []string, stderr *os.File) int {
	t, err := parse(args, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "build:", err)
		return 2
	}
	meter := newMeter(stderr, isTerminal(stderr), t)
	if err := ensure(ctx, t, meter); err != nil {
		fmt.Fprintf(stderr, "build: %s: %v\n", t.Out, err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (target, error) {
	var t target
	flags := flag.NewFlagSet("build", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&t.Out, "o", "", "the binary to make")
	flags.StringVar(&t.Dir, "dir", ".", "folder of the module to build from")
	flags.StringVar(&t.Module, "module", "", "published module to build from, MODULE@VERSION")
	flags.StringVar(&t.Ldflags, "ldflags", "", "flags of the linker")
	flags.StringVar(&t.Long, "long", "", "said before a build from nothing: why it takes long, and how long")
	if err := flags.Parse(args); err != nil {
		return t, err
	}
	if flags.NArg() != 1 || t.Out == "" {
		return t, fmt.Errorf("want -o FILE and one package, got %q", args)
	}
	t.Package = flags.Arg(0)
	if t.Package != "." && !strings.HasPrefix(t.Package, "./") {
		return t, fmt.Errorf("package %q: want . or ./folder, relative to its module", t.Package)
	}
	if t.Module != "" && !strings.Contains(t.Module, "@v") {
		return t, fmt.Errorf("module %q: want MODULE@vVERSION", t.Module)
	}
	return t, nil
}

// ensure leaves the binary of t at t.Out: from the cache, or built.
func ensure(ctx context.Context, t target, meter *meter) error {
	key, err := keyOf(ctx, t)
	if err != nil {
		return err
	}
	out, err := filepath.Abs(t.Out)
	if err != nil {
		return err
	}
	c := cache{Dir: filepath.Join(filepath.Dir(out), ".cache"), Name: t.name(), Key: key}
	if !c.has() {
		started := time.Now()
		scratch, err := c.scratch()
		if err != nil {
			return err
		}
		defer os.RemoveAll(scratch)
		built, err := compile(ctx, t, scratch, meter)
		if err != nil {
			return err
		}
		if err := c.put(built); err != nil {
			return err
		}
		meter.say("built %s in %s", t.Out, time.Since(started).Round(100*time.Millisecond))
	}
	return c.link(out)
}
