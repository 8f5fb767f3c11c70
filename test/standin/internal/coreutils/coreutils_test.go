package coreutils

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree makes d/f (0600) and d/sub/g (0644), and a link d/l to d/f.
func tree(t *testing.T) string {
	t.Helper()
	d := filepath.Join(t.TempDir(), "d")
	err := errors.Join(
		os.MkdirAll(filepath.Join(d, "sub"), 0o755),
		os.WriteFile(filepath.Join(d, "f"), []byte("secret"), 0o600),
		os.WriteFile(filepath.Join(d, "sub", "g"), []byte("g"), 0o644),
		os.Symlink("f", filepath.Join(d, "l")),
	)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func TestRm(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags []string
		path  string
		code  int
		left  bool
	}{
		{"a file", nil, "f", 0, false},
		{"a directory without -r", nil, "sub", 1, true},
		{"a directory", []string{"-r"}, "sub", 0, false},
		{"together", []string{"-rf"}, "sub", 0, false},
		{"apart", []string{"-r", "-f"}, "sub", 0, false},
		{"long", []string{"--recursive", "--force", "--"}, "sub", 0, false},
		{"absent", nil, "none", 1, false},
		{"absent with -f", []string{"-f"}, "none", 0, false},
		{"an unknown flag", []string{"-x"}, "f", 1, true},
		{"here", []string{"-rf"}, ".", 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := tree(t)
			path := d + "/" + c.path
			var stderr strings.Builder
			if code := Rm(append(c.flags, path), &stderr); code != c.code {
				t.Errorf("exit %d, want %d: %s", code, c.code, &stderr)
			}
			if exists(path) != c.left {
				t.Errorf("%s exists: %v, want %v", c.path, exists(path), c.left)
			}
			if (stderr.Len() > 0) != (c.code != 0) {
				t.Errorf("stderr: %q", stderr.String())
			}
		})
	}
}

func TestRm_linkGoesAndItsTargetStays(t *testing.T) {
	d := tree(t)
	if code := Rm([]string{"-rf", filepath.Join(d, "l")}, os.Stderr); code != 0 || exists(filepath.Join(d, "l")) || !exists(filepath.Join(d, "f")) {
		t.Errorf("exit %d", code)
	}
}

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

func TestCp_keepsModesAndFollowsLinks(t *testing.T) {
	d := tree(t)
	to := filepath.Join(t.TempDir(), "copy")
	if code := Cp([]string{"-r", d, to}, os.Stderr); code != 0 {
		t.Fatalf("exit %d", code)
	}
	if m := mode(t, filepath.Join(to, "f")); m != 0o600 {
		t.Errorf("f has mode %s", m)
	}
	if m := mode(t, filepath.Join(to, "l")); m != 0o600 {
		t.Errorf("l is %s, want a copy of the file", m)
	}
	if b, err := os.ReadFile(filepath.Join(to, "sub", "g")); err != nil || string(b) != "g" {
		t.Errorf("sub/g: %q %v", b, err)
	}
}

func TestCp_intoADirectory(t *testing.T) {
	d := tree(t)
	to := t.TempDir()
	if code := Cp([]string{filepath.Join(d, "f"), filepath.Join(d, "sub", "g"), to}, os.Stderr); code != 0 {
		t.Fatalf("exit %d", code)
	}
	if !exists(filepath.Join(to, "f")) || !exists(filepath.Join(to, "g")) {
		t.Error("not all were copied")
	}
	var stderr strings.Builder
	if code := Cp([]string{d, to}, &stderr); code != 1 || !strings.Contains(stderr.String(), "omitting directory") {
		t.Errorf("a directory without -r: exit %d, %q", code, stderr.String())
	}
	if code := Cp([]string{"-r", d + "/.", to}, &stderr); code != 0 || !exists(filepath.Join(to, "sub", "g")) {
		t.Errorf("the content of a directory: exit %d", code)
	}
}
