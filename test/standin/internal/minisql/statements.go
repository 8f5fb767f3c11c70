package minisql

import "strings"

// The statements. A table or database name is as it was written.
type (
	createDatabase struct {
		name        string
		ifNotExists bool
	}
	dropDatabase struct {
		name     string
		ifExists bool
	}
	createTable struct {
		name        []string
		ifNotExists bool
		columns     []Column
		key         []string
	}
	dropTable struct {
		name     []string
		ifExists bool
	}
	insert struct {
		table   []string
		columns []string
		rows    [][]expr
		from    *selectStmt
		upsert  bool
		ignore  bool // ON CONFLICT DO NOTHING
	}
	deleteStmt struct {
		table []string
		where expr
	}
	update struct {
		table []string
		set   []assignment
		where expr
	}
	assignment struct {
		column string
		value  expr
	}
	show struct {
		what string // "databases", "tables", "users", "grants"
		name string // of the database, for "grants"
	}
	showSetting struct{ name string }
	setSetting  struct {
		name  string
		value expr // nil resets
	}
	setVar struct {
		name  string
		value string
	}
)

func (p *parser) statement() Statement {
	switch {
	case p.words("select"):
		s := p.selectBody()
		return Statement{node: s, Needs: s.needs()}
	case p.words("create"):
		return Statement{node: p.create(), Needs: Agreement}
	case p.words("drop"):
		return Statement{node: p.drop(), Needs: Agreement}
	case p.words("alter"):
		return Statement{node: p.alter(), Needs: Agreement}
	case p.words("grant"):
		return Statement{node: p.grant(give), Needs: Agreement}
	case p.words("revoke"):
		return Statement{node: p.grant(take), Needs: Agreement}
	case p.words("insert", "into"):
		return Statement{node: p.insert(false), Needs: Agreement}
	case p.words("upsert", "into"):
		return Statement{node: p.insert(true), Needs: Agreement}
	case p.words("delete", "from"):
		return Statement{node: deleteStmt{p.name(), p.where()}, Needs: Agreement}
	case p.words("update"):
		return Statement{node: p.update(), Needs: Agreement}
	case p.words("show"):
		return p.show()
	case p.words("set", "cluster", "setting"):
		s := setSetting{name: strings.Join(p.name(), ".")}
		if !p.symbol("=") {
			p.expect("to")
		}
		s.value = p.expr()
		return Statement{node: s, Needs: Agreement}
	case p.words("reset", "cluster", "setting"):
		return Statement{node: setSetting{name: strings.Join(p.name(), ".")}, Needs: Agreement}
	case p.words("set"):
		return Statement{node: p.setVar()}
	case p.words("use"):
		return Statement{node: setVar{"database", p.ident()}}
	}
	p.fail()
	return Statement{}
}

func (p *parser) create() any {
	switch {
	case p.words("database"):
		s := createDatabase{ifNotExists: p.words("if", "not", "exists")}
		s.name = p.ident()
		return s
	case p.words("table"):
		return p.createTable()
	case p.words("user"), p.words("role"):
		return p.createUser()
	}
	panic(Unknown(p.text))
}

func (p *parser) createTable() any {
	s := createTable{ifNotExists: p.words("if", "not", "exists")}
	s.name = p.name()
	p.expect("(")
	for {
		if p.words("primary", "key") {
			s.key = p.nameList()
		} else {
			c := Column{Name: p.ident()}
			c.Type = p.columnType()
			for done := false; !done; {
				switch {
				case p.words("primary", "key"):
					s.key = []string{c.Name}
				case p.words("not", "null"):
					c.NotNull = true
				case p.words("null"):
				case p.defaultNow():
					c.Now = true
				default:
					done = true
				}
			}
			s.columns = append(s.columns, c)
		}
		if p.symbol(")") {
			return s
		}
		p.expect(",")
	}
}

func (p *parser) defaultNow() bool {
	at := p.i
	if p.words("default") && (p.words("now") || p.words("current_timestamp")) {
		if p.symbol("(") {
			p.expect(")")
		}
		return true
	}
	p.i = at
	return false
}

func (p *parser) nameList() []string {
	p.expect("(")
	list := []string{p.ident()}
	for p.symbol(",") {
		list = append(list, p.ident())
	}
	p.expect(")")
	return list
}

func (p *parser) drop() any {
	switch {
	case p.words("database"):
		s := dropDatabase{ifExists: p.words("if", "exists")}
		s.name = p.ident()
		p.words("cascade")
		return s
	case p.words("table"):
		s := dropTable{ifExists: p.words("if", "exists")}
		s.name = p.name()
		return s
	case p.words("user"), p.words("role"):
		return p.dropUser()
	}
	panic(Unknown(p.text))
}

func (p *parser) insert(upsert bool) any {
	s := insert{table: p.name(), upsert: upsert}
	if t := p.peek(); t.text == "(" {
		s.columns = p.nameList()
	}
	if p.words("select") {
		s.from = p.selectBody()
		return s
	}
	p.expect("values")
	for {
		p.expect("(")
		row := []expr{p.expr()}
		for p.symbol(",") {
			row = append(row, p.expr())
		}
		p.expect(")")
		s.rows = append(s.rows, row)
		if !p.symbol(",") {
			break
		}
	}
	if p.words("on", "conflict") {
		if p.peek().text == "(" {
			p.nameList()
		}
		if !p.words("do", "nothing") {
			panic(Unknown(p.text))
		}
		s.ignore = true
	}
	return s
}

func (p *parser) update() any {
	s := update{table: p.name()}
	p.expect("set")
	for {
		a := assignment{column: p.ident()}
		p.expect("=")
		a.value = p.expr()
		s.set = append(s.set, a)
		if !p.symbol(",") {
			break
		}
	}
	s.where = p.where()
	return s
}

func (p *parser) where() expr {
	if p.words("where") {
		return p.expr()
	}
	return nil
}

func (p *parser) show() Statement {
	switch {
	case p.words("cluster", "setting"):
		return Statement{node: showSetting{strings.Join(p.name(), ".")}}
	case p.words("databases"):
		return Statement{node: show{what: "databases"}, Needs: AllRows}
	case p.words("tables"):
		return Statement{node: show{what: "tables"}, Needs: AllRows}
	case p.words("users"), p.words("roles"):
		return Statement{node: show{what: "users"}, Needs: AllRows}
	case p.words("grants", "on", "database"):
		return Statement{node: show{what: "grants", name: p.ident()}, Needs: AllRows}
	}
	panic(Unknown(p.text))
}

func (p *parser) setVar() any {
	s := setVar{name: p.ident()}
	if !p.symbol("=") {
		p.expect("to")
	}
	t := p.next()
	if t.kind == tEOF || t.kind == tSymbol {
		p.i--
		p.fail()
	}
	s.value = t.text
	return s
}
