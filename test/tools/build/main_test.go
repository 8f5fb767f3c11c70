package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// play runs the program and returns its exit code and what it wrote.
func play(t *testing.T, args ...string) (int, string) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	code := run(t.Context(), args, file)
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return code, string(text)
}

func TestBuild_isSilentUntilSomethingChanges(t *testing.T) {
	dir := module(t)
	out := filepath.Join(t.TempDir(), "x")
	args := []string{"-o", out, "-dir", dir, "./cmd/x"}
	if code, text := play(t, args...); code != 0 || !strings.Contains(text, "built "+out) {
		t.Fatalf("first build: exit %d, %q", code, text)
	}
	if err := exec.CommandContext(t.Context(), out).Run(); err != nil {
		t.Errorf("the binary does not run: %v", err)
	}
	if code, text := play(t, args...); code != 0 || text != "" {
		t.Errorf("nothing changed: exit %d, %q", code, text)
	}
	if err := os.Remove(out); err != nil {
		t.Fatal(err)
	}
	if code, text := play(t, args...); code != 0 || text != "" {
		t.Errorf("binary removed, build kept: exit %d, %q", code, text)
	}
	if _, err := os.Stat(out); err != nil {
		t.Errorf("the kept build was not linked: %v", err)
	}
}

func TestBuild_showsTheCompilersErrorAndKeepsNothing(t *testing.T) {
	dir := module(t)
	if err := os.WriteFile(filepath.Join(dir, "inner", "bad.go"), []byte("package inner\n\nvar x = y\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	code, text := play(t, "-o", filepath.Join(bin, "x"), "-dir", dir, "./cmd/x")
	if code != 1 || !strings.Contains(text, "undefined: y") {
		t.Errorf("exit %d, %q", code, text)
	}
	left, err := filepath.Glob(filepath.Join(bin, ".cache", "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left in the cache: %q, %v", left, err)
	}
}

func TestBuild_refusesWrongUse(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"./cmd/x"},
		{"-o", "bin/x"},
		{"-o", "bin/x", "cmd/x"},
		{"-o", "bin/x", "./a", "./b"},
		{"-o", "bin/x", "-module", "example.test/m", "."},
		{"-o", "bin/x", "-unknown", "."},
	} {
		if code, text := play(t, args...); code != 2 || text == "" {
			t.Errorf("build %q: exit %d, %q", args, code, text)
		}
	}
}
