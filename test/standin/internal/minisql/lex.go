// Package minisql is the small part of SQL that tests of container set-ups
// need. It answers in the words of CockroachDB v21.1.2 where these are
// recorded, and says that it is the stand-in where it does not know something.
package minisql

import (
	"strings"
	"unicode"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

type tokenKind int

const (
	tEOF tokenKind = iota
	tWord
	tQuoted // "identifier"
	tNumber
	tString
	tSymbol
)

type token struct {
	kind tokenKind
	text string // lower case for words, unquoted for strings
	pos  int
	end  int // behind it
}

// lex splits text into tokens.
func lex(text string) ([]token, *wire.Error) {
	var out []token
	for i := space(text, 0); i < len(text); i = space(text, i) {
		t, n := scan(text[i:])
		if n < 0 {
			return nil, unterminated(text)
		}
		t.pos, t.end = i, i+n
		out = append(out, t)
		i += n
	}
	return append(out, token{tEOF, "EOF", len(text), len(text)}), nil
}

// space is where blanks and comments from i on end.
func space(text string, i int) int {
	for i < len(text) {
		switch {
		case unicode.IsSpace(rune(text[i])):
			i++
		case strings.HasPrefix(text[i:], "--"):
			n := strings.IndexByte(text[i:], '\n')
			if n < 0 {
				return len(text)
			}
			i += n
		default:
			return i
		}
	}
	return i
}

// scan reads one token and its length; the length is negative where a quote
// has no end.
func scan(s string) (token, int) {
	c := s[0]
	switch {
	case c == '\'':
		return scanQuoted(s, 1, tString, noEscapes)
	case c == '"':
		return scanQuoted(s, 1, tQuoted, noEscapes)
	case (c == 'e' || c == 'E') && len(s) > 1 && s[1] == '\'':
		return scanQuoted(s, 2, tString, withEscapes)
	case isWordStart(c):
		n := 1
		for n < len(s) && (isWordStart(s[n]) || isDigit(s[n]) || s[n] == '$') {
			n++
		}
		return token{kind: tWord, text: strings.ToLower(s[:n])}, n
	case isDigit(c) || c == '.' && len(s) > 1 && isDigit(s[1]):
		n := number(s)
		return token{kind: tNumber, text: s[:n]}, n
	}
	for symbol := range strings.FieldsSeq(":: <= >= <> != ||") {
		if strings.HasPrefix(s, symbol) {
			return token{kind: tSymbol, text: symbol}, len(symbol)
		}
	}
	return token{kind: tSymbol, text: s[:1]}, 1
}

// scanQuoted reads what is quoted; start is behind the opening quote.
func scanQuoted(s string, start int, kind tokenKind, esc escapes) (token, int) {
	text, n := quoted(s[start:], s[start-1], esc)
	if n < 0 {
		return token{}, -1
	}
	return token{kind: kind, text: text}, start + n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWordStart(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// number is the length of the number that s begins with.
func number(s string) int {
	n := 0
	for n < len(s) && (isDigit(s[n]) || s[n] == '.') {
		n++
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		m := n + 1
		if m < len(s) && (s[m] == '+' || s[m] == '-') {
			m++
		}
		if m < len(s) && isDigit(s[m]) {
			for n = m; n < len(s) && isDigit(s[n]); n++ {
			}
		}
	}
	return n
}

type escapes int

const (
	noEscapes escapes = iota
	withEscapes
)

// quoted reads up to the closing quote; it returns the content and how many
// bytes were read, the quote included, or -1.
func quoted(s string, quote byte, esc escapes) (string, int) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			b.WriteByte(quote)
			i++
		case s[i] == quote:
			return b.String(), i + 1
		case esc == withEscapes && s[i] == '\\' && i+1 < len(s):
			i++
			if j := strings.IndexByte("ntr", s[i]); j >= 0 {
				b.WriteByte("\n\t\r"[j])
			} else {
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(s[i])
		}
	}
	return "", -1
}

func unterminated(text string) *wire.Error {
	return &wire.Error{Code: "42601", Text: "lexical error: unterminated string", Details: "DETAIL: source SQL:\n" + text}
}
