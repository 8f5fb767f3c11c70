package cockroach

import (
	"net/url"
	"strings"
	"testing"
)

// What the database and its pods say is foreign text: whatever it is, reading it
// ends, in one line and without guessing.

func FuzzParseReady(f *testing.F) {
	f.Add(503, []byte(`{"error":"waiting for cluster initialization","code":14}`))
	f.Add(503, []byte("{\"message\":\"node is\\nshutting down\",\"code\":14,\"kind\":\"\"}"))
	f.Add(200, []byte("x"))
	f.Add(502, []byte("<html>\x1b"))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		health, text := ParseReady(status, body)
		if (status == 200) != (health == Ready) || (health == Ready && text != "") {
			t.Errorf("status %d: %s, %q", status, health, text)
		}
		oneLineOf(t, text)
	})
}

func FuzzInitOutcome(f *testing.F) {
	f.Add(0, "Cluster successfully initialized", "")
	f.Add(1, "", "ERROR: cluster has already been initialized\nFailed running \"init\"")
	f.Add(1, "x", "\n\nFailed running \"init\"\n")
	f.Fuzz(func(t *testing.T, code int, stdout, stderr string) {
		result, text := InitOutcome(code, stdout, stderr)
		if (code == 0) != (result == InitDone) || (result == InitFailed) != (text != "") {
			t.Errorf("exit code %d: %s, %q", code, result, text)
		}
		oneLineOf(t, text)
		if words := LastWords(stderr); strings.Contains(words, "\n") {
			t.Errorf("last words of several lines: %q", words)
		}
	})
}

func FuzzParseClusterID(f *testing.F) {
	f.Add([]byte("cluster_id\n5C9fd0ac-1a11-4e5f-9d8a-000000000001\n"))
	f.Add([]byte(`{"clusterId":"5C9fd0ac-1a11-4e5f-9d8a-000000000001"}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		byCSV, err := ParseClusterID(string(answer))
		byJSON, bad := ParseIdentity(200, answer)
		for id, err := range map[string]error{"csv" + byCSV: err, "json" + byJSON: bad} {
			id = strings.TrimPrefix(strings.TrimPrefix(id, "csv"), "json")
			if (err == nil) != (uuid().MatchString(id) && id == strings.ToLower(id)) || (err != nil) != (id == "") {
				t.Errorf("%q, %v", id, err)
			}
		}
	})
}

func FuzzRecognise(f *testing.F) {
	f.Add(int32(1), "E211122 10:00:00.000000 1 server/x.go:1 ⋮ [n1] 7  ERROR: clock synchronization error\n")
	f.Add(int32(7), `client cluster ID "a" doesn't match server cluster ID "b"`)
	f.Add(int32(10), "join rpc\nno such host join rpc ‹x›")
	f.Fuzz(func(t *testing.T, code int32, text string) {
		trouble, said := Recognise(text)
		if (trouble == "") != (said == "") && strings.TrimSpace(said) != "" {
			t.Errorf("%q: %q", trouble, said)
		}
		if strings.Contains(said, "\n") {
			t.Errorf("several lines: %q", said)
		}
		if exit, _ := RecogniseExit(code, text); trouble != "" && exit != trouble {
			t.Errorf("%q, but at the end %q", trouble, exit)
		}
		if id := OwnCluster(text); id != "" && !strings.Contains(text, id) {
			t.Errorf("%q is not in it", id)
		}
	})
}

func FuzzScriptFailure(f *testing.F) {
	f.Add("hunter2hunter2", "ERROR: at or near \"%s\": syntax error\nSQLSTATE: 42601\n")
	f.Add("a$1+(b", "%s\n%s %s")
	f.Fuzz(func(t *testing.T, secret, stderr string) {
		if len(secret) < 8 || strings.ContainsAny(secret, "' \t\n\r\v\f\u0085\u00a0%") || oneLine(secret) != secret {
			return
		}
		said := ScriptFailure("CREATE USER x WITH PASSWORD '"+secret+"';", strings.ReplaceAll(stderr, "%s", " "+secret+" "))
		if strings.Contains(" "+said+" ", " "+secret+" ") {
			t.Errorf("says the secret: %q", said)
		}
		oneLineOf(t, said)
	})
}

func FuzzVersionOf(f *testing.F) {
	f.Add("registry:5000/cockroach:v26.2.5-rc.1@sha256:00")
	f.Add("x:1.2.3")
	f.Fuzz(func(t *testing.T, text string) {
		version, ok := VersionOf(text)
		if again, still := VersionOf("x:" + version.String()); ok && (!still || again != version) {
			t.Errorf("%q: %s is read as %s", text, version, again)
		}
	})
}

func FuzzConnection(f *testing.F) {
	f.Add("app", "p@ss:w/rd?#%", "/a b/ca.crt")
	f.Add("a'b", "\x00\x1b[31m\u202e", "+&=")
	f.Fuzz(func(t *testing.T, user, password, file string) {
		c := Connection{Host: "h", Port: 1, User: user, Database: "d", Mode: SSLVerifyFull, CA: file, Password: ParsePassword(map[string][]byte{AppKeyPassword: []byte(password)})}
		text := c.URL(Shown)
		read, err := url.Parse(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		got, _ := read.User.Password()
		if read.User.Username() != user || got != c.Password.text() || read.Query().Get("sslrootcert") != file || read.Host != "h:1" {
			t.Errorf("%q, %q, %q: read back from %q", user, password, file, text)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("not plain: %q", text)
		}
	})
}

func oneLineOf(t *testing.T, text string) {
	t.Helper()
	if strings.ContainsAny(text, "\n\r\t\v\f") {
		t.Errorf("not one line: %q", text)
	}
}
