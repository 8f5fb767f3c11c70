package minisql

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/release"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// Column is one column of a table.
type Column struct {
	Name    string
	Type    string
	NotNull bool
	Now     bool // DEFAULT now()
}

// Table is a table and its rows.
type Table struct {
	Columns []Column
	Key     []int // places of the primary key's columns; none: a hidden row ID

	privileges
	rows  map[string][]any // by key
	rowID int64
}

// DB is all that SQL can change.
type DB struct {
	databases map[string]*database
	users     map[string]*user
	settings  map[string]string
	version   string // of the cluster: a series
}

type database struct {
	privileges
	tables map[string]*Table
}

func newDatabase(owner string) *database {
	return &database{privileges: privileges{owner: owner}, tables: map[string]*Table{}}
}

// NewDB is a database as init leaves it.
func NewDB() *DB {
	return &DB{
		databases: map[string]*database{"defaultdb": newDatabase(root), "postgres": newDatabase(root), "system": newDatabase("node")},
		users:     map[string]*user{root: {}},
		settings:  map[string]string{},
		version:   release.Recorded.Series(),
	}
}

// Tables is the number of tables that statements created.
func (db *DB) Tables() int {
	n := 0
	for _, d := range db.databases {
		n += len(d.tables)
	}
	return n
}

// Bytes is a rough size of all rows.
func (db *DB) Bytes() int64 {
	var n int64
	for _, d := range db.databases {
		for _, t := range d.tables {
			for k, r := range t.rows {
				n += int64(len(k) + 16*len(r))
			}
		}
	}
	return n
}

// split resolves a written name: table, db.table or db.public.table.
func split(name []string, e Env) (database, table string, err error) {
	switch len(name) {
	case 1:
		return e.Database, name[0], nil
	case 2:
		if name[0] == "public" {
			return e.Database, name[1], nil
		}
		return name[0], name[1], nil
	case 3:
		return name[0], name[2], nil
	}
	return "", "", wire.Errorf("42601", "name %q: too many parts", strings.Join(name, "."))
}

func (db *DB) table(name []string, e Env) (*Table, error) {
	d, t, err := split(name, e)
	if err != nil {
		return nil, err
	}
	if table := db.find(d, t); table != nil {
		return table, nil
	}
	return nil, wire.Errorf("42P01", "relation %q does not exist", strings.Join(name, "."))
}

// find is a table, or nil.
func (db *DB) find(database, table string) *Table {
	if d := db.databases[database]; d != nil {
		return d.tables[table]
	}
	return nil
}

func (t *Table) names() []string {
	var out []string
	for _, c := range t.Columns {
		out = append(out, c.Name)
	}
	return out
}

// all gives the rows in the order of the primary key.
func (t *Table) all() Rows {
	out := Rows{Columns: t.names(), Rows: slices.Collect(maps.Values(t.rows))}
	if len(t.Key) == 0 {
		keys := slices.Sorted(maps.Keys(t.rows))
		for i, k := range keys {
			out.Rows[i] = t.rows[k]
		}
		return out
	}
	slices.SortFunc(out.Rows, func(a, b []any) int {
		for _, k := range t.Key {
			if c, err := compare(a[k], b[k]); err == nil && c != 0 {
				return c
			}
		}
		return 0
	})
	return out
}

// keyOf is the row's key; rows without a primary key get a new one.
func (t *Table) keyOf(values []any) string {
	if len(t.Key) == 0 {
		t.rowID++
		return fmt.Sprintf("%020d", t.rowID)
	}
	var b strings.Builder
	for _, k := range t.Key {
		fmt.Fprintf(&b, "%q,", *render(values[k]))
	}
	return b.String()
}

// check gives each value its column's type, and refuses NULL where it must.
func (t *Table) check(values []any) error {
	for i, c := range t.Columns {
		if values[i] == nil {
			if c.NotNull || slices.Contains(t.Key, i) {
				return wire.Errorf("23502", "null value in column %q violates not-null constraint", c.Name)
			}
			continue
		}
		v, err := convert(values[i], c.Type)
		if err != nil {
			return err
		}
		values[i] = v
	}
	return nil
}

func (t *Table) duplicate(values []any) error {
	var cols, vals []string
	for _, k := range t.Key {
		cols = append(cols, t.Columns[k].Name)
		vals = append(vals, quoteForKey(values[k]))
	}
	e := wire.Errorf("23505", `duplicate key value violates unique constraint "primary"`)
	e.Details = fmt.Sprintf("DETAIL: Key (%s)=(%s) already exists.\nCONSTRAINT: primary", strings.Join(cols, ","), strings.Join(vals, ","))
	return e
}

func quoteForKey(v any) string {
	if s, ok := v.(string); ok {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return *render(v)
}
