package minisql

import (
	"strconv"
	"strings"
)

// Expressions.
type (
	expr    any
	literal struct{ value any }
	column  struct{ name string }
	call    struct {
		name string
		args []expr
		star bool
	}
	cast struct {
		value expr
		typ   string
	}
	binary struct {
		op          string
		left, right expr
	}
	not    struct{ value expr }
	isNull struct {
		value expr
		not   bool
	}
	inList struct {
		value expr
		list  []expr
	}
)

func (p *parser) expr() expr {
	e := p.and()
	for p.words("or") {
		e = binary{"or", e, p.and()}
	}
	return e
}

func (p *parser) and() expr {
	e := p.not()
	for p.words("and") {
		e = binary{"and", e, p.not()}
	}
	return e
}

func (p *parser) not() expr {
	if p.words("not") {
		return not{p.not()}
	}
	return p.comparison()
}

func (p *parser) comparison() expr {
	e := p.sum()
	switch {
	case p.words("is", "not", "null"):
		return isNull{e, true}
	case p.words("is", "null"):
		return isNull{e, false}
	case p.words("in"):
		p.expect("(")
		in := inList{e, []expr{p.expr()}}
		for p.symbol(",") {
			in.list = append(in.list, p.expr())
		}
		p.expect(")")
		return in
	}
	for _, op := range []string{"=", "<>", "!=", "<=", ">=", "<", ">"} {
		if p.symbol(op) {
			return binary{op, e, p.sum()}
		}
	}
	return e
}

func (p *parser) sum() expr {
	e := p.product()
	for {
		switch t := p.peek(); {
		case t.kind == tSymbol && (t.text == "+" || t.text == "-" || t.text == "||"):
			p.i++
			e = binary{t.text, e, p.product()}
		default:
			return e
		}
	}
}

func (p *parser) product() expr {
	e := p.postfix()
	for {
		switch t := p.peek(); {
		case t.kind == tSymbol && (t.text == "*" || t.text == "%"):
			p.i++
			e = binary{t.text, e, p.postfix()}
		default:
			return e
		}
	}
}

func (p *parser) postfix() expr {
	e := p.primary()
	for p.symbol("::") {
		e = cast{e, p.columnType()}
	}
	return e
}

func (p *parser) primary() expr {
	t := p.peek()
	switch {
	case t.kind == tNumber:
		p.i++
		return p.number(t.text)
	case t.kind == tString:
		p.i++
		return literal{t.text}
	case p.symbol("("):
		e := p.expr()
		p.expect(")")
		return e
	case p.symbol("-"):
		return binary{"-", literal{int64(0)}, p.primary()}
	case p.words("null"):
		return literal{nil}
	case p.words("true"):
		return literal{true}
	case p.words("false"):
		return literal{false}
	case t.kind == tWord || t.kind == tQuoted:
		return p.reference()
	}
	p.fail()
	return nil
}

func (p *parser) number(text string) expr {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return literal{n}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		p.i--
		p.fail()
	}
	return literal{f}
}

// reserved cannot begin an expression.
const reserved = " from where order limit offset select values set and or group "

func (p *parser) reference() expr {
	if t := p.peek(); t.kind == tWord && strings.Contains(reserved, " "+t.text+" ") {
		p.fail()
	}
	name := p.name()
	if !p.symbol("(") {
		return column{name[len(name)-1]}
	}
	c := call{name: strings.Join(name, ".")}
	if p.symbol("*") {
		c.star = true
	} else if p.peek().text != ")" {
		c.args = []expr{p.expr()}
		for p.symbol(",") {
			c.args = append(c.args, p.expr())
		}
	}
	p.expect(")")
	return c
}

// typeOf maps the name of a type to the one that the stand-in keeps.
func typeOf(name string) (string, bool) {
	t, ok := map[string]string{
		"int": "int", "integer": "int", "int2": "int", "int4": "int", "int8": "int", "bigint": "int", "smallint": "int",
		"string": "string", "text": "string", "varchar": "string", "char": "string", "uuid": "string", "decimal": "float",
		"numeric": "float", "float": "float", "float8": "float", "float4": "float", "real": "float",
		"bool": "bool", "boolean": "bool", "timestamp": "timestamp", "timestamptz": "timestamptz", "date": "date",
	}[name]
	return t, ok
}

func (p *parser) columnType() string {
	at := p.i
	t, ok := typeOf(p.ident())
	if !ok {
		p.i = at
		panic(Unknown(p.text))
	}
	if p.symbol("(") {
		p.next()
		p.expect(")")
	}
	return t
}
