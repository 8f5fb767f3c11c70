package cli

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"sigs.k8s.io/yaml"

	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// encodeJSON writes a value so that no terminal obeys what stands in it; it
// decodes to the same. Lines begin with a step of indent; empty: all is one line.
func encodeJSON(value any, indent string) ([]byte, error) {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", indent)
	err := encoder.Encode(value)
	return progress.HarmlessJSON([]byte(text.String())), err
}

// encodeYAML does the same in YAML. There only a quoted text can have escapes,
// and the encoder quotes none for the sake of what is merely invisible, or of
// what YAML does not allow, such as U+FFFF. So that goes to it between marks, control characters that it must escape, and the
// marks become part of the escape afterwards.
func encodeYAML(value any) ([]byte, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var marked strings.Builder
	for _, r := range string(encoded) {
		switch {
		case r == utf8.RuneError, !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Noncharacter_Code_Point):
			marked.WriteRune(r)
		default:
			fmt.Fprintf(&marked, `\u0001%08x\u0001`, r)
		}
	}
	text, err := yaml.JSONToYAML([]byte(marked.String()))
	return regexp.MustCompile(`\\x01([0-9a-f]{8})\\x01`).ReplaceAll(text, []byte(`\U$1`)), err
}
