package minisql

import (
	"fmt"
	"maps"
	"slices"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// Execute runs one statement. It is deterministic but for what e says.
func (db *DB) Execute(s Statement, e Env) (wire.Result, error) {
	if err := db.permit(s.node, e); err != nil {
		return wire.Result{}, err
	}
	switch n := s.node.(type) {
	case *selectStmt:
		rows, err := db.run(n, e)
		return rows.result(), err
	case show:
		return db.show(n, e)
	case showSetting:
		return db.showSetting(n, e)
	case setSetting:
		return db.setSetting(n, e)
	case setVar:
		return wire.Result{Tag: "SET"}, db.checkVar(n)
	case insert:
		return db.insert(n, e)
	case deleteStmt:
		return db.delete(n, e)
	case update:
		return db.update(n, e)
	}
	return db.define(s.node, e)
}

// Variable is the session variable that the statement sets, if it does.
func (s Statement) Variable() (name, value string, ok bool) {
	v, ok := s.node.(setVar)
	return v.name, v.value, ok
}

func (r Rows) result() wire.Result {
	out := wire.Result{Columns: r.Columns, Rows: [][]*string{}}
	for _, values := range r.Rows {
		line := make([]*string, len(values))
		for i, v := range values {
			line[i] = render(v)
		}
		out.Rows = append(out.Rows, line)
	}
	return out
}

func (db *DB) insert(s insert, e Env) (wire.Result, error) {
	t, err := db.table(s.table, e)
	if err != nil {
		return wire.Result{}, err
	}
	places, err := t.places(s.columns)
	if err != nil {
		return wire.Result{}, err
	}
	given, err := db.given(s, e)
	if err != nil {
		return wire.Result{}, err
	}
	fresh := map[string][]any{}
	n := 0
	for _, values := range given {
		full, err := t.fill(values, places, e)
		if err != nil {
			return wire.Result{}, err
		}
		key := t.keyOf(full)
		_, old := t.rows[key]
		_, twice := fresh[key]
		if (old || twice) && s.ignore {
			continue
		}
		if (old || twice) && !s.upsert {
			return wire.Result{}, t.duplicate(full)
		}
		fresh[key] = full
		n++
	}
	maps.Copy(t.rows, fresh) // all or nothing
	tag := "INSERT"
	if s.upsert {
		tag = "UPSERT"
	}
	return wire.Result{Tag: fmt.Sprintf("%s %d", tag, n)}, nil
}

func (db *DB) given(s insert, e Env) ([][]any, error) {
	if s.from != nil {
		r, err := db.run(s.from, e)
		return r.Rows, err
	}
	var out [][]any
	for _, exprs := range s.rows {
		var line []any
		for _, x := range exprs {
			v, err := e.eval(x, row{})
			if err != nil {
				return nil, err
			}
			line = append(line, v)
		}
		out = append(out, line)
	}
	return out, nil
}

func (t *Table) places(columns []string) ([]int, error) {
	var out []int
	if columns == nil {
		columns = t.names()
	}
	for _, c := range columns {
		i := slices.Index(t.names(), c)
		if i < 0 {
			return nil, wire.Errorf("42703", "column %q does not exist", c)
		}
		out = append(out, i)
	}
	return out, nil
}

func (t *Table) fill(values []any, places []int, e Env) ([]any, error) {
	if len(values) > len(places) {
		return nil, wire.Errorf("42601", "INSERT has more expressions than target columns, %d expressions for %d targets", len(values), len(places))
	}
	full := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		if c.Now {
			full[i] = moment{e.Now.UTC(), c.Type}
		}
	}
	for i, v := range values {
		full[places[i]] = v
	}
	return full, t.check(full)
}

func (db *DB) delete(s deleteStmt, e Env) (wire.Result, error) {
	t, err := db.table(s.table, e)
	if err != nil {
		return wire.Result{}, err
	}
	keys, err := t.matching(s.where, e)
	for _, k := range keys {
		delete(t.rows, k)
	}
	return wire.Result{Tag: fmt.Sprintf("DELETE %d", len(keys))}, err
}

func (t *Table) matching(where expr, e Env) ([]string, error) {
	var keys []string
	for k, values := range t.rows {
		hit, err := e.filter(Rows{Columns: t.names(), Rows: [][]any{values}}, where)
		if err != nil {
			return nil, err
		}
		if len(hit) == 1 {
			keys = append(keys, k)
		}
	}
	return keys, nil
}

func (db *DB) update(s update, e Env) (wire.Result, error) {
	t, err := db.table(s.table, e)
	if err != nil {
		return wire.Result{}, err
	}
	keys, err := t.matching(s.where, e)
	if err != nil {
		return wire.Result{}, err
	}
	changed := map[string][]any{}
	for _, k := range keys {
		values := slices.Clone(t.rows[k])
		for _, a := range s.set {
			place, err := t.places([]string{a.column})
			if err != nil {
				return wire.Result{}, err
			}
			if slices.Contains(t.Key, place[0]) {
				return wire.Result{}, Unknown("UPDATE of a primary key")
			}
			if values[place[0]], err = e.eval(a.value, row{t.names(), t.rows[k]}); err != nil {
				return wire.Result{}, err
			}
		}
		if err := t.check(values); err != nil {
			return wire.Result{}, err
		}
		changed[k] = values
	}
	maps.Copy(t.rows, changed)
	return wire.Result{Tag: fmt.Sprintf("UPDATE %d", len(keys))}, nil
}
