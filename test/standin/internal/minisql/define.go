package minisql

import (
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
		db.databases[s.name] = newDatabase(e.User)
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
		if db.find(d, t) == nil && !s.ifExists {
			return wire.Result{}, wire.Errorf("42P01", "relation %q does not exist", strings.Join(s.name, "."))
		}
		if db.databases[d] != nil {
			delete(db.databases[d].tables, t)
		}
		return wire.Result{Tag: "DROP TABLE"}, nil
	}
	return db.defineUser(n, e)
}

func (db *DB) createTable(s createTable, e Env) (wire.Result, error) {
	d, name, err := split(s.name, e)
	if err != nil {
		return wire.Result{}, err
	}
	in := db.databases[d]
	if in == nil {
		return wire.Result{}, wire.Errorf("3F000", "cannot create %q because the target database or schema does not exist", strings.Join(s.name, "."))
	}
	if in.tables[name] != nil {
		if s.ifNotExists {
			return wire.Result{Tag: "CREATE TABLE"}, nil
		}
		return wire.Result{}, wire.Errorf("42P07", "relation %q already exists", d+".public."+name)
	}
	t := &Table{Columns: s.columns, rows: map[string][]any{}, privileges: in.inherited(e.User)}
	for _, k := range s.key {
		i := slices.Index(t.names(), k)
		if i < 0 {
			return wire.Result{}, wire.Errorf("42703", "column %q does not exist", k)
		}
		t.Key = append(t.Key, i)
	}
	in.tables[name] = t
	return wire.Result{Tag: "CREATE TABLE"}, nil
}
