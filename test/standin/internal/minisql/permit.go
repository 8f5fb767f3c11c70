package minisql

import (
	"strings"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// permit refuses what only others may do. The words are unrecorded: they are
// those of the sources of v21.1, and where these leave a choice the strict
// reading is taken.
func (db *DB) permit(n any, e Env) error {
	if e.User == root {
		return nil
	}
	switch s := n.(type) {
	case createDatabase:
		return wire.Errorf("42501", "permission denied to create database")
	case dropDatabase:
		return db.onDatabase(e, "DROP", s.name)
	case grantAll:
		return db.onDatabase(e, "GRANT", s.database)
	case setOwner:
		return db.ownedBy(e, s)
	case createUser, alterUser, dropUser:
		return denied(e, "CREATEROLE privilege")
	case setSetting:
		return settingDenied("set", s.name)
	case showSetting:
		return settingDenied("show", s.name)
	case show:
		if s.what == "users" {
			return denied(e, "SELECT privilege on relation users")
		}
		return nil
	}
	return db.permitOnTable(n, e)
}

func denied(e Env, what string) error {
	return wire.Errorf("42501", "user %s does not have %s", e.User, what)
}

func settingDenied(action, name string) error {
	return wire.Errorf("42501", "only users with the MODIFYCLUSTERSETTING privilege are allowed to %s cluster setting '%s'", action, name)
}

// onDatabase: what is not there is for others to say.
func (db *DB) onDatabase(e Env, privilege, name string) error {
	if d := db.databases[name]; d != nil && !d.allow(e.User) {
		return denied(e, privilege+" privilege on database "+name)
	}
	return nil
}

func (db *DB) ownedBy(e Env, s setOwner) error {
	d := db.databases[s.database]
	switch {
	case d == nil || db.users[s.owner] == nil:
		return nil
	case d.owner != e.User:
		return wire.Errorf("42501", "must be owner of database %s", s.database)
	case s.owner != e.User:
		return wire.Errorf("42501", "must be member of role %q", s.owner)
	}
	return nil
}

func (db *DB) permitOnTable(n any, e Env) error {
	switch s := n.(type) {
	case createTable:
		d, _, err := split(s.name, e)
		if err != nil {
			return err
		}
		return db.onDatabase(e, "CREATE", d)
	case dropTable:
		return db.onTable(e, "DROP", s.name)
	case insert:
		if s.upsert {
			return first(db.onTable(e, "INSERT", s.table), db.onTable(e, "UPDATE", s.table), db.permitSelect(s.from, e))
		}
		return first(db.onTable(e, "INSERT", s.table), db.permitSelect(s.from, e))
	case update:
		return db.onTable(e, "UPDATE", s.table)
	case deleteStmt:
		return db.onTable(e, "DELETE", s.table)
	case *selectStmt:
		return db.permitSelect(s, e)
	}
	return nil
}

// first is the first error.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) permitSelect(s *selectStmt, e Env) error {
	switch {
	case s == nil || s.from == nil:
		return nil
	case s.from[0] == "crdb_internal":
		return adminOnly("read " + strings.Join(s.from, "."))
	}
	return db.onTable(e, "SELECT", s.from)
}

func adminOnly(action string) *wire.Error {
	return wire.Errorf("42501", "only users with the admin role are allowed to %s", action)
}

// AdminOnly is nil for those who may do everything, and else why not.
func AdminOnly(user, action string) error {
	if user == root {
		return nil
	}
	return adminOnly(action)
}

func (db *DB) onTable(e Env, privilege string, name []string) error {
	d, t, err := split(name, e)
	if err != nil {
		return err
	}
	if table := db.find(d, t); table != nil && !table.allow(e.User) {
		return denied(e, privilege+" privilege on relation "+t)
	}
	return nil
}
