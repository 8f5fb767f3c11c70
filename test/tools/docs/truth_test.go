package main

import (
	"go/ast"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := fs.ReadFile(os.DirFS(repository), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// written are all pages but those made from code.
func written(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/adr/*.md"} {
		found, err := fs.Glob(os.DirFS(repository), pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	return names
}

func TestExitCodes_areThoseOfTheProgram(t *testing.T) {
	var want []string
	for _, file := range sources(t, "internal/cli") {
		ast.Inspect(file, func(node ast.Node) bool {
			spec, ok := node.(*ast.ValueSpec)
			if !ok || !regexp.MustCompile(`^exit[A-Z]`).MatchString(spec.Names[0].Name) || len(spec.Values) != 1 {
				return true
			}
			if value, ok := spec.Values[0].(*ast.BasicLit); ok {
				want = append(want, value.Value)
			}
			return true
		})
	}
	slices.Sort(want)
	var table []string
	for _, match := range regexp.MustCompile(`(?m)^\| ([0-9]+) \|`).FindAllStringSubmatch(page(t, "docs/exit-codes.md"), -1) {
		table = append(table, match[1])
	}
	slices.Sort(table)
	if diff := cmp.Diff(want, table); diff != "" || len(want) == 0 {
		t.Errorf("docs/exit-codes.md (-program +page):\n%s", diff)
	}
	var short []string
	for _, match := range regexp.MustCompile(`(?m)^\| ([0-9]+)(?:, ([0-9]+))? \|`).FindAllStringSubmatch(page(t, "README.md"), -1) {
		short = append(short, match[1])
		if match[2] != "" {
			short = append(short, match[2])
		}
	}
	slices.Sort(short)
	if diff := cmp.Diff(want, short); diff != "" {
		t.Errorf("README.md (-program +page):\n%s", diff)
	}
	var examples []string
	for _, match := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(page(t, "docs/exit-codes.md"), -1) {
		examples = append(examples, strings.Split(match[1], " and ")...)
	}
	slices.Sort(examples)
	if diff := cmp.Diff(want, examples); diff != "" {
		t.Errorf("examples in docs/exit-codes.md (-program +page):\n%s", diff)
	}
}

func TestLinks_leadSomewhere(t *testing.T) {
	for _, name := range written(t) {
		links := regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(withoutCode(page(t, name)), -1)
		if name == "README.md" && len(links) < 5 {
			t.Error("README.md: its links were not found")
		}
		for _, link := range links {
			if strings.Contains(link[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(link[1], "#")
			target := name
			if file != "" {
				target = path.Join(path.Dir(name), file)
			}
			if _, err := fs.Stat(os.DirFS(repository), target); err != nil {
				t.Errorf("%s: %s leads nowhere", name, link[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(page(t, target)), anchor) {
				t.Errorf("%s: %s has no heading %s", name, target, anchor)
			}
		}
	}
}

// anchors are the headings of a page as addresses.
func anchors(text string) []string {
	var all []string
	for _, match := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(withoutCode(text), -1) {
		plain := regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(strings.ToLower(match[1]), "")
		all = append(all, strings.ReplaceAll(plain, " ", "-"))
	}
	return all
}

// withoutCode drops what stands between fences.
func withoutCode(text string) string {
	return regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(text, "")
}

func TestPages_nameOnlyCodeThatExists(t *testing.T) {
	packages := map[string]map[string]bool{}
	for _, name := range []string{"cli", "cockroach", "deploy", "kube", "progress"} {
		packages[name] = declared(sources(t, "internal/"+name))
	}
	code := regexp.MustCompile("`(cli|cockroach|deploy|kube|progress)\\.([A-Za-z.]+)`")
	files := regexp.MustCompile("`((?:cmd|internal|test|docs)/[a-zA-Z0-9_./-]+)`")
	seen := 0
	for _, name := range written(t) {
		text := page(t, name)
		for _, match := range code.FindAllStringSubmatch(text, -1) {
			seen++
			if !packages[match[1]][match[2]] {
				t.Errorf("%s: there is no %s.%s", name, match[1], match[2])
			}
		}
		for _, match := range files.FindAllStringSubmatch(text, -1) {
			if _, err := fs.Stat(os.DirFS(repository), strings.TrimSuffix(match[1], "/")); err != nil {
				t.Errorf("%s: there is no %s", name, match[1])
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d names of code were found", seen)
	}
}

func TestPages_nameOnlyTargetsThatMakeHas(t *testing.T) {
	makefile := page(t, "Makefile")
	for _, name := range written(t) {
		for _, match := range regexp.MustCompile(`(?m)(?:^|\x60)make ([a-z][a-z0-9-]*)`).FindAllStringSubmatch(page(t, name), -1) {
			if !regexp.MustCompile(`(?m)^` + match[1] + `:`).MatchString(makefile) {
				t.Errorf("%s: there is no make %s", name, match[1])
			}
		}
	}
}

func TestFacts_areHeldByTestsThatExist(t *testing.T) {
	exist := map[string]bool{}
	err := fs.WalkDir(os.DirFS(repository), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		for _, match := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(page(t, name), -1) {
			exist[match[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(page(t, "docs/facts.md"), -1)
	if len(named) < 20 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, match := range named {
		if !exist[match[1]] {
			t.Errorf("docs/facts.md names %s, which does not exist", match[1])
		}
	}
}
