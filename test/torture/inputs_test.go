package torture

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// fuzzTime is how long each parser of foreign text gets made-up text.
const fuzzTime = 10 * time.Second

// inputTrials run the table of bad input, and fuzz all that reads what others
// wrote.
func (a *arena) inputTrials(t *testing.T) []trial {
	t.Helper()
	all := []trial{{section: inputs, row: "cases of bad input", column: "number", name: "input/table", run: badInput}}
	targets, err := fuzzTargets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range targets {
		all = append(all, trial{
			section: inputs, row: "parsers fuzzed", column: "number", name: "input/" + at.name,
			run: func(ctx context.Context) outcome { return at.fuzz(ctx) },
		})
	}
	return all
}

// badInput runs the table that stands beside the program.
func badInput(ctx context.Context) outcome {
	test := goTest(ctx, "-json", "-count=1", "-run", "^TestBadInput_", "./cmd/crdb-kube")
	said, err := test.Output()
	var out outcome
	lines := bufio.NewScanner(bytes.NewReader(said))
	lines.Buffer(nil, 10<<20)
	for lines.Scan() {
		var event struct{ Action, Test string }
		if json.Unmarshal(lines.Bytes(), &event) != nil || strings.Count(event.Test, "/") != 2 {
			continue // neither the whole nor a class
		}
		switch event.Action {
		case "pass":
			out.counts++
		case "fail":
			out.wrong = append(out.wrong, event.Test)
		}
	}
	if err != nil || out.counts == 0 {
		out.wrong, out.story = append(out.wrong, fmt.Sprintf("%s: %v", test, err)), string(said)
	}
	return out
}

// fuzzTarget is one fuzz test.
type fuzzTarget struct{ folder, name string }

// fuzzTargets are those of the program.
func fuzzTargets(ctx context.Context) ([]fuzzTarget, error) {
	said, err := goTest(ctx, "-json", "-list", "^Fuzz", "./internal/...").Output()
	if err != nil {
		return nil, fmt.Errorf("go test -list: %w", err)
	}
	var all []fuzzTarget
	for line := range bytes.Lines(said) {
		var event struct{ Package, Output string }
		if err := json.Unmarshal(line, &event); err != nil {
			return nil, err
		}
		if strings.HasPrefix(event.Output, "Fuzz") {
			all = append(all, fuzzTarget{event.Package, strings.TrimSpace(event.Output)})
		}
	}
	return all, nil
}

func (f fuzzTarget) fuzz(ctx context.Context) (out outcome) {
	test := goTest(ctx, "-run", "^$", "-fuzz", "^"+f.name+"$", "-fuzztime", fuzzTime.String(), "-parallel", "2", f.folder)
	// The go command counts it as a failure when its own time is up while a
	// worker is slow.
	said, err := test.CombinedOutput()
	late := bytes.Contains(said, []byte("context deadline exceeded")) && !bytes.Contains(said, []byte("Failing input"))
	if err != nil && !late {
		out.wrong, out.story = []string{fmt.Sprintf("%s: %v", f.name, err)}, string(said)
	}
	return out
}

// goTest is go test at the top of the repository.
func goTest(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test"}, args...)...)
	cmd.Dir = "../.."
	return cmd
}
