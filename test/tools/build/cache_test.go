package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// built writes a file that stands for a fresh binary.
func built(t *testing.T, c cache, text string) string {
	t.Helper()
	dir, err := c.scratch()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "x")
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCache_keepsOneBuildOfEachBinary(t *testing.T) {
	dir := filepath.Join(t.TempDir(), ".cache")
	put := func(name, key, text string) {
		t.Helper()
		c := cache{Dir: dir, Name: name, Key: key}
		if err := c.put(built(t, c, text)); err != nil {
			t.Fatal(err)
		}
		if !c.has() {
			t.Errorf("%s-%s is not there after it was put", name, key)
		}
	}
	put("local-more", "00000000000000aa", "other")
	put("local", "0000000000000001", "one")
	put("local", "0000000000000002", "two")
	left, err := filepath.Glob(filepath.Join(dir, "local*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	want := []string{"local-0000000000000002", "local-more-00000000000000aa"}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Errorf("kept builds differ (-want +got):\n%s", diff)
	}
}

func TestLink_replacesAndLeavesAloneWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "x")
	link := func(key, text string) {
		t.Helper()
		c := cache{Dir: filepath.Join(dir, ".cache"), Name: "x", Key: key}
		if !c.has() {
			if err := c.put(built(t, c, text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.link(out); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(out); err != nil || string(got) != text {
			t.Errorf("%s holds %q, %v; want %q", out, got, err, text)
		}
	}
	link("0000000000000001", "one")
	early := time.Now().Add(-time.Hour).Round(0)
	if err := os.Chtimes(out, early, early); err != nil {
		t.Fatal(err)
	}
	link("0000000000000001", "one")
	if info, err := os.Stat(out); err != nil || !info.ModTime().Equal(early) {
		t.Errorf("linking what is linked changed its time: %v, %v", info.ModTime(), err)
	}
	link("0000000000000002", "two")
	if info, err := os.Stat(out); err != nil || time.Since(info.ModTime()) > time.Minute {
		t.Errorf("a new link has an old time: %v, %v", info.ModTime(), err)
	}
}
