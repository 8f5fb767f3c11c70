package minisql

import "slices"

func isAggregate(x expr) bool {
	c, ok := x.(call)
	return ok && slices.Contains([]string{"count", "max", "min", "sum"}, c.name)
}

func (s *selectStmt) aggregates() bool {
	return slices.ContainsFunc(s.items, func(i selectItem) bool { return isAggregate(i.value) })
}

// aggregate makes one row of all; every item has to be an aggregate.
func (e Env) aggregate(s *selectStmt, columns []string, rows [][]any) (Rows, error) {
	out := Rows{Rows: [][]any{{}}}
	for _, item := range s.items {
		if !isAggregate(item.value) {
			return Rows{}, Unknown("aggregates beside other columns")
		}
		v, err := e.fold(item.value.(call), columns, rows)
		if err != nil {
			return Rows{}, err
		}
		out.Columns = append(out.Columns, item.name)
		out.Rows[0] = append(out.Rows[0], v)
	}
	return out, nil
}

func (e Env) fold(c call, columns []string, rows [][]any) (any, error) {
	if c.star {
		return int64(len(rows)), nil
	}
	if len(c.args) != 1 {
		return nil, Unknown(c.name + "() of several values")
	}
	var best any
	var n int64
	for _, values := range rows {
		v, err := e.eval(c.args[0], row{columns, values})
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		n++
		if best == nil {
			best = v
			continue
		}
		if best, err = foldTwo(c.name, best, v); err != nil {
			return nil, err
		}
	}
	if c.name == "count" {
		return n, nil
	}
	return best, nil
}

func foldTwo(name string, best, v any) (any, error) {
	if name == "count" {
		return best, nil
	}
	if name == "sum" {
		return arithmetic("+", best, v)
	}
	order, err := compare(v, best)
	if err != nil {
		return nil, err
	}
	if name == "max" && order > 0 || name == "min" && order < 0 {
		return v, nil
	}
	return best, nil
}
