package progress

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean_spellsOutWhatATerminalWouldObey(t *testing.T) {
	for in, want := range map[string]string{
		"":                              "",
		"plain text, wörds, 漢字 and 🚀":   "plain text, wörds, 漢字 and 🚀",
		`a \ backslash`:                 `a \ backslash`,
		"\x1b[31mred\x1b[0m":            `\x1b[31mred\x1b[0m`,
		"\x1b]8;;http://x\x1b\\link":    `\x1b]8;;http://x\x1b\link`,
		"100%\rdone":                    `100%\rdone`,
		"bell\a and back\b, del\x7f":    `bell\a and back\b, del\x7f`,
		"c1 \u009b31m":                  `c1 \u009b31m`,
		"user\u202egpj.exe":             `user\u202egpj.exe`,
		"a\u2066b\u2069 \u200fc\ufeff":  `a\u2066b\u2069 \u200fc\ufeff`,
		"zero\u200bwidth":               `zero\u200bwidth`,
		"tag \U000e0041":                `tag \U000e0041`,
		"bad \xff\xfe bytes":            `bad \xff\xfe bytes`,
		"replacement \uFFFD and \xff":   "replacement \uFFFD and " + `\xff`,
		"one\ntwo\r\n\n  three\t4\n":    "one · two · three 4",
		"line\u2028separator\vand page": "line · separator · and page",
		"  \n\t ":                       "",
		"because:\n\tit is so":          "because: it is so",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"text", "\x1b[2J", "a\r\nb", "\xff\u202e", "漢字 \u009b", "\u2028 \uFFFD"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		clean := Clean(text)
		if !utf8.ValidString(clean) {
			t.Errorf("%q became invalid: %q", text, clean)
		}
		if i := strings.IndexFunc(clean, func(r rune) bool {
			return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
		}); i >= 0 {
			t.Errorf("%q kept something to obey at %d: %q", text, i, clean)
		}
		if twice := Clean(clean); twice != clean {
			t.Errorf("%q became %q, and then %q", text, clean, twice)
		}
	})
}
