package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// canary is a bug that is built into the program on purpose.
type canary struct {
	name  string
	file  string
	title string
	cases *regexp.Regexp // those that are tried until one goes wrong
	tries int            // how many, at most
}

// readCanaries reads the patches. The head of each says what it is: a line of
// words, "Cases:" with a pattern of their names, and "Tries:".
func readCanaries() ([]canary, error) {
	files, err := filepath.Glob(filepath.Join("canaries", "*.patch"))
	if err != nil {
		return nil, err
	}
	var all []canary
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		head, _, _ := strings.Cut(string(text), "\ndiff ")
		c := canary{name: strings.TrimSuffix(filepath.Base(file), ".patch"), tries: 1}
		if c.file, err = filepath.Abs(file); err != nil {
			return nil, err
		}
		for i, line := range strings.Split(strings.TrimSpace(head), "\n") {
			key, value, _ := strings.Cut(line, ": ")
			switch {
			case i == 0:
				c.title = line
			case key == "Cases":
				c.cases, err = regexp.Compile(value)
			case key == "Tries":
				c.tries, err = strconv.Atoi(value)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		}
		if c.cases == nil {
			return nil, fmt.Errorf("%s: no line Cases", file)
		}
		all = append(all, c)
	}
	return all, nil
}

// overlay applies the patch to copies in dir, and writes what the go command
// needs to take them in place of the files themselves.
func (c canary) overlay(root, dir string) (file string, err error) {
	text, err := os.ReadFile(c.file)
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for _, match := range regexp.MustCompile(`(?m)^\+\+\+ b/(\S+)`).FindAllStringSubmatch(string(text), -1) {
		original := filepath.Join(root, match[1])
		was, err := os.ReadFile(original)
		if err != nil {
			return "", err
		}
		replace[original] = filepath.Join(dir, match[1])
		if err := errors.Join(os.MkdirAll(filepath.Dir(replace[original]), 0o755), os.WriteFile(replace[original], was, 0o600)); err != nil {
			return "", err
		}
	}
	apply := exec.Command("git", "apply", c.file)
	apply.Dir = dir
	apply.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if said, err := apply.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s does not apply any more: %s", c.name, said)
	}
	encoded, err := json.Marshal(map[string]any{"Replace": replace})
	file = filepath.Join(dir, "overlay.json")
	return file, errors.Join(err, os.WriteFile(file, encoded, 0o600))
}

// root is the top of the repository.
func root() (string, error) { return filepath.Abs(filepath.Join("..", "..")) }

// build makes the program with the bug in it.
func (c canary) build(ctx context.Context, dir string) (program string, err error) {
	top, err := root()
	if err != nil {
		return "", err
	}
	overlay, err := c.overlay(top, dir)
	if err != nil {
		return "", err
	}
	program = filepath.Join(dir, "crdb-kube")
	build := exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "-o", program, "./cmd/crdb-kube")
	build.Dir, build.Env = top, append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s does not compile any more: %s", c.name, said)
	}
	return program, nil
}

// canaryTrials build each bug in, and try the cases that have to find it.
func (a *arena) canaryTrials(t *testing.T, c calm) []trial {
	t.Helper()
	planted, err := readCanaries()
	if err != nil {
		t.Fatal(err)
	}
	var all []trial
	for _, bug := range planted {
		all = append(all, trial{
			section: canaries, row: bug.name, column: "caught", name: "canary/" + bug.name,
			run: func(ctx context.Context) outcome { return a.plant(ctx, bug, c) },
		})
	}
	return all
}

// plant tries cases with the bug until one goes wrong, which is what is wanted.
func (a *arena) plant(ctx context.Context, bug canary, c calm) outcome {
	dir, err := os.MkdirTemp(a.dir, "canary-")
	if err != nil {
		return wrongly(err.Error())
	}
	defer os.RemoveAll(dir)
	program, err := bug.build(ctx, dir)
	if err != nil {
		return wrongly(err.Error())
	}
	var cases []trial
	for _, kind := range a.with(program).disturbances(c) {
		for _, tr := range kind.trials {
			if bug.cases.MatchString(tr.name) && !tr.alone && !tr.beyond {
				cases = append(cases, tr)
			}
		}
	}
	random := rand.New(rand.NewPCG(a.seed, 2))
	random.Shuffle(len(cases), func(i, j int) { cases[i], cases[j] = cases[j], cases[i] })
	var stories bytes.Buffer
	for _, tr := range cases[:min(bug.tries, len(cases))] {
		out := tr.run(ctx)
		if len(out.wrong) > 0 {
			line, _, _ := strings.Cut(out.wrong[0], "\n")
			a.report.note(canaries, "%s: %s Caught by `%s`: %s", bug.name, bug.title, tr.name, line)
			return outcome{}
		}
		fmt.Fprintf(&stories, "%s: nothing wrong\n%s", tr.name, out.story)
	}
	return outcome{column: "not caught", wrong: []string{fmt.Sprintf("none of %d cases found it", min(bug.tries, len(cases)))}, story: stories.String()}
}

// TestCanaries_canBeBuiltIn needs no machines: a bug that cannot be planted any
// more is one that nobody looks for any more.
func TestCanaries_canBeBuiltIn(t *testing.T) {
	all, err := readCanaries()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Errorf("%d canaries, want 10", len(all))
	}
	top, err := root()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if _, err := c.overlay(top, t.TempDir()); err != nil {
			t.Error(err)
		}
		if c.title == "" || c.tries < 1 {
			t.Errorf("%s does not say what it is", c.name)
		}
	}
}
