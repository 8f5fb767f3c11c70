package minisql

import (
	"errors"
	"strings"
	"testing"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// as runs statements as a user.
func as(t *testing.T, db *DB, user, database, text string) error {
	t.Helper()
	list, perr := Parse(text)
	if perr != nil {
		return perr
	}
	for _, s := range list {
		e := env()
		e.User, e.Database = user, database
		if _, err := db.Execute(s, e); err != nil {
			return err
		}
	}
	return nil
}

func TestGrant_letsAUserIntoOneDatabaseAndNoOther(t *testing.T) {
	db := NewDB()
	if err := as(t, db, "root", "defaultdb", `CREATE DATABASE IF NOT EXISTS app; CREATE USER IF NOT EXISTS "app-1"; ALTER USER "app-1" WITH PASSWORD 'it''s';`+
		`GRANT ALL ON DATABASE app TO "app-1"; CREATE TABLE t (i INT PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	if !db.PasswordOK("app-1", "it's") || db.PasswordOK("app-1", "its") {
		t.Error("the password is not the one that was set")
	}
	if err := as(t, db, "app-1", "app", "CREATE TABLE t (i INT PRIMARY KEY); INSERT INTO t VALUES (1); SELECT * FROM t; DELETE FROM t; DROP TABLE t"); err != nil {
		t.Errorf("in its own database: %v", err)
	}
	for text, want := range map[string]string{
		"CREATE TABLE defaultdb.u (i INT)":                "user app-1 does not have CREATE privilege on database defaultdb",
		"INSERT INTO defaultdb.t VALUES (1)":              "user app-1 does not have INSERT privilege on relation t",
		"UPSERT INTO defaultdb.t VALUES (1)":              "user app-1 does not have INSERT privilege on relation t",
		"SELECT * FROM defaultdb.t":                       "user app-1 does not have SELECT privilege on relation t",
		"INSERT INTO u SELECT * FROM defaultdb.t":         "user app-1 does not have SELECT privilege on relation t",
		"UPDATE defaultdb.t SET i = 1":                    "user app-1 does not have UPDATE privilege on relation t",
		"DELETE FROM defaultdb.t":                         "user app-1 does not have DELETE privilege on relation t",
		"DROP TABLE defaultdb.t":                          "user app-1 does not have DROP privilege on relation t",
		"DROP DATABASE defaultdb":                         "user app-1 does not have DROP privilege on database defaultdb",
		"CREATE DATABASE mine":                            "permission denied to create database",
		"CREATE USER other":                               "user app-1 does not have CREATEROLE privilege",
		"ALTER USER \"app-1\" WITH PASSWORD 'x'":          "user app-1 does not have CREATEROLE privilege",
		"DROP USER root":                                  "user app-1 does not have CREATEROLE privilege",
		"SHOW USERS":                                      "user app-1 does not have SELECT privilege on relation users",
		"GRANT ALL ON DATABASE defaultdb TO \"app-1\"":    "user app-1 does not have GRANT privilege on database defaultdb",
		"REVOKE ALL ON DATABASE defaultdb FROM \"app-1\"": "user app-1 does not have GRANT privilege on database defaultdb",
		"ALTER DATABASE defaultdb OWNER TO \"app-1\"":     "must be owner of database defaultdb",
		"SET CLUSTER SETTING version = '21.1'":            "only users with the MODIFYCLUSTERSETTING privilege are allowed to set cluster setting 'version'",
		"SHOW CLUSTER SETTING version":                    "only users with the MODIFYCLUSTERSETTING privilege are allowed to show cluster setting 'version'",
	} {
		var refused *wire.Error
		if err := as(t, db, "app-1", "app", text); !errors.As(err, &refused) || refused.Code != "42501" || refused.Text != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestGrant_reachesTheTablesThatAreMadeAfterIt(t *testing.T) {
	db := NewDB()
	must := func(user, text string) {
		t.Helper()
		if err := as(t, db, user, "app", text); err != nil {
			t.Errorf("%s as %s: %v", text, user, err)
		}
	}
	refused := func(user, text string) {
		t.Helper()
		if err := as(t, db, user, "app", text); err == nil {
			t.Errorf("%s as %s: let in", text, user)
		}
	}
	must("root", "CREATE DATABASE app; CREATE USER a; CREATE USER b; CREATE TABLE before (i INT); GRANT ALL PRIVILEGES ON DATABASE app TO a, root; CREATE TABLE after (i INT)")
	refused("a", "SELECT * FROM before")
	must("a", "SELECT * FROM after")
	must("root", "REVOKE ALL ON DATABASE app FROM a")
	refused("a", "CREATE TABLE x (i INT)")
	must("a", "SELECT * FROM after")
	must("root", "ALTER DATABASE app OWNER TO b")
	must("b", "CREATE TABLE own (i INT); GRANT ALL ON DATABASE app TO a")
	refused("b", "SELECT * FROM before")
	refused("b", "ALTER DATABASE app OWNER TO a")
	refused("root", "GRANT ALL ON DATABASE app TO nobody")
	refused("root", "GRANT ALL ON DATABASE nothing TO a")
}

func TestShow_showsUsersWhatTheyMayUse(t *testing.T) {
	db := NewDB()
	if _, err := run(t, db, "CREATE DATABASE app; CREATE USER a; GRANT ALL ON DATABASE app TO a; CREATE TABLE app.t (i INT); CREATE TABLE t (i INT)"); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"SHOW DATABASES":              "database_name,owner,primary_region,regions,survival_goal / app,root,NULL,{},NULL",
		"SHOW TABLES":                 "schema_name,table_name,type,owner,estimated_row_count,locality",
		"SHOW GRANTS ON DATABASE app": "database_name,grantee,privilege_type / app,a,ALL / app,admin,ALL / app,root,ALL",
	} {
		list, perr := Parse(text)
		if perr != nil {
			t.Fatal(perr)
		}
		e := env()
		e.User = "a"
		r, err := db.Execute(list[0], e)
		if err != nil {
			t.Fatal(err)
		}
		if got := textOf(r); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestUsers_namesAndPasswordsThatAreRefused(t *testing.T) {
	db := NewDB()
	for _, c := range []struct{ sql, want, code string }{
		{"CREATE USER a", "", ""},
		{"CREATE USER IF NOT EXISTS A WITH PASSWORD 'x'", "", ""}, // it is there: it gets no password
		{"CREATE USER a", "a role/user named a already exists", "42710"},
		{"CREATE USER root", "a role/user named root already exists", "42710"},
		{"CREATE USER admin", "a role/user named admin already exists", "42710"},
		{"CREATE USER IF NOT EXISTS root", "", ""},
		{"CREATE USER node", `username "node" reserved`, "42939"},
		{"CREATE USER public", `role name "public" is reserved`, "42939"},
		{`CREATE USER "-a"`, "username is invalid", "42602"},
		{"CREATE USER b WITH PASSWORD ''", "empty passwords are not permitted", ""},
		{"ALTER USER admin WITH PASSWORD 'x'", "cannot edit admin role", "42501"},
		{"ALTER USER node WITH PASSWORD 'x'", `username "node" reserved`, "42939"},
		{"ALTER USER c WITH PASSWORD 'x'", "role/user c does not exist", "42704"},
		{"ALTER USER IF EXISTS c WITH PASSWORD 'x'", "", ""},
		{"ALTER ROLE root PASSWORD 'x'", "", ""},
		{"ALTER ROLE root PASSWORD NULL", "", ""},
		{"DROP USER root", "cannot drop role/user root: grants still exist on defaultdb, postgres, system", "2BP01"},
		{"GRANT ALL ON DATABASE defaultdb TO a; DROP USER a", "cannot drop role/user a: grants still exist on defaultdb", "2BP01"},
		{"REVOKE ALL ON DATABASE defaultdb FROM a; DROP USER a", "", ""},
		{"DROP USER a", `role/user "a" does not exist`, "42704"},
	} {
		_, err := run(t, db, c.sql)
		var refused *wire.Error
		switch {
		case c.want == "" && err != nil, c.want != "" && !errors.As(err, &refused):
			t.Errorf("%s: %v, want %q", c.sql, err, c.want)
		case c.want != "" && (refused.Text != c.want || refused.Code != c.code):
			t.Errorf("%s: %s %s, want %s %s", c.sql, refused.Code, refused.Text, c.code, c.want)
		}
		if db.PasswordOK("a", "x") {
			t.Errorf("%s: gave a a password", c.sql)
		}
	}
}

func TestSealed_keepsNoPassword(t *testing.T) {
	for _, c := range []struct{ sql, password string }{
		{"CREATE USER a WITH PASSWORD 'it''s; -- x'", "it's; -- x"},
		{"CREATE USER a; ALTER USER a  PASSWORD 'secret' ;", "secret"},
		{`CREATE USER a; ALTER USER "a" WITH PASSWORD e'a\'b'`, "a'b"},
		{"CREATE USER a PASSWORD '" + sealMark + "x$y'", sealMark + "x$y"},
		{"CREATE USER a PASSWORD 'größer'", "größer"},
	} {
		db := NewDB()
		list, perr := Parse(c.sql)
		if perr != nil {
			t.Fatal(perr)
		}
		for _, s := range list {
			if strings.Contains(s.Sealed(), c.password) {
				t.Errorf("%s: sealed as %s", c.sql, s.Sealed())
			}
			if _, err := run(t, db, s.Sealed()); err != nil {
				t.Errorf("%s: %v", s.Sealed(), err)
			}
		}
		if !db.PasswordOK("a", c.password) || db.PasswordOK("a", c.password+" ") || db.PasswordOK("a", "") {
			t.Errorf("%s: another password", c.sql)
		}
	}
	for _, sql := range []string{"CREATE USER a", "SELECT 'password'", "ALTER USER a WITH PASSWORD NULL"} {
		if list, _ := Parse(sql); list[0].Sealed() != sql {
			t.Errorf("%s: sealed as %s", sql, list[0].Sealed())
		}
	}
	if _, err := Parse("ALTER USER a WITH PASSWORD 'secret' CREATEDB"); err == nil || strings.Contains(err.Text, "secret") {
		t.Errorf("%v", err)
	}
}

func TestPassword_isNotForInsecureClusters(t *testing.T) {
	db := NewDB()
	for _, c := range []struct{ sql, want string }{
		{"CREATE USER a WITH PASSWORD 'x'", "setting or updating a password is not supported in insecure mode"},
		{"CREATE USER b", ""},
		{"ALTER USER b WITH PASSWORD ''", "setting or updating a password is not supported in insecure mode"},
		{"ALTER USER b WITH PASSWORD NULL", ""},
	} {
		list, perr := Parse(c.sql)
		if perr != nil {
			t.Fatal(perr)
		}
		e := env()
		e.Insecure = true
		got := ""
		if _, err := db.Execute(list[0], e); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.sql, got, c.want)
		}
	}
}
