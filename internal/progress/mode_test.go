package progress

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestChoose_table(t *testing.T) {
	for _, c := range []struct {
		mode   Mode
		stream Stream
		env    map[string]string
		want   Mode
	}{
		{Auto, Terminal, nil, TTY},
		{"", Terminal, map[string]string{"TERM": "xterm-256color"}, TTY},
		{Auto, Piped, map[string]string{"TERM": "xterm"}, Plain},
		{Auto, Terminal, map[string]string{"TERM": "dumb"}, Plain},
		{Auto, Terminal, map[string]string{"CI": "true"}, Plain},
		{Auto, Terminal, map[string]string{"CI": "woodpecker"}, Plain},
		{Auto, Terminal, map[string]string{"CI": "false"}, TTY},
		{Auto, Terminal, map[string]string{"CI": "0"}, TTY},
		{Auto, Terminal, map[string]string{"NO_COLOR": "1"}, TTY},
		{TTY, Piped, map[string]string{"CI": "true", "TERM": "dumb"}, TTY},
		{Plain, Terminal, nil, Plain},
		{JSON, Terminal, nil, JSON},
		{None, Terminal, nil, None},
		{Auto, Piped, map[string]string{"CI": "true", "GITHUB_ACTIONS": "true"}, GitHub},
		{Auto, Terminal, map[string]string{"GITHUB_ACTIONS": "true"}, GitHub},
		{Auto, Piped, map[string]string{"GITHUB_ACTIONS": "false"}, Plain},
		{Auto, Piped, map[string]string{"CI": "true", "GITLAB_CI": "true"}, GitLab},
		{Auto, Piped, map[string]string{"GITLAB_CI": ""}, Plain},
		{JSON, Piped, map[string]string{"GITHUB_ACTIONS": "true"}, JSON},
		{Plain, Piped, map[string]string{"GITLAB_CI": "true"}, Plain},
		{GitHub, Terminal, nil, GitHub},
		{GitLab, Piped, map[string]string{"GITHUB_ACTIONS": "true"}, GitLab},
	} {
		if got := Choose(c.mode, c.stream, getenv(c.env)); got != c.want {
			t.Errorf("Choose(%q, %s, %v) = %s, want %s", c.mode, c.stream, c.env, got, c.want)
		}
	}
}

func TestChooseColor_table(t *testing.T) {
	for _, c := range []struct {
		mode   ColorMode
		stream Stream
		env    map[string]string
		want   ColorMode
	}{
		{ColorAuto, Terminal, nil, ColorAlways},
		{"", Terminal, nil, ColorAlways},
		{ColorAuto, Piped, nil, ColorNever},
		{ColorAuto, Terminal, map[string]string{"NO_COLOR": "1"}, ColorNever},
		{ColorAuto, Terminal, map[string]string{"NO_COLOR": ""}, ColorAlways},
		{ColorAuto, Terminal, map[string]string{"TERM": "dumb"}, ColorNever},
		{ColorAlways, Piped, map[string]string{"NO_COLOR": "1"}, ColorAlways},
		{ColorNever, Terminal, nil, ColorNever},
		{ColorAuto, Log, map[string]string{"TERM": "dumb"}, ColorAlways},
		{ColorAuto, Log, map[string]string{"NO_COLOR": "1"}, ColorNever},
		{ColorNever, Log, nil, ColorNever},
	} {
		if got := ChooseColor(c.mode, c.stream, getenv(c.env)); got != c.want {
			t.Errorf("ChooseColor(%q, %s, %v) = %s, want %s", c.mode, c.stream, c.env, got, c.want)
		}
	}
}

func getenv(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

func TestModes_asFlagsTakeTheirNamesOnly(t *testing.T) {
	var mode Mode
	var color ColorMode
	if err := mode.Set("json"); err != nil || mode != JSON || mode.String() != "json" {
		t.Errorf("Set(json): %v, mode %s", err, mode)
	}
	if err := color.Set("always"); err != nil || color != ColorAlways || color.String() != "always" {
		t.Errorf("Set(always): %v, mode %s", err, color)
	}
	for wrong, err := range map[string]error{"JSON": mode.Set("JSON"), "": mode.Set(""), "tty": color.Set("tty")} {
		if err == nil || !strings.HasPrefix(err.Error(), "must be one of auto, ") {
			t.Errorf("%q was taken: %v", wrong, err)
		}
	}
	if mode != JSON || color != ColorAlways {
		t.Errorf("a refused value was kept: %s, %s", mode, color)
	}
	if got := mode.Type() + " " + color.Type(); got != "mode when" {
		t.Errorf("help shows the values as %q", got)
	}
}

func TestStreamOf_aFileIsNoTerminal(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, w := range []any{file, &strings.Builder{}, nil, (*os.File)(nil)} {
		if got := StreamOf(w); got != Piped {
			t.Errorf("StreamOf(%T) = %s", w, got)
		}
		if size := fmt.Sprint(WidthOf(w)(), HeightOf(w)()); size != "0 0" {
			t.Errorf("a %T has the size %s", w, size)
		}
	}
}
