package cli

import (
	"strings"
	"testing"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

func TestURL_hasEachFormWithAndWithoutSecrets(t *testing.T) {
	for name, secrecy := range map[string]secrecyFlag{"hidden": false, "shown": true} {
		for form, ending := range map[urlForm]string{urlPlain: "txt", urlEnv: "env", urlJSON: "json", urlYAML: "yaml"} {
			text, err := urlText(throughConnection(), urlFlags{form: form, secrecy: secrecy})
			if err != nil {
				t.Fatal(err)
			}
			if !bool(secrecy) && strings.Contains(text, "s3cret") {
				t.Errorf("%s: %s", form, text)
			}
			golden(t, "url-"+name+"."+ending, text)
		}
	}
}

func TestConsole_saysWhoMayLogIn(t *testing.T) {
	secure := cluster()
	secure.Security, secure.AppUser = cockroach.TLS, "app"
	lone := secure
	lone.AppUser = ""
	for want, c := range map[string]cockroach.Cluster{
		"user app, with the password in secret/cockroachdb-app, key password": secure,
		"CREATE USER name WITH PASSWORD":                                      lone,
		"none: the cluster is insecure":                                       cluster(),
	} {
		if got := consoleResult(c, "https://localhost:8080", "cockroachdb-1"); !strings.Contains(got.Lines[0].Text, want) || !strings.Contains(got.Headline, "https://localhost:8080, through cockroachdb-1") {
			t.Errorf("%s: %+v", want, got)
		}
	}
}
