package progress

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
)

func FuzzHarmlessJSON(f *testing.F) {
	f.Add("\x1b[31m\u009b\u202e\U000e0041##[error]\u2028\x00\xff")
	f.Fuzz(func(t *testing.T, text string) {
		encoded, err := json.Marshal([]string{text})
		if err != nil {
			t.Fatal(err)
		}
		safe := HarmlessJSON(encoded)
		var got, want []string
		if err := json.Unmarshal(encoded, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(safe, &got); err != nil || got[0] != want[0] {
			t.Errorf("%q became %q: %v", want, got, err)
		}
		if i := strings.IndexFunc(string(safe), func(r rune) bool { return r == '#' || unicode.In(r, unicode.Cc, unicode.Cf) }); i >= 0 {
			t.Errorf("stands in it: %q", safe)
		}
	})
}

// FuzzFailure writes what foreign text says as people, GitHub and programs get it.
func FuzzFailure(f *testing.F) {
	f.Add("pod\nerror: x", "::error::", "\x1b[31m", 40)
	f.Add("a", "##[group]", "\u202e%0A::stop-commands::x", 0)
	f.Fuzz(func(t *testing.T, message, seen, next string, width int) {
		failure := Failure{Message: message, Lines: []Pair{{Label: "seen", Text: seen, Form: Prose}, {Label: "next", Text: next}}, Cause: &Cause{ID: message}}
		var people, runner strings.Builder
		if err := failure.Write(&people, Palette{}, max(0, width%200)); err != nil {
			t.Fatal(err)
		}
		if err := failure.Annotate(&runner, message); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{people.String(), runner.String()} {
			if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) }); i >= 0 {
				t.Errorf("stands in it: %q", text)
			}
		}
		if !strings.HasPrefix(people.String(), "error:") || strings.Count("\n"+people.String(), "\nerror:") != 1 {
			t.Errorf("not one error: %q", people.String())
		}
		if lines := strings.Count(runner.String(), "\n"); lines != 1 || !strings.HasPrefix(runner.String(), "::error title=") {
			t.Errorf("not one command: %q", runner.String())
		}
	})
}
