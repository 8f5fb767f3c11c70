package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// judge runs the program on one package with this test file, and returns its
// exit code and what it wrote, times replaced.
func judge(t *testing.T, unproven, tests string) (int, string) {
	t.Helper()
	out := new(strings.Builder)
	opts := options{Unproven: unproven, Timeout: time.Minute, Suites: []suite{{Dir: module(t, tests), Pattern: "./..."}}}
	code := run(t.Context(), opts, out)
	return code, regexp.MustCompile(`\d+(\.\d+)?s\b`).ReplaceAllString(out.String(), "Ns")
}

// module writes a module with these tests, and returns its folder.
func module(t *testing.T, tests string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.test/m\n\ngo 1.26\n")
	write("m.go", "package m\n")
	if tests != "" {
		write("m_test.go", "package m\n\nimport \"testing\"\n\n"+tests)
	}
	return dir
}

func TestRun_withAPatternWantsOneTestAtLeast(t *testing.T) {
	suites := []suite{
		{Dir: module(t, "func TestOne(t *testing.T) {}\n"), Pattern: "."},
		{Dir: module(t, "func TestTwo(t *testing.T) {}\n"), Pattern: "."},
	}
	for pattern, want := range map[string]int{"TestTwo": 0, "TestThree": 1} {
		opts := options{Unproven: "allow", Timeout: time.Minute, Run: pattern, Suites: suites}
		out := new(strings.Builder)
		if code := run(t.Context(), opts, out); code != want {
			t.Errorf("-run %s: exit %d, want %d:\n%s", pattern, code, want, out)
		}
	}
}

func TestRun_countsWhatNeedsRealMachines(t *testing.T) {
	tests := `
func TestOne(t *testing.T) {}
func TestTwo(t *testing.T) { t.Skip("needs real machines: TestTwo") }
func TestThree(t *testing.T) {
	t.Run("a", func(t *testing.T) { println(); t.Log("needs real machines: three a") })
	t.Run("b", func(t *testing.T) { t.Skip("needs real machines: three b") })
}
`
	want := `ok    TestOne (Ns)
not   TestTwo (needs real machines)
not   TestThree (needs real machines)
1 passed, 0 failed, 2 left out, Ns
NOT PROVEN: 3 scenarios need real machines
`
	code, got := judge(t, "allow", tests)
	if diff := cmp.Diff(want, got); diff != "" || code != 0 {
		t.Errorf("exit %d, output (-want +got):\n%s", code, diff)
	}
	if code, got = judge(t, "refuse", tests); code != 1 || !strings.HasSuffix(got, "NOT PROVEN: 3 scenarios need real machines\n") {
		t.Errorf("refused: exit %d, output %q", code, got)
	}
}

func TestRun_isSilentAboutRealMachinesWhenAllRan(t *testing.T) {
	code, got := judge(t, "refuse", "func TestOne(t *testing.T) { t.Log(\"hidden\") }\n")
	if want := "ok    TestOne (Ns)\n1 passed, 0 failed, 0 left out, Ns\n"; code != 0 || got != want {
		t.Errorf("exit %d, output %q, want %q", code, got, want)
	}
}

func TestRun_showsWhatAFailedTestSaid(t *testing.T) {
	code, got := judge(t, "allow", `
func TestGood(t *testing.T) { t.Log("hidden") }
func TestBad(t *testing.T) { t.Run("sub", func(t *testing.T) { t.Error("the reason") }) }
`)
	for _, want := range []string{"the reason", "FAIL  TestBad", "1 passed, 1 failed, 0 left out"} {
		if !strings.Contains(got, want) {
			t.Errorf("output lacks %q:\n%s", want, got)
		}
	}
	if code != 1 || strings.Contains(got, "hidden") {
		t.Errorf("exit %d, output:\n%s", code, got)
	}
}

func TestRun_takesForAFailure(t *testing.T) {
	for _, c := range []struct{ name, tests, want string }{
		{"a skipped test", `func TestOne(t *testing.T) { t.Skip("no reason") }`, "FAIL  TestOne was skipped"},
		{"a skipped subtest", `func TestOne(t *testing.T) { t.Run("a", func(t *testing.T) { t.SkipNow() }) }`, "FAIL  TestOne/a was skipped"},
		{"a folder without tests", "", "no test there"},
		{"tests that do not compile", `func TestOne(t *testing.T) { undefined() }`, "undefined: undefined"},
		{"a panic", `func TestOne(t *testing.T) { panic("the reason") }`, "the reason"},
		{"an exit", `import "os"
func TestOne(t *testing.T) { os.Exit(0) }`, "FAIL"},
	} {
		if code, got := judge(t, "allow", c.tests); code != 1 || !strings.Contains(got, c.want) {
			t.Errorf("%s: exit %d, output lacks %q:\n%s", c.name, code, c.want, got)
		}
	}
}

func TestStillRunning_namesTestsAndTimes(t *testing.T) {
	r := newReport(io.Discard)
	if got := r.stillRunning(time.Now()); got != "" {
		t.Errorf("nothing runs, got %q", got)
	}
	for _, test := range []string{"TestB", "TestA", "TestA/sub", "TestC"} {
		r.take(event{Action: "run", Package: "p", Test: test})
	}
	r.take(event{Action: "pass", Package: "p", Test: "TestC"})
	got := r.stillRunning(r.running["p TestA"].Add(42 * time.Second))
	if want := "  …   TestA 42s, TestB 42s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParse_refusesWrongUse(t *testing.T) {
	for _, args := range [][]string{{}, {"./..."}, {":./..."}, {"dir:"}, {"-unproven", "maybe", ".:./..."}, {"-none", ".:."}} {
		if _, err := parse(args, io.Discard); err == nil {
			t.Errorf("parse(%q): no error", args)
		}
	}
	got, err := parse([]string{"-unproven", "allow", "-tags", "long", ".:./test/e2e/...", "test/x:./..."}, io.Discard)
	want := options{Unproven: "allow", Timeout: 10 * time.Minute, Tags: "long", Suites: []suite{{".", "./test/e2e/..."}, {"test/x", "./..."}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("parse: %v, options (-want +got):\n%s", err, diff)
	}
}
