package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const repository = "../../.."

func TestReference_isUpToDate(t *testing.T) {
	there, err := folder{filepath.Join(repository, "docs/reference"), "*.md", mark}.read()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(pages, there); diff != "" {
		t.Errorf("docs/reference is out of date; make generate writes it (-want +there):\n%s", diff)
	}
}

func TestReference_isTheSameOnEveryMachine(t *testing.T) {
	here, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", "/somewhere/else")
	t.Setenv("KUBECACHEDIR", "/and/a/cache")
	t.Setenv("KUBECONFIG", "/and/a/config")
	t.Setenv("COLUMNS", "40")
	there, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(here, there); diff != "" {
		t.Errorf("depends on the machine:\n%s", diff)
	}
}

func TestWrite_removesOnlyItsOwnPages(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"gone.md": mark + "old", "changed.md": mark + "old", "by-hand.md": "kept"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err := folder{dir, "*.md", mark}.write(map[string][]byte{"changed.md": []byte(mark + "new"), "new.md": []byte(mark + "new")})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got[entry.Name()] = strings.TrimPrefix(string(text), mark)
	}
	want := map[string]string{"changed.md": "new", "new.md": "new", "by-hand.md": "kept"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
