package progress

import (
	"strings"
	"testing"
	"time"
	"unicode"
)

// command is one that the runner of GitHub Actions takes out of a line.
type command struct{ name, title, message string }

// obeyedByRunner are the commands in a step's output, as the runner finds them:
// it compares text without regard to what is invisible, and looks for two
// colons at the beginning of a line, then for ##[ anywhere in it.
func obeyedByRunner(output string) []command {
	var all []command
	for line := range strings.FieldsFuncSeq(output, func(r rune) bool { return r == '\n' || r == '\r' }) {
		seen := strings.TrimLeftFunc(strings.Map(func(r rune) rune {
			if unicode.In(r, unicode.Cf, unicode.Mn) || r != '\t' && unicode.Is(unicode.Cc, r) {
				return -1
			}
			return r
		}, line), unicode.IsSpace)
		if rest, ok := strings.CutPrefix(seen, "::"); ok {
			if head, message, ok := strings.Cut(rest, "::"); ok {
				name, properties, _ := strings.Cut(head, " ")
				first, _, _ := strings.Cut(properties, ",")
				all = append(all, command{name, unescaped(strings.TrimPrefix(first, "title=")), unescaped(message)})
				continue
			}
		}
		if _, rest, ok := strings.Cut(seen, "##["); ok {
			if name, message, ok := strings.Cut(rest, "]"); ok {
				all = append(all, command{name: name, message: message})
			}
		}
	}
	return all
}

func unescaped(text string) string {
	for _, pair := range []string{"\r%0D", "\n%0A", ":%3A", ",%2C", "%%25"} {
		text = strings.ReplaceAll(text, pair[1:], pair[:1])
	}
	return text
}

// orders are texts that want the runner to do something.
func orders() []string {
	return []string{
		"::add-mask::a", " \t ::stop-commands::x", "\u00a0::error::x", "\u034f::error::x", ":\ufe0f:error::x",
		"x ##[error]y", "#\u034f#[group]y", "one\n::warning::two", "one\r::warning::two", "%0A::warning::x", "100%, a:b",
	}
}

func TestShield_leavesTheRunnerNothingToObey(t *testing.T) {
	for _, text := range append(orders(), evil()...) {
		var b strings.Builder
		if _, err := Shield(&b).Write([]byte(text + "\n")); err != nil {
			t.Fatal(err)
		}
		if got := obeyedByRunner(b.String()); len(got) > 0 {
			t.Errorf("%q came through as %q: %v", text, &b, got)
		}
		if got := obeyedByRunner(text); len(got) == 0 && strings.Contains(text, "::e") {
			t.Errorf("%q: is no order at all, and proves nothing", text)
		}
	}
}

func TestShield_leavesOtherTextAsItIs(t *testing.T) {
	const text = "a::b [::1]:8080 ##\n#1 [x] ## [y]\n\n  x ::error::y\r\nthe end"
	var b strings.Builder
	if _, err := Shield(&b).Write([]byte(text)); err != nil || b.String() != text {
		t.Errorf("%q, %v", &b, err)
	}
}

func TestGitHub_getsNoCommandsButOurs(t *testing.T) {
	for _, text := range append(orders(), evil()...) {
		message := Event{State: Note, Step: text, Subject: text, Message: text}
		got := printed(t, Options{Mode: GitHub}, []moment{
			at(0, Event{State: Plan, Message: text}), at(0, said("start", Running, text)), at(0, pod("start", text, Running, text)),
			look(2 * time.Second), at(0, pod("start", "x", Ready, text)), at(0, message), at(0, said(text, Running, text)),
			look(31 * time.Second), at(0, said(text, Done, text)), at(0, said("start", Failed, text)),
		})
		for _, one := range obeyedByRunner(got) {
			switch one.name {
			case "group", "endgroup":
			case "warning":
				want := Clean(text) + ": " + Clean(text) + " " + Clean(text)
				if one.title != "crdb-kube" || one.message != visible(want) {
					t.Errorf("a warning of %q came through as %q", want, one)
				}
			default:
				t.Errorf("%q made the runner do %q:\n%s", text, one, got)
			}
		}
	}
}

// visible is a text as obeyedByRunner hands it on.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Mn, unicode.Cc) {
			return -1
		}
		return r
	}, text)
}

func TestAnnotate_isOneErrorWhateverItsTexts(t *testing.T) {
	for _, text := range append(orders(), evil()...) {
		f := Failure{
			Message: text, Cause: &Cause{ID: text},
			Lines: []Pair{{Label: "seen", Text: text}, {Label: "seen", Text: text}, {Label: "next", Text: text}},
		}
		var b strings.Builder
		if err := f.Annotate(&b, "crdb-kube up"); err != nil {
			t.Fatal(err)
		}
		clean := visible(Clean(text))
		unbroken := strings.NewReplacer(`\:`, ":", `#\[`, "#[")
		line := clean + "\n  seen  " + clean + "\n        " + clean + "\n  next  " + clean
		want := command{"error", "crdb-kube up: " + clean, unbroken.Replace(line)}
		got := obeyedByRunner(b.String())
		if len(got) != 1 || strings.Count(b.String(), "\n") != 1 {
			t.Fatalf("%q: %d commands: %q", text, len(got), &b)
		}
		if strings.Contains(got[0].message, "##[") {
			t.Errorf("the log's viewer would obey %q", got[0].message)
		}
		got[0].message = unbroken.Replace(got[0].message)
		if got[0] != want {
			t.Errorf("%q:\n%q\nwant\n%q", text, got[0], want)
		}
	}
}
