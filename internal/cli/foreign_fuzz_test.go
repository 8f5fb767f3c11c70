package cli

import (
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
)

// FuzzKubeconfig reads a file that anybody may have written. What is wrong with
// it is said in one line, with something to do.
func FuzzKubeconfig(f *testing.F) {
	f.Add([]byte("current-context: a\ncontexts: [{name: a, context: {cluster: b, user: c}}]\nclusters: [{name: b, cluster: {server: x}}]\nusers: [{name: c}]\n"))
	f.Add([]byte("{["))
	f.Add([]byte("contexts: [{name: \"a\\nb\", context: null}]\ncurrent-context: \"a\\nb\"\n"))
	f.Add([]byte("clusters: [{name: a}]\ncontexts: [{name: \"\", context: {cluster: a}}]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		config, err := clientcmd.Load(text)
		if err == nil {
			a, _, _ := testApp(noInput(), nil)
			a.root()
			err = a.checkConfig(*config)
		} else {
			err = configError(err)
		}
		if err == nil {
			return
		}
		said := explain(err)
		if strings.Contains(said.Message, "\n") || !strings.HasPrefix(said.Message, "kubeconfig: ") || len(said.Lines) == 0 {
			t.Errorf("%+v", said)
		}
	})
}

func FuzzDuration(f *testing.F) {
	f.Add("-5s")
	f.Add("1h2m")
	f.Add("9223372036854775808ns")
	f.Fuzz(func(t *testing.T, text string) {
		var value time.Duration
		if err := (&duration{&value}).Set(text); err == nil && value < 0 {
			t.Errorf("%q is taken for %s", text, value)
		}
	})
}

// FuzzQuoted reads a word back as a shell does.
func FuzzQuoted(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text)
	}
	f.Add("it's; rm -rf $(x) `y`")
	f.Fuzz(func(t *testing.T, word string) {
		text, read := quoted(word), ""
		for rest := text; rest != ""; {
			switch {
			case strings.HasPrefix(rest, `\'`):
				read, rest = read+"'", rest[2:]
			case rest[0] == '\'':
				inner, after, closed := strings.Cut(rest[1:], "'")
				if !closed {
					t.Fatalf("%q: not closed", text)
				}
				read, rest = read+inner, after
			case strings.ContainsAny(rest[:1], " \t\n\"`$\\;&|<>()*?#~!{}[]"):
				t.Fatalf("%q: %q stands outside of quotes", text, rest[:1])
			default:
				read, rest = read+rest[:1], rest[1:]
			}
		}
		if read != word {
			t.Errorf("%q is read as %q", word, read)
		}
	})
}
