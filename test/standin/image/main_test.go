package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
		if err := run(binary, out, "v21.1.3,v22.1.0", "amd64"); err != nil {
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
	if err := run(script, filepath.Join(t.TempDir(), "x.tar"), "", "amd64"); err == nil {
		t.Error("a script was accepted")
	}
	if err := run("", "x.tar", "", "amd64"); err == nil {
		t.Error("no binary was accepted")
	}
}

func TestRun_refusesWhatIsNoRelease(t *testing.T) {
	if err := run(build(t), filepath.Join(t.TempDir(), "x.tar"), "v21.1.3,latest", "amd64"); err == nil {
		t.Error("latest was accepted")
	}
}

func TestImageOf_posesAsItsTagSays(t *testing.T) {
	img := imageOf(nil, "v21.1.3", "amd64")
	if img.Tag != "localkube.test/cockroach-standin:v21.1.3" || !slices.Contains(img.Env, "STANDIN_RELEASE=v21.1.3") {
		t.Errorf("%s: %v", img.Tag, img.Env)
	}
}
