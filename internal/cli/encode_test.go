package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// hostile has what a terminal obeys, what hides other text, and what YAML and
// JSON mean something by.
func hostile() []string {
	return []string{
		"plain", "", "ä", "1e3", "yes", "# no", "a: b", "'", `"`, `\`, `\x01`, "two\nlines\n", "\ttab",
		"\x1b[31mred", "\u009b31mred", "\u202egood", "\x00", "\x7f", "\u0085", "\u2028", "\u200b", "\ufeff", "\U000e0041", "##[error]", "\uFFFD",
		strings.Repeat("long ", 60) + "\u202e" + strings.Repeat(" long", 60),
	}
}

func TestEncode_decodesToTheSameAndNoTerminalObeysIt(t *testing.T) {
	want := map[string]any{"texts": hostile()}
	forms := map[string]struct {
		encode func(any) ([]byte, error)
		decode func([]byte, any) error
	}{
		"json":      {func(v any) ([]byte, error) { return encodeJSON(v, "  ") }, json.Unmarshal},
		"json line": {func(v any) ([]byte, error) { return encodeJSON(v, "") }, json.Unmarshal},
		"yaml":      {encodeYAML, func(text []byte, v any) error { return yaml.Unmarshal(text, v) }},
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			text, err := form.encode(want)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range string(text) {
				if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) {
					t.Fatalf("%U stands in it:\n%s", r, text)
				}
			}
			var got map[string][]string
			if err := form.decode(text, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want["texts"], any(got["texts"])); diff != "" {
				t.Errorf("decodes to something else:\n%s\n%s", diff, text)
			}
		})
	}
}

func FuzzEncode(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		encoded, err := encodeYAML([]string{text})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := yaml.Unmarshal(encoded, &got); err != nil || len(got) != 1 {
			t.Fatalf("%v\n%q", err, encoded)
		}
		if got[0] != text && !strings.Contains(text, "\x01") { // what is marked like our own is shown as an escape
			t.Errorf("decodes to %q, want %q: %q", got[0], text, encoded)
		}
		if i := strings.IndexFunc(string(encoded), func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) }); i >= 0 {
			t.Errorf("stands in it: %q", encoded)
		}
	})
}
