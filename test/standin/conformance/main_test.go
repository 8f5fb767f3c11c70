package conformance

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// program is the binary under test; base is a directory for everything, which
// other users can enter.
var program, base string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	// The tests wait for the program's delays most of the time.
	flag.Parse()
	err := flag.Set("test.parallel", "16")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if base, err = os.MkdirTemp("", "conformance"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(base)
	_ = os.Chmod(base, 0o755)
	if program = os.Getenv("COCKROACH"); program != "" {
		return m.Run()
	}
	program = filepath.Join(base, "cockroach")
	build := exec.Command("go", "build", "-o", program, "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build of the stand-in: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// watchSources looks at the files that the program is built of: without that
// "go test" would take an older result for that of a changed program. It
// counts only within a test.
var watchSources = sync.OnceValue(func() error {
	return filepath.WalkDir("..", func(path string, _ os.DirEntry, err error) error {
		if err == nil {
			_, err = os.Stat(path)
		}
		return err
	})
})

// isStandIn says whether the stand-in is under test, and not a real binary.
func isStandIn() bool { return os.Getenv("COCKROACH") == "" }
