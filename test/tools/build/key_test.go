package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// module writes a small module and returns its folder.
func module(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for file, text := range map[string]string{
		"go.mod":             "module example.test/m // ours\n\ngo 1.26\n",
		"go.sum":             "",
		"cmd/x/main.go":      "package main\n\nimport _ \"example.test/m/inner\"\n\nfunc main() {}\n",
		"cmd/x/main_test.go": "package main\n",
		"cmd/x/other.go":     "//go:build plan9\n\npackage main\n",
		"inner/inner.go":     "package inner\n\nimport \"embed\"\n\n//go:embed data/*.yaml all:tree\nvar files embed.FS\n",
		"inner/data/a.yaml":  "a",
		"inner/data/b.txt":   "b",
		"inner/tree/.hid":    "h",
		"unused/unused.go":   "package unused\n",
	} {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestSources_areWhatTheCompilerReads(t *testing.T) {
	got, err := sources(module(t), "./cmd/x")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"cmd/x/main.go", "go.mod", "go.sum", "inner/data/a.yaml", "inner/inner.go", "inner/tree/.hid"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sources differ (-want +got):\n%s", diff)
	}
}

func TestSources_nameThePackageThatIsMissing(t *testing.T) {
	_, err := sources(module(t), "./cmd/none")
	if err == nil || !regexp.MustCompile(`^package \./cmd/none: `).MatchString(err.Error()) {
		t.Errorf("got error %v", err)
	}
}

func TestKey_changesWithWhatTheBinaryIsMadeOfOnly(t *testing.T) {
	dir := module(t)
	key := func(change func(*target)) string {
		t.Helper()
		to := target{Out: "bin/x", Dir: dir, Package: "./cmd/x"}
		change(&to)
		key, err := keyOf(t.Context(), to)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	write := func(file string) func(*target) {
		return func(*target) {
			path := filepath.Join(dir, file)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	last := key(func(*target) {})
	if len(last) != keyLength {
		t.Errorf("key %q: want %d digits", last, keyLength)
	}
	for _, c := range []struct {
		name   string
		change func(*target)
		same   bool
	}{
		{"nothing", func(*target) {}, true},
		{"the name of the binary", func(to *target) { to.Out = "other/y" }, true},
		{"the words about a long build", func(to *target) { to.Long = "long" }, true},
		{"a test", write("cmd/x/main_test.go"), true},
		{"a file of another system", write("cmd/x/other.go"), true},
		{"a package that is not imported", write("unused/unused.go"), true},
		{"a file beside an embedded one", write("inner/data/b.txt"), true},
		{"a source file", write("inner/inner.go"), false},
		{"an embedded file", write("inner/data/a.yaml"), false},
		{"a hidden embedded file", write("inner/tree/.hid"), false},
		{"go.mod", write("go.mod"), false},
		{"go.sum", write("go.sum"), false},
		{"the linker's flags", func(to *target) { to.Ldflags = "-s" }, false},
	} {
		before := key(func(*target) {})
		after := key(c.change)
		if (before == after) != c.same {
			t.Errorf("after a change of %s: key %s, before %s", c.name, after, before)
		}
	}
}

func TestKey_ofAPublishedModuleIsItsVersion(t *testing.T) {
	keys := map[string]bool{}
	for _, module := range []string{"example.test/m@v1.0.0", "example.test/m@v1.0.1"} {
		key, err := keyOf(t.Context(), target{Out: "bin/m", Dir: t.TempDir(), Module: module, Package: "."})
		if err != nil {
			t.Fatal(err)
		}
		keys[key] = true
	}
	if len(keys) != 2 {
		t.Errorf("two versions have one key: %v", keys)
	}
}

func TestModulePath_refusesFolders(t *testing.T) {
	for _, c := range []struct {
		goMod, path string
		refused     bool
	}{
		{"module example.test/m\n", "example.test/m", false},
		{"module \"example.test/m\" // a comment\n", "example.test/m", false},
		{"module m\n\nreplace k8s.io/api => k8s.io/api v0.37.2\n", "m", false},
		{"module m\n// replace a => ../a\n", "m", false},
		{"module m\n\nreplace a => ../a\n", "", true},
		{"module m\n\nreplace (\n\ta v1.0.0 => ./a\n)\n", "", true},
		{"go 1.26\n", "", true},
	} {
		path, err := modulePath(c.goMod)
		if path != c.path || (err != nil) != c.refused {
			t.Errorf("modulePath(%q) = %q, %v", c.goMod, path, err)
		}
	}
}
