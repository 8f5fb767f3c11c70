package cockroach

import (
	"slices"
	"strings"
	"testing"
)

func TestCompleteSQL_endsTheLastStatement(t *testing.T) {
	for text, ends := range map[string]bool{
		"SELECT 1;":                               true,
		"SELECT 1; \r\n\t":                        true,
		"SELECT 1; -- a; comment":                 true,
		"SELECT 1; /* another */\n":               true,
		"SELECT 1;;":                              true,
		"SELECT 1":                                false,
		"SELECT 1\n":                              false,
		"SELECT 1 -- no end;":                     false,
		"SELECT 1 /* ; */":                        false,
		"SELECT 1; SELECT ';'":                    false,
		"SELECT ';' ;":                            true,
		`SELECT 'it''s;';`:                        true,
		`SELECT 'a\';`:                            true, // a backslash is nothing special here
		`SELECT e'a\';';`:                         true, // but here it is
		`SELECT E'a\';'`:                          false,
		`SELECT b'\'';`:                           true,
		`SELECT "a;b""c";`:                        true,
		`SELECT a.b"c;"`:                          false,
		"SELECT '-- not a comment';":              true,
		"SELECT '/* nor this';":                   true,
		"SELECT 1 /* a /* nested */ one; */ ;":    true,
		"SELECT 3 - -2;":                          true,
		"SELECT 4 / 2;":                           true,
		"CREATE FUNCTION f() AS $$ SELECT ';' $$": false,
		"CREATE FUNCTION f() AS $$ a; $$;":        true,
		"CREATE FUNCTION f() AS $x$ a; $$ b $x$;": true,
		"SELECT a$b$c; SELECT d$b$":               false, // a dollar within a name quotes nothing
		"SELECT $1;":                              true,
		"SELECT $1 + '$2';":                       true,
		"SELECT 'ü;' AS ü":                        false,
		"\\set x\n":                               true,
		"SELECT 1;\n\\echo done; or not":          true,
		"\ufeffSELECT 1;":                         true,
	} {
		got, err := CompleteSQL(text)
		want := strings.TrimPrefix(text, "\ufeff")
		if !ends {
			want += "\n;\n"
		}
		if err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestCompleteSQL_refusesWhatCannotBeRun(t *testing.T) {
	for text, reason := range map[string]string{
		"":                                 "has no statement",
		" \n\t":                            "has no statement",
		"-- only words":                    "has no statement",
		"/* only words */ ; ;":             "has no statement",
		"SELECT 'secret":                   "ends inside a quoted text",
		`SELECT "secret`:                   "ends inside a quoted text",
		`SELECT e'secret\'`:                "ends inside a quoted text",
		"SELECT $$ secret; ":               "ends inside a quoted text",
		"SELECT 1; /* /* secret */":        "ends inside a comment",
		"SELECT 'secret\xff';":             "is not text in UTF-8",
		"S\x00E\x00L\x00":                  "is not text in UTF-8",
		strings.Repeat("-", MaxSQL) + "\n": "has more than 1 MiB",
	} {
		got, err := CompleteSQL(text)
		faults := Faults(err)
		if got != "" || len(faults) != 1 || faults[0].Field != "init-sql" || faults[0].Reason != reason || strings.Contains(faults[0].Error()+faults[0].Hint, "secret") {
			t.Errorf("%.40q: %q, %v, want %q", text, got, err, reason)
		}
	}
}

func TestScriptCommand_showsNoStatement(t *testing.T) {
	command := sampleCluster().ScriptCommand()
	if want := []string{"/cockroach/cockroach", "sql", "--host=localhost", "--certs-dir=/cockroach/cockroach-certs", "--format=csv"}; !slices.Equal(want, command) {
		t.Errorf("%q, want %q", command, want)
	}
}

func TestScriptFailure_isTheDatabasesOwnLine(t *testing.T) {
	for _, test := range []struct{ stderr, want string }{
		{
			"ERROR: relation \"t\" already exists\nSQLSTATE: 42P07\nERROR: relation \"t\" already exists\nSQLSTATE: 42P07\nFailed running \"sql\"\n",
			`relation "t" already exists`,
		},
		{"ERROR: at or near \"selec\": syntax error\nSQLSTATE: 42601\nDETAIL: source SQL:\nselec 1\n^\nFailed running \"sql\"\n", `at or near "selec": syntax error`},
		{"warning\nno such thing\nFailed running \"sql\"\n", "no such thing"},
		{"", ""},
	} {
		if got := ScriptFailure("selec 1;", test.stderr); got != test.want {
			t.Errorf("%q: %q, want %q", test.stderr, got, test.want)
		}
	}
}

func TestScriptFailure_takesSecretsOut(t *testing.T) {
	for _, test := range []struct{ text, message, want string }{
		{"CREATE USER a WITH PASSWORD 'x1'", `at or near "x1": syntax error`, `at or near "…": syntax error`},
		{"create user a password hunter2 2;", `at or near "hunter2": syntax error`, `at or near "…": syntax error`},
		{`CREATE USER a PASSWORD "two words"`, `unexpected two words, a`, `unexpected …, a`},
		{"BACKUP INTO 's3://b?KEY=abcdefgh'", "cannot reach s3://b?KEY=abcdefgh now", "cannot reach … now"},
		{"SELECT 'it''s a secret'", "no it''s a secret", "no …"},
		{"CREATE USER a PASSWORD 'a'", `role/user named bar has a b`, `role/user named bar has … b`},
		{"CREATE TABLE t (i INT); INSERT INTO t VALUES ('x');", `could not parse "x" as type int`, `could not parse "x" as type int`},
	} {
		if got := ScriptFailure(test.text, "ERROR: "+test.message+"\nFailed running \"sql\"\n"); got != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

func FuzzCompleteSQL(f *testing.F) {
	for _, seed := range []string{"SELECT 1", "'", "$a$;$a$", "/*/**/", "\\x\n--", "e'\\", "$$", "$", "a$"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		done, err := CompleteSQL(text)
		if err != nil {
			return
		}
		if again, err := CompleteSQL(done); err != nil || again != done {
			t.Errorf("%q completed is %q, and again %q, %v", text, done, again, err)
		}
	})
}
