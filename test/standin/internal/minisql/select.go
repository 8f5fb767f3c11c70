package minisql

import (
	"slices"
	"strings"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

type selectStmt struct {
	items  []selectItem
	from   []string // nil: no table
	series *series
	where  expr
	order  []orderItem
	limit  expr
	offset expr
}

type selectItem struct {
	value expr // nil: *
	name  string
}

type orderItem struct {
	value expr
	desc  bool
}

// series is generate_series(from, to) as a table.
type series struct {
	from, to expr
	column   string
}

func (s *selectStmt) needs() Needs {
	if s.from == nil || s.from[0] == "crdb_internal" {
		return Nothing
	}
	return AllRows
}

func (p *parser) selectBody() *selectStmt {
	s := &selectStmt{}
	for {
		if p.symbol("*") {
			s.items = append(s.items, selectItem{})
		} else {
			item := selectItem{value: p.expr()}
			item.name = columnName(item.value)
			if p.words("as") {
				item.name = p.ident()
			}
			s.items = append(s.items, item)
		}
		if !p.symbol(",") {
			break
		}
	}
	if p.words("from") {
		p.from(s)
	}
	s.where = p.where()
	p.order(s)
	if p.words("limit") {
		s.limit = p.expr()
	}
	if p.words("offset") {
		s.offset = p.expr()
	}
	return s
}

func (p *parser) order(s *selectStmt) {
	if !p.words("order", "by") {
		return
	}
	for {
		o := orderItem{value: p.expr()}
		if p.words("desc") {
			o.desc = true
		} else {
			p.words("asc")
		}
		s.order = append(s.order, o)
		if !p.symbol(",") {
			return
		}
	}
}

func (p *parser) from(s *selectStmt) {
	if !p.words("generate_series") {
		s.from = p.name()
		return
	}
	p.expect("(")
	s.series = &series{column: "generate_series"}
	s.series.from = p.expr()
	p.expect(",")
	s.series.to = p.expr()
	p.expect(")")
	p.words("as")
	if t := p.peek(); t.kind == tWord && !strings.Contains(reserved, " "+t.text+" ") {
		s.series.column = p.ident()
		if p.symbol("(") {
			s.series.column = p.ident()
			p.expect(")")
		}
	}
}

// source is what the statement selects from.
func (db *DB) source(s *selectStmt, e Env) (Rows, error) {
	switch {
	case s.series != nil:
		return s.series.rows(e)
	case s.from == nil:
		return Rows{Rows: [][]any{{}}}, nil
	}
	if f := e.Tables[strings.Join(s.from, ".")]; f != nil {
		return f(), nil
	}
	t, err := db.table(s.from, e)
	if err != nil {
		return Rows{}, err
	}
	return t.all(), nil
}

func (s *series) rows(e Env) (Rows, error) {
	out := Rows{Columns: []string{s.column}}
	from, err := e.eval(s.from, row{})
	if err != nil {
		return out, err
	}
	to, err := e.eval(s.to, row{})
	if err != nil {
		return out, err
	}
	a, aok := from.(int64)
	b, bok := to.(int64)
	if !aok || !bok {
		return out, wire.Errorf("42883", "unknown signature: generate_series()")
	}
	for ; a <= b; a++ {
		out.Rows = append(out.Rows, []any{a})
	}
	return out, nil
}

// run answers a SELECT.
func (db *DB) run(s *selectStmt, e Env) (Rows, error) {
	src, err := db.source(s, e)
	if err != nil {
		return Rows{}, err
	}
	rows, err := e.filter(src, s.where)
	if err != nil {
		return Rows{}, err
	}
	if s.aggregates() {
		return e.aggregate(s, src.Columns, rows)
	}
	if err := e.sort(rows, src.Columns, s.order); err != nil {
		return Rows{}, err
	}
	if rows, err = e.window(rows, s); err != nil {
		return Rows{}, err
	}
	return e.project(s, src.Columns, rows)
}

func (e Env) filter(src Rows, where expr) ([][]any, error) {
	if where == nil {
		return slices.Clone(src.Rows), nil
	}
	var out [][]any
	for _, values := range src.Rows {
		v, err := e.eval(where, row{src.Columns, values})
		if err != nil {
			return nil, err
		}
		if v == true {
			out = append(out, values)
		}
	}
	return out, nil
}

func (e Env) sort(rows [][]any, columns []string, order []orderItem) error {
	var failed error
	slices.SortStableFunc(rows, func(a, b []any) int {
		for _, o := range order {
			x, err := e.eval(o.value, row{columns, a})
			if err != nil {
				failed = err
				return 0
			}
			y, _ := e.eval(o.value, row{columns, b})
			c := 0
			switch {
			case x == nil && y == nil:
			case x == nil:
				c = -1
			case y == nil:
				c = 1
			default:
				c, failed = compare(x, y)
			}
			if o.desc {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	return failed
}

// window applies OFFSET and LIMIT.
func (e Env) window(rows [][]any, s *selectStmt) ([][]any, error) {
	bound := func(x expr, none int) (int, error) {
		if x == nil {
			return none, nil
		}
		v, err := e.eval(x, row{})
		n, ok := v.(int64)
		if err == nil && !ok {
			err = wire.Errorf("42804", "argument of LIMIT must be type int")
		}
		return min(max(int(n), 0), len(rows)), err
	}
	skip, err := bound(s.offset, 0)
	if err != nil {
		return nil, err
	}
	rows = rows[skip:]
	n, err := bound(s.limit, len(rows))
	if err != nil {
		return nil, err
	}
	return rows[:n], nil
}

func (e Env) project(s *selectStmt, columns []string, rows [][]any) (Rows, error) {
	var out Rows
	for _, item := range s.items {
		if item.value == nil {
			out.Columns = append(out.Columns, columns...)
		} else {
			out.Columns = append(out.Columns, item.name)
		}
	}
	for _, values := range rows {
		var line []any
		for _, item := range s.items {
			if item.value == nil {
				line = append(line, values...)
				continue
			}
			v, err := e.eval(item.value, row{columns, values})
			if err != nil {
				return Rows{}, err
			}
			line = append(line, v)
		}
		out.Rows = append(out.Rows, line)
	}
	if len(rows) == 0 { // names must exist even where no row asks for them
		for _, item := range s.items {
			if c, ok := item.value.(column); ok && !slices.Contains(columns, c.name) {
				return Rows{}, wire.Errorf("42703", "column %q does not exist", c.name)
			}
		}
	}
	return out, nil
}
