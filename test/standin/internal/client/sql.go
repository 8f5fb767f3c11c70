package client

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// sql runs the statements of -e, of a file or of standard input.
func (a *app) sql(args []string) (int, error) {
	p, err := connectionFlags().with(flagSet{
		"execute": takesMany, "e": takesMany, "file": takesValue, "f": takesValue, "database": takesValue, "d": takesValue,
		"set": takesMany, "safe-updates": takesBool, "echo-sql": takesBool, "no-line-editor": takesBool, "watch": takesValue,
	}).parse(args)
	if err != nil {
		return exitUsage, err
	}
	format := p.get("tsv", "format")
	if err := checkFormat(format); err != nil {
		return exitUsage, err
	}
	t, err := p.connection()
	if err != nil {
		return exitUsage, err
	}
	if p.given("database") || p.given("d") {
		t.database = p.get("", "database", "d")
	}
	conn, err := a.session(t)
	if err != nil {
		return exitError, err
	}
	defer conn.Close()
	if texts := slices.Concat(p.values["execute"], p.values["e"]); len(texts) > 0 {
		for _, text := range texts {
			if err := a.run(conn, text, format); err != nil {
				return exitError, err
			}
		}
		return exitOK, nil
	}
	in := a.In
	if file := p.get("", "file", "f"); file != "" {
		f, err := os.Open(file)
		if err != nil {
			return exitError, err
		}
		defer f.Close()
		in = f
	}
	return exitOK, a.runScript(conn, bufio.NewReader(in), format)
}

// runScript runs what ends with a semicolon at the end of a line, piece by
// piece, as the real shell does when it is not on a terminal: each as soon as
// its line has come.
func (a *app) runScript(conn *wire.Conn, in *bufio.Reader, format string) error {
	var piece strings.Builder
	for more := true; more; {
		line, err := in.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		more = err == nil
		piece.WriteString(strings.ReplaceAll(line, "\r\n", "\n"))
		if strings.HasSuffix(strings.TrimSpace(line), ";") {
			if err := a.run(conn, piece.String(), format); err != nil {
				return err
			}
			piece.Reset()
		}
	}
	if rest := strings.TrimSpace(piece.String()); rest != "" && !strings.HasPrefix(rest, "--") {
		fmt.Fprintf(a.Err, "missing semicolon at end of statement: %s\n", rest)
		return fmt.Errorf("last statement was not executed: %s", rest)
	}
	return nil
}

var errBadConnection = errors.New("driver: bad connection")

// run sends one text and prints its results. Of statements without rows only
// the last one's tag is printed, as recorded.
func (a *app) run(conn *wire.Conn, text, format string) error {
	var r wire.Results
	err := conn.Call(wire.Request{Op: wire.OpSQL}, wire.Statements{Text: text}, &r, time.Time{})
	var e *wire.Error
	switch {
	case errors.As(err, &e):
		return e
	case err != nil:
		return errBadConnection
	}
	for i, result := range r.Results {
		switch {
		case result.Columns != nil:
			a.print(format, result.Columns, result.Rows)
		case i == len(r.Results)-1 && r.Error == nil:
			fmt.Fprintln(a.Out, result.Tag)
		}
	}
	if r.Error != nil {
		return r.Error
	}
	return nil
}
