package cockroach

import (
	"strings"
	"unicode/utf8"
)

// InitSQL is how far the initial SQL of a cluster has come.
type InitSQL string

const (
	// InitSQLNone: none was asked for.
	InitSQLNone InitSQL = ""
	// InitSQLPending: it was asked for, and did not yet run to its end.
	InitSQLPending InitSQL = "pending"
	// InitSQLDone: it ran to its end, and never runs again.
	InitSQLDone InitSQL = "done"
)

func (s InitSQL) faults() []*Fault {
	if s == InitSQLNone || s == InitSQLPending || s == InitSQLDone {
		return nil
	}
	return []*Fault{{keyInitSQL, string(s), "not a state", "pending or done"}}
}

// MaxSQL is how long the initial SQL may be, in bytes.
const MaxSQL = 1 << 20

// ScriptCommand runs the statements that it gets on stdin inside a pod, as
// root, and stops at the first that fails. They stand in no argument, where
// everybody on the machine could read them.
func (c Cluster) ScriptCommand() []string { return c.SQLCommand() }

// CompleteSQL makes a text fit for ScriptCommand: it ends the last statement,
// which the program would otherwise not run. The error is a *Fault that does
// not quote the text.
//
// Source: recorded from v21.1.2: `last statement was not executed`.
func CompleteSQL(text string) (string, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	fault := func(reason, hint string) error { return &Fault{Field: keyInitSQL, Reason: reason, Hint: hint} }
	if len(text) > MaxSQL {
		return "", fault("has more than 1 MiB", "initial SQL sets up users and schemas; load data with IMPORT or a client")
	}
	if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
		return "", fault("is not text in UTF-8", "a file of SQL statements")
	}
	s := scanner{rest: text}
	s.scan()
	switch {
	case s.within != "":
		return "", fault("ends inside "+s.within, "close it")
	case !s.said:
		return "", fault("has no statement", "a file of SQL statements, each ended by a semicolon")
	case s.open:
		return text + "\n;\n", nil // on a line of its own: the last may end in a comment
	}
	return text, nil
}

// scanner finds out whether a text ends in the middle of a statement. It
// knows quotes and comments, and nothing else of SQL.
type scanner struct {
	rest string
	// said: there was a statement. open: the last one has no end yet.
	said, open bool
	// within is what the text ends inside of; empty: nothing.
	within string
}

func (s *scanner) scan() {
	for s.rest != "" && s.within == "" {
		switch {
		case strings.TrimLeft(s.rest[:1], " \t\r\n\f\v") == "":
			s.rest = s.rest[1:]
		case strings.HasPrefix(s.rest, "--"), !s.open && s.rest[0] == '\\':
			s.said = s.said || s.rest[0] == '\\' // a command to the shell, one line long
			_, s.rest, _ = strings.Cut(s.rest, "\n")
		case strings.HasPrefix(s.rest, "/*"):
			s.comment()
		case s.rest[0] == ';':
			s.open, s.rest = false, s.rest[1:]
		default:
			s.said, s.open = true, true
			s.token()
		}
	}
}

// comment passes over one in /* and */, which may hold others.
func (s *scanner) comment() {
	depth := 0
	for s.rest != "" {
		switch {
		case strings.HasPrefix(s.rest, "/*"):
			depth, s.rest = depth+1, s.rest[2:]
		case strings.HasPrefix(s.rest, "*/"):
			depth, s.rest = depth-1, s.rest[2:]
		default:
			s.rest = s.rest[1:]
		}
		if depth == 0 {
			return
		}
	}
	s.within = "a comment"
}

// token passes over a quoted text, a word or one other character.
func (s *scanner) token() {
	first, second := s.rest[0], byte(0)
	if len(s.rest) > 1 {
		second = s.rest[1]
	}
	switch tag := dollarTag(s.rest); {
	case first == '\'' || first == '"':
		s.quoted(first, false)
	case second == '\'' && strings.IndexByte("bBeE", first) >= 0:
		s.rest = s.rest[1:]
		s.quoted('\'', true)
	case tag != "":
		_, after, closed := strings.Cut(s.rest[len(tag):], tag)
		if s.rest = after; !closed {
			s.within = "a quoted text"
		}
	default:
		s.rest = s.rest[max(1, wordEnd(s.rest)):]
	}
}

// dollarTag is the beginning of a text quoted as $$ or $tag$; empty: it does
// not begin so.
func dollarTag(text string) string {
	if text[0] != '$' {
		return ""
	}
	tag, _, closed := strings.Cut(text[1:], "$")
	if !closed || (tag != "" && (isDigit(tag[0]) || wordEnd(tag) < len(tag))) {
		return ""
	}
	return text[:len(tag)+2]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// wordEnd is the length of the word that the text begins with. A dollar may
// stand in it, but not first.
func wordEnd(text string) int {
	for i := range len(text) {
		c := text[i]
		letter := c >= utf8.RuneSelf || c == '_' || isDigit(c) || ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z')
		if !letter && (c != '$' || i == 0) {
			return i
		}
	}
	return len(text)
}

// quoted passes over a quoted text; a quote in it is doubled, or escaped.
func (s *scanner) quoted(quote byte, escapes bool) {
	for i := 1; i < len(s.rest); i++ {
		switch {
		case escapes && s.rest[i] == '\\':
			i++
		case s.rest[i] == quote:
			s.rest = s.rest[i+1:] // a doubled one begins the next text
			return
		}
	}
	s.rest, s.within = "", "a quoted text"
}
