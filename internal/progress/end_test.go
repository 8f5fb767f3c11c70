package progress

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// end is one in whose every field something stands.
func end() End {
	return End{
		ExitCode: 1, Message: "3 pods: cannot pull image x:v1 (IMAGE_NOT_FOUND)",
		Seen: []string{"Failed to pull image \"x:v1\": not found", "another\x1b[31m line"},
		Next: "crdb-kube up --image with an image that exists",
		Cause: &Cause{
			ID: "IMAGE_NOT_FOUND", Class: User, Sentence: "not found in its registry", Next: "crdb-kube up --image",
			Evidence: []Evidence{{Text: "not found", Where: "event of cockroachdb-0", Age: 2 * time.Second}},
		},
	}
}

func TestEnd_hasEveryFieldAndNoMoreThanIsKnown(t *testing.T) {
	at := time.Date(2026, 11, 22, 15, 2, 11, 123456789, time.FixedZone("", 3600))
	var b strings.Builder
	for _, one := range []End{end(), {ExitCode: 0, Message: "ready in 4.1s"}, {ExitCode: 4}} {
		if err := one.Write(&b, at); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "ends.jsonl", b.String())
	if err := end().Write(brokenPipe{}, at); err == nil {
		t.Error("the writer's error is lost")
	}
}

func TestBeside_isOfTheFormOfTheStream(t *testing.T) {
	const text = "I1122 14:02:11 GET \"https://a\" \x1b[31m\n\n::error::x\r\nand ##[group]y\n"
	for mode, want := range map[Mode]string{
		Plain:  text,
		GitLab: text,
		None:   text,
		GitHub: "I1122 14:02:11 GET \"https://a\" \x1b[31m\n\n\\::error::x\r\nand ##\\[group]y\n",
		JSON: `{"schemaVersion":1,"time":"2026-11-22T14:02:11Z","state":"log","message":"I1122 14:02:11 GET \"https://a\" \u001b[31m"}` + "\n" +
			`{"schemaVersion":1,"time":"2026-11-22T14:02:11Z","state":"log","message":"::error::x"}` + "\n" +
			`{"schemaVersion":1,"time":"2026-11-22T14:02:11Z","state":"log","message":"and \u0023\u0023[group]y"}` + "\n",
	} {
		var b strings.Builder
		out := Beside(&b, mode, func() time.Time { return time.Date(2026, 11, 22, 14, 2, 11, 0, time.UTC) })
		if n, err := out.Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("%s: %d, %v", mode, n, err)
		}
		if b.String() != want {
			t.Errorf("%s: wrote\n%q\nwant\n%q", mode, b.String(), want)
		}
		for line := range strings.Lines(b.String()) {
			if mode == JSON && !json.Valid([]byte(line)) {
				t.Errorf("no JSON: %q", line)
			}
		}
	}
}
