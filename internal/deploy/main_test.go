package deploy

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the golden files anew")
	flag.Parse()
	goleak.VerifyTestMain(m) // no goroutine outlives what it was for
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

// wantError asks for an *Error of a kind whose message holds all the words.
func wantError(t *testing.T, err error, kind Kind, words ...string) {
	t.Helper()
	_ = theError(t, err, kind, words...)
}

// theError is wantError for a test that looks at more of it.
func theError(t *testing.T, err error, kind Kind, words ...string) *Error {
	t.Helper()
	var own *Error
	if !errors.As(err, &own) {
		t.Fatalf("got %v, want an error of kind %d", err, kind)
	}
	if own.Kind != kind {
		t.Errorf("kind %d, want %d: %v", own.Kind, kind, err)
	}
	for _, word := range words {
		if !strings.Contains(own.Error(), word) {
			t.Errorf("got %q, want %q in it", own, word)
		}
	}
	return own
}

// wantNoError ends the test on an error.
func wantNoError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
