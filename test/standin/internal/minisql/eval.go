package minisql

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/release"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// Env is what a statement may ask about its surroundings.
type Env struct {
	ClusterID string
	NodeID    int
	Version   string          // the answer of version()
	Release   release.Release // of the node that was asked
	// Nodes are the members' binaries, and Away the members that do not run,
	// as the node that was asked sees them; for changes of the version.
	Nodes    []NodeSeries
	Away     []int
	User     string
	Database string
	Insecure bool // no TLS: nobody has a password
	Now      time.Time
	// Sleep waits for pg_sleep, and says how that ended.
	Sleep func(time.Duration) error
	// Tables are tables of the database itself, by full name.
	Tables map[string]func() Rows
}

// Rows are columns and values.
type Rows struct {
	Columns []string
	Rows    [][]any
}

// row is what column names stand for during evaluation.
type row struct {
	columns []string
	values  []any
}

// moment is a time that renders as its type does.
type moment struct {
	time.Time
	typ string
}

func (e Env) eval(x expr, r row) (any, error) {
	switch x := x.(type) {
	case literal:
		return x.value, nil
	case column:
		for i, c := range r.columns {
			if c == x.name {
				return r.values[i], nil
			}
		}
		return nil, wire.Errorf("42703", "column %q does not exist", x.name)
	case cast:
		v, err := e.eval(x.value, r)
		if err != nil {
			return nil, err
		}
		return convert(v, x.typ)
	case call:
		return e.call(x, r)
	case not:
		v, err := e.eval(x.value, r)
		if b, ok := v.(bool); ok {
			return !b, err
		}
		return nil, err
	case isNull:
		v, err := e.eval(x.value, r)
		return (v == nil) != x.not, err
	case inList:
		for _, item := range x.list {
			v, err := e.eval(binary{"=", x.value, item}, r)
			if err != nil || v == true {
				return v, err
			}
		}
		return false, nil
	case binary:
		return e.binary(x, r)
	}
	return nil, fmt.Errorf("expression %T: not known", x)
}

func (e Env) binary(x binary, r row) (any, error) {
	a, err := e.eval(x.left, r)
	if err != nil {
		return nil, err
	}
	b, err := e.eval(x.right, r)
	if err != nil {
		return nil, err
	}
	switch x.op {
	case "and":
		return a == true && b == true, nil
	case "or":
		return a == true || b == true, nil
	}
	if a == nil || b == nil {
		return nil, nil
	}
	switch x.op {
	case "+", "-", "*", "%", "||":
		return arithmetic(x.op, a, b)
	}
	c, err := compare(a, b)
	if err != nil {
		return nil, err
	}
	switch x.op {
	case "=":
		return c == 0, nil
	case "<":
		return c < 0, nil
	case ">":
		return c > 0, nil
	case "<=":
		return c <= 0, nil
	case ">=":
		return c >= 0, nil
	}
	return c != 0, nil
}

func arithmetic(op string, a, b any) (any, error) {
	if op == "||" {
		return *render(a) + *render(b), nil
	}
	x, xok := a.(int64)
	y, yok := b.(int64)
	if xok && yok {
		switch op {
		case "+":
			return x + y, nil
		case "-":
			return x - y, nil
		case "*":
			return x * y, nil
		}
		if y == 0 {
			return nil, wire.Errorf("22012", "division by zero")
		}
		return x % y, nil
	}
	f, fok := asFloat(a)
	g, gok := asFloat(b)
	if !fok || !gok || op == "%" {
		return nil, wire.Errorf("22023", "unsupported binary operator: <%T> %s <%T>", a, op, b)
	}
	return map[string]float64{"+": f + g, "-": f - g, "*": f * g}[op], nil
}

func asFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// compare orders two values that are not NULL.
func compare(a, b any) (int, error) {
	if f, ok := asFloat(a); ok {
		if s, isString := b.(string); isString {
			b, _ = strconv.ParseFloat(s, 64)
		}
		if g, ok := asFloat(b); ok {
			return cmp.Compare(f, g), nil
		}
	}
	switch x := a.(type) {
	case string:
		return cmp.Compare(x, *render(b)), nil
	case bool:
		if y, ok := b.(bool); ok {
			return cmp.Compare(strconv.FormatBool(x), strconv.FormatBool(y)), nil
		}
	case moment:
		if y, err := convert(b, x.typ); err == nil {
			return x.Compare(y.(moment).Time), nil
		}
	}
	return 0, wire.Errorf("22023", "unsupported comparison operator: <%T> = <%T>", a, b)
}

// convert gives v the type named typ.
func convert(v any, typ string) (any, error) {
	if v == nil {
		return nil, nil
	}
	text := *render(v)
	bad := func() error {
		return wire.Errorf("22P02", "could not parse %q as type %s", text, typ)
	}
	switch typ {
	case "int":
		if f, ok := v.(float64); ok {
			return int64(f), nil
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, bad()
		}
		return n, nil
	case "float":
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, bad()
		}
		return f, nil
	case "bool":
		b, err := strconv.ParseBool(text)
		if err != nil {
			return nil, bad()
		}
		return b, nil
	case "timestamp", "timestamptz", "date":
		if m, ok := v.(moment); ok {
			return moment{m.Time, typ}, nil
		}
		for _, layout := range []string{"2006-01-02 15:04:05.999999999-07:00", "2006-01-02 15:04:05.999999999", time.RFC3339Nano, "2006-01-02"} {
			if t, err := time.Parse(layout, text); err == nil {
				return moment{t.UTC(), typ}, nil
			}
		}
		return nil, bad()
	}
	return text, nil
}

// render is a value as the client prints it; NULL is nil.
func render(v any) *string {
	var s string
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		s = v
	case int64:
		s = strconv.FormatInt(v, 10)
	case int:
		s = strconv.Itoa(v)
	case float64:
		s = strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		s = strconv.FormatBool(v)
	case moment:
		s = v.render()
	default:
		s = fmt.Sprint(v)
	}
	return &s
}

func (m moment) render() string {
	switch m.typ {
	case "date":
		return m.Format("2006-01-02")
	case "timestamptz":
		return m.Format("2006-01-02 15:04:05.999999-07:00")
	}
	return strings.TrimSuffix(m.Format("2006-01-02 15:04:05.999999"), ".")
}
