package main

import (
	"encoding/json"
	"errors"
	"flag"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/crdb-kube/crdb-kube/test/schema"
)

// The command line is tested as it is: scripts run main in a process of its
// own, with an empty home and no kubeconfig but one that the script writes.

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the expected output in the scripts anew")
	_ = flag.Set("test.parallel", "8") // tests here wait for processes, and these for servers
	testscript.Main(m, map[string]func(){"crdb-kube": main})
}

func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       flag.Lookup("update").Value.String() == "true",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			s := newServer()
			env.Defer(s.Close)
			env.Values["server"] = s
			env.Setenv("HOME", "/home/nobody-at-all")
			env.Setenv("KUBECONFIG", "")
			env.Setenv("SERVER", s.URL)
			env.Setenv("TERM", "dumb")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ends":     ends,
			"exits":    exits,
			"fails":    fails,
			"requests": requests,
		},
	})
}

// exits runs a command and asks for its exit code: exits CODE crdb-kube ARG…
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARG…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	default:
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// fails is exits for a command that fails in the way that all do: nothing on
// stdout; on stderr one line that names the thing and one line of hint.
func fails(ts *testscript.TestScript, neg bool, args []string) {
	exits(ts, neg, args)
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("printed on stdout: %q", out)
	}
	tally := map[string]int{}
	for line := range strings.Lines(ts.ReadFile("stderr")) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		tally[word]++
	}
	if len(tally) != 2 || tally["error:"] != 1 || tally["next"] != 1 {
		ts.Fatalf("want one line of error and one of hint")
	}
}

// eventSchema is found from the folder of this test.
const eventSchema = "../../docs/schema/events.json"

// ends is exits for a command that runs with --progress json: each line on
// stderr is as docs/schema says, the last one says with which code it ended, and
// no other does.
func ends(ts *testscript.TestScript, neg bool, args []string) {
	exits(ts, neg, args)
	events, err := schema.Read(eventSchema)
	ts.Check(err)
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile("stderr"), "\n"), "\n")
	for i, line := range lines {
		var one struct {
			State    string
			ExitCode *int
		}
		ts.Check(events.Check([]byte(line)))
		ts.Check(json.Unmarshal([]byte(line), &one))
		last := i == len(lines)-1
		if last != (one.State == "end") || last != (one.ExitCode != nil) {
			ts.Fatalf("line %d of %d: %s", i+1, len(lines), line)
		}
		if last && strconv.Itoa(*one.ExitCode) != args[0] {
			ts.Fatalf("says exit code %d", *one.ExitCode)
		}
	}
}

// requests asks how many requests the server has had: requests N, or ! requests 0.
func requests(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: [!] requests N")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	s, ok := ts.Value("server").(*server)
	if !ok {
		ts.Fatalf("no server")
	}
	if got := int(s.count.Load()); (got == want) == neg {
		ts.Fatalf("%d requests", got)
	}
}
