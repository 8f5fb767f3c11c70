package client

import (
	"encoding/csv"
	"fmt"
	"html"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// print writes columns and rows in one of the formats. A nil cell is NULL.
func (a *app) print(format string, columns []string, rows [][]*string) {
	text := make([][]string, len(rows))
	for i, r := range rows {
		for _, cell := range r {
			if cell == nil {
				text[i] = append(text[i], "NULL")
			} else {
				text[i] = append(text[i], *cell)
			}
		}
	}
	switch format {
	case "csv":
		printSeparated(a.Out, ',', columns, text)
	case "table":
		printTable(a.Out, columns, text)
	case "records":
		printRecords(a.Out, columns, text)
	case "raw":
		printRaw(a.Out, columns, text)
	case "sql":
		printSQL(a.Out, columns, text)
	case "html":
		printHTML(a.Out, columns, text)
	default:
		printSeparated(a.Out, '\t', columns, text)
	}
}

func printSeparated(w io.Writer, comma rune, columns []string, rows [][]string) {
	c := csv.NewWriter(w)
	c.Comma = comma
	_ = c.Write(columns)
	for _, r := range rows {
		if len(r) == 1 && r[0] == "" { // the writer would quote it
			c.Flush()
			fmt.Fprintln(w)
			continue
		}
		_ = c.Write(r)
	}
	c.Flush()
}

func printTable(w io.Writer, columns []string, rows [][]string) {
	width := make([]int, len(columns))
	for _, r := range append([][]string{columns}, rows...) {
		for i, cell := range r {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	line := func(cells []string, pad func(string, int) string) {
		var b strings.Builder
		b.WriteString(" ")
		for i, cell := range cells {
			if i > 0 {
				b.WriteString("|")
			}
			b.WriteString(" " + pad(cell, width[i]) + " ")
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
	line(columns, centre)
	var rule strings.Builder
	rule.WriteString("-")
	for i, n := range width {
		if i > 0 {
			rule.WriteString("+")
		}
		rule.WriteString(strings.Repeat("-", n+2))
	}
	fmt.Fprintln(w, rule.String()+"-")
	for _, r := range rows {
		line(r, align)
	}
	plural := "s"
	if len(rows) == 1 {
		plural = ""
	}
	fmt.Fprintf(w, "(%d row%s)\n", len(rows), plural)
}

func centre(s string, width int) string {
	n := width - utf8.RuneCountInString(s)
	return strings.Repeat(" ", n/2) + s + strings.Repeat(" ", n-n/2)
}

// align puts numbers to the right.
func align(s string, width int) string {
	space := strings.Repeat(" ", width-utf8.RuneCountInString(s))
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return space + s
	}
	return s + space
}

func printRecords(w io.Writer, columns []string, rows [][]string) {
	width := 0
	for _, c := range columns {
		width = max(width, utf8.RuneCountInString(c))
	}
	for i, r := range rows {
		fmt.Fprintf(w, "-[ RECORD %d ]\n", i+1)
		for k, cell := range r {
			fmt.Fprintf(w, "%-*s | %s\n", width, columns[k], cell)
		}
	}
}

func printRaw(w io.Writer, columns []string, rows [][]string) {
	plural := func(n int) string {
		if n == 1 {
			return ""
		}
		return "s"
	}
	fmt.Fprintf(w, "# %d column%s\n", len(columns), plural(len(columns)))
	for i, r := range rows {
		fmt.Fprintf(w, "# row %d\n", i+1)
		for _, cell := range r {
			fmt.Fprintf(w, "## %d\n%s\n", len(cell), cell)
		}
	}
	fmt.Fprintf(w, "# %d row%s\n", len(rows), plural(len(rows)))
}

func printSQL(w io.Writer, columns []string, rows [][]string) {
	fmt.Fprintln(w, "CREATE TABLE results (")
	for i, c := range columns {
		comma := ","
		if i == len(columns)-1 {
			comma = ""
		}
		fmt.Fprintf(w, "  %s STRING%s\n", c, comma)
	}
	fmt.Fprint(w, ");\n\n")
	for _, r := range rows {
		var cells []string
		for _, cell := range r {
			cells = append(cells, "'"+strings.ReplaceAll(cell, "'", "''")+"'")
		}
		fmt.Fprintf(w, "INSERT INTO results VALUES (%s);\n", strings.Join(cells, ", "))
	}
	fmt.Fprintf(w, "-- %d rows\n", len(rows))
}

func printHTML(w io.Writer, columns []string, rows [][]string) {
	fmt.Fprintln(w, "<table>\n<thead><tr><th>"+strings.Join(columns, "</th><th>")+"</th></tr></thead>\n<tbody>")
	for _, r := range rows {
		var b strings.Builder
		for _, cell := range r {
			b.WriteString("<td>" + html.EscapeString(cell) + "</td>")
		}
		fmt.Fprintln(w, "<tr>"+b.String()+"</tr>")
	}
	fmt.Fprintln(w, "</tbody>\n</table>")
}
