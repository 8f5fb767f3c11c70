package progress

import (
	"encoding/json"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// evil holds what a server might send to play tricks on a terminal: each
// string alone, and all in one.
func evil() []string {
	tricks := []string{
		"##[error]x", "#\ufe0f#[group]y", "section_start:1:a\r\x1b[0Kheader", "\x1b[0Ksection_end:1:crdb_kube_start_1\r\x1b[0K",
		"\x1b[2J\x1b[H", "\x1b]0;title\a", "\x1b]8;;http://x\x1b\\link", "\x1bP1$r\x1b\\", "\x1bc", "\x1b(0", "\x1b[6n",
		"bell\a", "back\b\b\bspace", "carriage\rreturn", "one\ntwo\r\nthree\vfour\ffive", "tab\there", "\x00null", "\x7fdelete", "\x0eshift",
		"\u009b31mC1", "\u0090dcs\u009c", "\u0085next line", "\x9b31m raw byte", "\xc3\x28 \xff\xfe", "cut \xe6\xbc",
		"\u202egpj.exe", "\u2066a\u2067b\u2068c\u2069", "\u200e\u200f\u061c", "\u200bzero\u200dwidth\ufeff", "\U000e0041tag", "soft\u00adhyphen",
		"\u2028line\u2029paragraph", "e\u0301\u0301\u0301 marks", "漢字🚀", strings.Repeat("long ", 300), strings.Repeat("\u0301", 300),
	}
	return append(tricks, strings.Join(tricks, " "))
}

// filled is a T in whose every field that holds text stands this one. A field
// that is new is filled, too. Names that are chosen from a list stay.
func filled[T any](text string, keep ...any) T {
	var value T
	fill(reflect.ValueOf(&value).Elem(), text, keep)
	return value
}

func fill(v reflect.Value, text string, keep []any) {
	for _, one := range keep {
		if reflect.TypeOf(one) == v.Type() {
			v.Set(reflect.ValueOf(one))
			return
		}
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text, keep)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), text, keep)
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(field, text, keep)
		}
	default: // numbers are no tricks
	}
}

// obeyed is the first rune in the text that a terminal would not just show.
func obeyed(text string) (rune, bool) {
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || r == utf8.RuneError && size == 1 {
			return r, true
		}
	}
	return 0, false
}

func allStates() []State {
	return []State{Plan, Running, Done, Skipped, Failed, Note, Ready, Created, Configured, Unchanged, Removed, Kept}
}

// TestPrinters_letNothingThroughThatATerminalWouldObey puts every trick into
// every text of an event in every state.
func TestPrinters_letNothingThroughThatATerminalWouldObey(t *testing.T) {
	for _, mode := range []Mode{TTY, Plain, GitHub, GitLab, JSON} {
		t.Run(string(mode), func(t *testing.T) {
			for _, text := range evil() {
				var story []moment
				for _, state := range allStates() {
					step := filled[Event](text, state, time.Time{}, time.Duration(0))
					step.Subject = ""
					bare := step
					bare.Message = "" // the cause's sentence is shown instead
					about := filled[Event](text, state, time.Time{}, time.Duration(0))
					story = append(story, at(0, about), look(1200*ms), at(0, bare), at(0, step), at(0, about))
				}
				running := filled[Event](text, Running, time.Time{}, time.Duration(0))
				story = append(story, at(0, running), look(1200*ms), at(0, running), look(31*time.Second)) // and a sign of life
				widths := []int{7, 40, 80}
				if mode != TTY { // they know no width
					widths = widths[:1]
				}
				for _, width := range widths {
					hears(t, mode, width, story)
				}
			}
		})
	}
}

// hears plays a story to a printer and looks at every byte that it writes.
func hears(t *testing.T, mode Mode, width int, story []moment) {
	t.Helper()
	bubble(t, func(t *testing.T) {
		m := newTerminal(t, width, 24) // complains of what it does not know
		var raw strings.Builder
		out := io.MultiWriter(m, &raw)
		if mode != TTY {
			out = &raw
		}
		ticker := time.NewTicker(time.Second) // a frame now and then will do
		defer ticker.Stop()
		p := New(out, Options{Mode: mode, Width: fixed(width), Height: fixed(24), Now: utc, Ticks: ticker.C})
		play(p, story, func() {})
		p.Close()
		got := raw.String()
		switch mode {
		case TTY:
			got = m.String()
		case GitLab:
			got = sectionMarks().ReplaceAllString(got, "")
		case JSON:
			if orders := obeyedByRunner(got); len(orders) > 0 {
				t.Errorf("GitHub's runner would obey %q", orders)
			}
		}
		if r, found := obeyed(got); found {
			t.Errorf("%U reached the terminal: %q", r, got)
		}
		for line := range strings.Lines(got) {
			if mode == JSON && !json.Valid([]byte(line)) {
				t.Errorf("no JSON: %q", line)
			}
		}
	})
}

// sectionMarks are those that GitLab gets from us; what looks like one of another
// name stays.
func sectionMarks() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^\x1b\[0Ksection_(start|end):\d+:crdb_kube_[-.\w]+_\d{6,}(\[collapsed=false\])?\r\x1b\[0K`)
}

func TestBlocks_letNothingThroughThatATerminalWouldObey(t *testing.T) {
	for _, text := range evil() {
		for _, form := range []Form{Verbatim, Prose} {
			for _, width := range []int{0, 7, 40, 80} {
				var b strings.Builder
				for _, write := range []func(io.Writer, Palette, int) error{
					filled[Result](text, form).Write, filled[Failure](text, form).Write, filled[Table](text).Write,
				} {
					if err := write(&b, Palette{}, width); err != nil {
						t.Fatal(err)
					}
				}
				if r, found := obeyed(b.String()); found {
					t.Errorf("%U reached the terminal: %q", r, &b)
				}
			}
		}
	}
}
