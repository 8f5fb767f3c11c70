package cli

import (
	stdbytes "bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the golden files anew")
	flag.Parse()
	goleak.VerifyTestMain(m) // no goroutine outlives its command
}

// golden compares with testdata/name, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); -update writes it anew:\n%s", path, diff)
	}
}

// testApp is an app without an environment whose streams are buffers.
func testApp(in io.Reader, env map[string]string) (a *app, out, errOut *stdbytes.Buffer) {
	out, errOut = &stdbytes.Buffer{}, &stdbytes.Buffer{}
	a = newApp(genericiooptions.IOStreams{In: in, Out: out, ErrOut: errOut})
	a.getenv = func(name string) string { return env[name] }
	return a, out, errOut
}

func noInput() io.Reader { return strings.NewReader("") }
