package minisql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// define runs the statements that make and drop things.
func (db *DB) define(n any, e Env) (wire.Result, error) {
	switch s := n.(type) {
	case createDatabase:
		if db.databases[s.name] != nil {
			if s.ifNotExists {
				return wire.Result{Tag: "CREATE DATABASE"}, nil
			}
			return wire.Result{}, wire.Errorf("42P04", "database %q already exists", s.name)
		}
		db.databases[s.name] = map[string]*Table{}
		return wire.Result{Tag: "CREATE DATABASE"}, nil
	case dropDatabase:
		if db.databases[s.name] == nil && !s.ifExists {
			return wire.Result{}, wire.Errorf("3D000", "database %q does not exist", s.name)
		}
		delete(db.databases, s.name)
		return wire.Result{Tag: "DROP DATABASE"}, nil
	case createTable:
		return db.createTable(s, e)
	case dropTable:
		d, t, err := split(s.name, e)
		if err != nil {
			return wire.Result{}, err
		}
		if db.databases[d][t] == nil && !s.ifExists {
			return wire.Result{}, wire.Errorf("42P01", "relation %q does not exist", strings.Join(s.name, "."))
		}
		delete(db.databases[d], t)
		return wire.Result{Tag: "DROP TABLE"}, nil
	}
	return db.defineUser(n)
}

func (db *DB) defineUser(n any) (wire.Result, error) {
	switch s := n.(type) {
	case createUser:
		if db.users[s.name] != nil || s.name == "admin" {
			if s.ifNotExists {
				return wire.Result{Tag: "CREATE ROLE"}, nil
			}
			return wire.Result{}, wire.Errorf("42710", "a role/user named %s already exists", s.name)
		}
		db.users[s.name] = &user{s.password}
		return wire.Result{Tag: "CREATE ROLE"}, nil
	case dropUser:
		if db.users[s.name] == nil && !s.ifExists {
			return wire.Result{}, wire.Errorf("42704", "role/user %q does not exist", s.name)
		}
		delete(db.users, s.name)
		return wire.Result{Tag: "DROP ROLE"}, nil
	}
	return wire.Result{}, fmt.Errorf("statement %T: not known", n)
}

func (db *DB) createTable(s createTable, e Env) (wire.Result, error) {
	d, name, err := split(s.name, e)
	if err != nil {
		return wire.Result{}, err
	}
	tables := db.databases[d]
	if tables == nil {
		return wire.Result{}, wire.Errorf("3F000", "cannot create %q because the target database or schema does not exist", strings.Join(s.name, "."))
	}
	if tables[name] != nil {
		if s.ifNotExists {
			return wire.Result{Tag: "CREATE TABLE"}, nil
		}
		return wire.Result{}, wire.Errorf("42P07", "relation %q already exists", d+".public."+name)
	}
	t := &Table{Columns: s.columns, rows: map[string][]any{}}
	for _, k := range s.key {
		i := slices.Index(t.names(), k)
		if i < 0 {
			return wire.Result{}, wire.Errorf("42703", "column %q does not exist", k)
		}
		t.Key = append(t.Key, i)
	}
	tables[name] = t
	return wire.Result{Tag: "CREATE TABLE"}, nil
}
