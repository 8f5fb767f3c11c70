package minisql

import (
	"slices"
	"strings"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// Needs says what a statement needs to be answered.
type Needs int

// Values of Needs.
const (
	Nothing   Needs = iota // this process alone can answer
	AllRows                // the latest data of the cluster
	Agreement              // a majority has to take it
)

// Statement is one parsed statement.
type Statement struct {
	Text  string
	Needs Needs
	node  any
	// password is where in Text one stands; nothing where from and to are equal.
	password struct{ from, to int }
}

// otherStatements are first words that the real program knows and the
// stand-in does not.
var otherStatements = strings.Fields("alter analyze backup begin cancel comment commit copy deallocate discard execute " +
	"explain export fetch grant import pause prepare reassign refresh release restore resume revoke rollback savepoint " +
	"scrub split start table truncate values with")

// otherWords are words inside a statement of which the same holds.
var otherWords = strings.Fields("group having join inner left right full cross union intersect except window over " +
	"returning references check index unique family partition interleave default collate case exists between like ilike " +
	"array interval distinct for as of")

type parser struct {
	text string
	toks []token
	i    int
	// password is the last one that was read.
	password token
}

// Parse splits text into statements. One that cannot be parsed fails them all,
// as in the real program.
func Parse(text string) (list []Statement, err *wire.Error) {
	toks, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{text: text, toks: toks}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*wire.Error)
			if !ok {
				panic(r)
			}
			list, err = nil, e
		}
	}()
	for {
		for p.symbol(";") {
		}
		if p.peek().kind == tEOF {
			return list, nil
		}
		start := p.peek().pos
		p.password = token{}
		s := p.statement()
		if p.peek().kind != tEOF && p.peek().text != ";" {
			p.fail()
		}
		s.Text = strings.TrimSpace(text[start:p.peek().pos])
		if p.password.end > 0 {
			s.password.from, s.password.to = p.password.pos-start, p.password.end-start
		}
		list = append(list, s)
	}
}

func (p *parser) peek() token { return p.toks[p.i] }

func (p *parser) next() token {
	t := p.toks[p.i]
	if t.kind != tEOF {
		p.i++
	}
	return t
}

// words takes the words given, all or none.
func (p *parser) words(words ...string) bool {
	for n, w := range words {
		if p.i+n >= len(p.toks) || p.toks[p.i+n].kind != tWord || p.toks[p.i+n].text != w {
			return false
		}
	}
	p.i += len(words)
	return true
}

func (p *parser) symbol(s string) bool {
	if t := p.peek(); t.kind == tSymbol && t.text == s {
		p.i++
		return true
	}
	return false
}

func (p *parser) expect(s string) {
	if !p.symbol(s) && !p.words(s) {
		p.fail()
	}
}

func (p *parser) ident() string {
	t := p.peek()
	if t.kind != tWord && t.kind != tQuoted {
		p.fail()
	}
	p.i++
	return t.text
}

// name is an identifier with dots.
func (p *parser) name() []string {
	parts := []string{p.ident()}
	for p.symbol(".") {
		parts = append(parts, p.ident())
	}
	return parts
}

// fail ends the parse at the next token.
func (p *parser) fail() {
	t := p.peek()
	first := p.i == 0 || p.toks[p.i-1].text == ";"
	if t.kind == tWord && (first && slices.Contains(otherStatements, t.text) || !first && slices.Contains(otherWords, t.text)) {
		panic(Unknown(p.text))
	}
	panic(syntaxError(p.text, t))
}

// Unknown is the error for what the real program may know and the stand-in
// does not.
func Unknown(text string) *wire.Error {
	text = strings.TrimSpace(text)
	if i := strings.Index(strings.ToLower(text), "password"); i >= 0 {
		text = text[:i] + "PASSWORD …"
	}
	return wire.Errorf("0A000", "the stand-in for CockroachDB does not know this statement: %s", text)
}

// syntaxError points at a token, as recorded.
func syntaxError(text string, t token) *wire.Error {
	lineStart := strings.LastIndexByte(text[:t.pos], '\n') + 1
	end := strings.IndexByte(text[t.pos:], '\n')
	if end < 0 {
		end = len(text) - t.pos
	}
	return &wire.Error{
		Code: "42601",
		Text: `at or near "` + t.text + `": syntax error`,
		Details: "DETAIL: source SQL:\n" + text[:t.pos+end] + "\n" +
			strings.Repeat(" ", t.pos-lineStart) + "^",
	}
}

// Dataless says whether the statement is a SELECT that reads no data: from no
// table, or from one of the database itself.
func (s Statement) Dataless() bool {
	sel, ok := s.node.(*selectStmt)
	return ok && sel.needs() == Nothing
}
