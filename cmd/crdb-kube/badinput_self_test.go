package main

import (
	"strings"
	"testing"
)

// What is asked of all bad input is itself shown to be able to fail.
func TestFaults_findsWhatIsNotAsItShouldBe(t *testing.T) {
	b := badInput{args: []string{"up"}, code: 2, says: "--nodes", next: "3"}
	good := outcome{code: 2, stderr: "error: --nodes 2: no\n  next  3\n"}
	if faults := b.faults(good); len(faults) > 0 {
		t.Fatalf("good: %q", faults)
	}
	for want, change := range map[string]func(*outcome){
		"not the exit code":      func(o *outcome) { o.code = 1 },
		"not one line of error":  func(o *outcome) { o.stderr += "error: and another\n" },
		"not one line of hint":   func(o *outcome) { o.stderr = "error: --nodes\n" },
		"something on stdout":    func(o *outcome) { o.stdout = "hm\n" },
		"the error does not say": func(o *outcome) { o.stderr = "error: hm\n  next  3\n" },
		"the hint does not say":  func(o *outcome) { o.stderr = "error: --nodes\n  next  hm\n" },
		"the server was asked":   func(o *outcome) { o.asked = 1 },
		"was written to: POST":   func(o *outcome) { o.writes = []string{"POST /api"} },
		"a panic":                func(o *outcome) { o.stderr += "goroutine 1 [running]:\n" },
		"a broken format":        func(o *outcome) { o.stderr += "%!s(MISSING)\n" },
		"raw U+001B":             func(o *outcome) { o.stderr += "\x1b[31m\n" },
		"raw U+0007":             func(o *outcome) { o.stderr += "\a\n" },
		"raw U+009B":             func(o *outcome) { o.stderr += "\u009b\n" },
		"raw U+202E":             func(o *outcome) { o.stderr += "\u202e\n" },
		"raw bytes":              func(o *outcome) { o.stderr += "\xff\n" },
		"floods":                 func(o *outcome) { o.stderr += strings.Repeat("x", most) },
		"takes too long":         func(o *outcome) { o.took = patience },
	} {
		bad := good
		change(&bad)
		faults := b.faults(bad)
		if len(faults) == 0 || !strings.Contains(faults[0], want) {
			t.Errorf("%s: got %q", want, faults)
		}
	}
}

func TestReasonOf_isTheSameForOtherValuesOnly(t *testing.T) {
	of := func(text string) string { return reasonOf(outcome{stderr: "error: " + text + "\n  next  hm\n"}) }
	if of(`--nodes 1: "a" is no number`) != of(`--nodes 27: "b \" c" is no number`) {
		t.Error("other values make another reason")
	}
	if of("--nodes 1: too few") == of("--nodes 1: too many") || of("--nodes 1: no") == of("--spares 1: no") {
		t.Error("other reasons look the same")
	}
}
