package minisql

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

func env() Env {
	return Env{User: "root", Database: "defaultdb", ClusterID: "c", NodeID: 1, Version: "v", Release: "v21.1.2", Now: time.Unix(1795364017, 0)}
}

// run executes all statements and gives the last result as text: the tag, or
// the header and the rows.
func run(t *testing.T, db *DB, text string) (string, error) {
	t.Helper()
	list, perr := Parse(text)
	if perr != nil {
		return "", perr
	}
	var r wire.Result
	for _, s := range list {
		var err error
		if r, err = db.Execute(s, env()); err != nil {
			return "", err
		}
	}
	return textOf(r), nil
}

func textOf(r wire.Result) string {
	if r.Columns == nil {
		return r.Tag
	}
	lines := []string{strings.Join(r.Columns, ",")}
	for _, row := range r.Rows {
		var cells []string
		for _, c := range row {
			if c == nil {
				cells = append(cells, "NULL")
			} else {
				cells = append(cells, *c)
			}
		}
		lines = append(lines, strings.Join(cells, ","))
	}
	return strings.Join(lines, " / ")
}

func TestExecute_whatTestsAndDemosUse(t *testing.T) {
	db := NewDB()
	for _, c := range []struct{ sql, want string }{
		{"CREATE DATABASE IF NOT EXISTS bank", "CREATE DATABASE"},
		{"CREATE DATABASE IF NOT EXISTS bank", "CREATE DATABASE"},
		{"CREATE TABLE bank.accounts (id INT PRIMARY KEY, owner STRING NOT NULL, balance FLOAT, open BOOL)", "CREATE TABLE"},
		{"CREATE TABLE IF NOT EXISTS bank.public.accounts (id INT8 PRIMARY KEY)", "CREATE TABLE"},
		{"INSERT INTO bank.accounts VALUES (2, 'bob', 10, true), (1, 'it''s', 2.5, false)", "INSERT 2"},
		{"INSERT INTO bank.accounts (owner, id) VALUES ('carol', 3)", "INSERT 1"},
		{"SELECT * FROM bank.accounts", "id,owner,balance,open / 1,it's,2.5,false / 2,bob,10,true / 3,carol,NULL,NULL"},
		{"SELECT owner FROM bank.accounts WHERE id = 2", "owner / bob"},
		{"SELECT owner FROM bank.accounts WHERE id >= 2 AND NOT owner = 'bob'", "owner / carol"},
		{"SELECT id FROM bank.accounts WHERE balance IS NULL OR id IN (1, 9)", "id / 1 / 3"},
		{"SELECT id, owner AS who FROM bank.accounts ORDER BY id DESC LIMIT 2", "id,who / 3,carol / 2,bob"},
		{"SELECT id FROM bank.accounts ORDER BY id LIMIT 1 OFFSET 1", "id / 2"},
		{"SELECT count(*), max(id), min(owner), sum(balance) FROM bank.accounts", "count,max,min,sum / 3,3,bob,12.5"},
		{"SELECT count(balance) FROM bank.accounts", "count / 2"},
		{"UPSERT INTO bank.accounts VALUES (2, 'bert', 1, true)", "UPSERT 1"},
		{"UPDATE bank.accounts SET balance = balance + 5 WHERE id = 2", "UPDATE 1"},
		{"SELECT owner, balance FROM bank.accounts WHERE id = 2", "owner,balance / bert,6"},
		{"INSERT INTO bank.accounts VALUES (2, 'x', 1, true) ON CONFLICT DO NOTHING", "INSERT 0"},
		{"DELETE FROM bank.accounts WHERE id = 3", "DELETE 1"},
		{"SELECT count(*) FROM bank.accounts;", "count / 2"},
		{"CREATE TABLE log (note STRING, at TIMESTAMP DEFAULT now())", "CREATE TABLE"},
		{"INSERT INTO log (note) VALUES ('a'), ('a')", "INSERT 2"},
		{"SELECT * FROM log", "note,at / a,2026-11-22 16:13:37 / a,2026-11-22 16:13:37"},
		{"SHOW TABLES", "schema_name,table_name,type,owner,estimated_row_count,locality / public,log,table,root,2,NULL"},
		{"DROP TABLE log", "DROP TABLE"},
		{"SELECT 1 + 2 * 3 AS n, 'a' || 'b'", "n,?column? / 7,ab"},
		{"SELECT '5'::int + 1", "?column? / 6"},
		{"DROP DATABASE bank CASCADE", "DROP DATABASE"},
	} {
		got, err := run(t, db, c.sql)
		if err != nil || got != c.want {
			t.Errorf("%s\n got %q, %v\nwant %q", c.sql, got, err, c.want)
		}
	}
}

func TestExecute_errors(t *testing.T) {
	db := NewDB()
	if _, err := run(t, db, "CREATE TABLE t (k INT PRIMARY KEY, v STRING NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ sql, code, text string }{
		{"SELECT * FROM nope", "42P01", `relation "nope" does not exist`},
		{"SELECT nope FROM t", "42703", `column "nope" does not exist`},
		{"INSERT INTO t VALUES (1, NULL)", "23502", `null value in column "v" violates not-null constraint`},
		{"INSERT INTO t VALUES ('x', 'v')", "22P02", `could not parse "x" as type int`},
		{"INSERT INTO t VALUES (1, 'a'), (1, 'b')", "23505", `duplicate key value violates unique constraint "primary"`},
		{"CREATE TABLE t (k INT)", "42P07", `relation "defaultdb.public.t" already exists`},
		{"CREATE TABLE d.t (k INT)", "3F000", `cannot create "d.t" because the target database or schema does not exist`},
		{"SELEC 1", "42601", `at or near "selec": syntax error`},
		{"SELECT 1 FROM", "42601", `at or near "EOF": syntax error`},
		{"SELECT 'a", "42601", "lexical error: unterminated string"},
		{"ALTER TABLE t ADD COLUMN x INT", "0A000", "the stand-in for CockroachDB does not know this statement: ALTER TABLE t ADD COLUMN x INT"},
		{"SELECT v, count(*) FROM t GROUP BY v", "0A000", "the stand-in for CockroachDB does not know this statement: SELECT v, count(*) FROM t GROUP BY v"},
	} {
		_, err := run(t, db, c.sql)
		var e *wire.Error
		if !errors.As(err, &e) || e.Code != c.code || e.Text != c.text {
			t.Errorf("%s\n got %+v\nwant %s %s", c.sql, err, c.code, c.text)
		}
	}
	if got, err := run(t, db, "SELECT count(*) FROM t"); err != nil || got != "count / 0" {
		t.Errorf("a failed INSERT left something: %q %v", got, err)
	}
}

func TestParse_needs(t *testing.T) {
	for text, want := range map[string]Needs{
		"SELECT 1": Nothing, "SELECT * FROM crdb_internal.gossip_nodes": Nothing, "SHOW CLUSTER SETTING version": Nothing,
		"SET statement_timeout = '1s'": Nothing, "SELECT * FROM t": AllRows, "SHOW USERS": AllRows,
		"INSERT INTO t VALUES (1)": Agreement, "SET CLUSTER SETTING version = '21.1'": Agreement,
	} {
		list, err := Parse(text)
		if err != nil || len(list) != 1 || list[0].Needs != want {
			t.Errorf("%s: %+v %v, want %d", text, list, err, want)
		}
	}
}

func TestParse_severalStatements(t *testing.T) {
	list, err := Parse("SELECT ';' ; -- a comment; here\n INSERT INTO t VALUES (1) ;;")
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, s := range list {
		texts = append(texts, s.Text)
	}
	if diff := cmp.Diff([]string{"SELECT ';'", "INSERT INTO t VALUES (1)"}, texts); diff != "" {
		t.Error(diff)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"SELECT 1", "INSERT INTO t VALUES (1,'a')", "CREATE TABLE t (k INT", "e'\\", "\"", "1.2.3", "-- x", ";;"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		list, err := Parse(text)
		if err != nil {
			return
		}
		db := NewDB()
		for _, s := range list {
			_, _ = db.Execute(s, env()) // must not panic
		}
	})
}
