package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// build compiles a small program, with or without cgo's loader.
func build(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "image")
	cmd := exec.Command("go", "build", "-o", out, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return out
}

func TestRun_sameBinarySameImage(t *testing.T) {
	binary := build(t)
	dir := t.TempDir()
	var images [][]byte
	for _, name := range []string{"a.tar", "b.tar"} {
		out := filepath.Join(dir, name)
		if err := run(binary, out, defaultTag, "amd64"); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		images = append(images, b)
	}
	if !bytes.Equal(images[0], images[1]) {
		t.Error("two images of one binary differ")
	}
}

func TestRun_refusesWhatIsNoStaticProgram(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := run(script, filepath.Join(t.TempDir(), "x.tar"), defaultTag, "amd64"); err == nil {
		t.Error("a script was accepted")
	}
	if err := run("", "x.tar", defaultTag, "amd64"); err == nil {
		t.Error("no binary was accepted")
	}
}
