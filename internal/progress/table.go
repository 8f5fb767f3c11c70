package progress

import (
	"io"
	"strings"
)

// Table is a list with aligned columns.
type Table struct {
	Header []string
	Rows   [][]Cell
}

// Cell is one field of a Table.
type Cell struct {
	Text string
	Tone Tone
}

const columnGap = 2

// Write prints the table in at most width cells; 0 means no limit, as for a
// pipe. Where it does not fit, the widest columns but the first are cut, then
// the last ones left out, which a "…" behind the headers says. An empty field
// is shown as "-", so that programs can count columns. The error is the
// writer's.
func (t Table) Write(w io.Writer, p Palette, width int) error {
	header := make([]Cell, 0, len(t.Header))
	for _, name := range t.Header {
		header = append(header, Cell{Text: name, Tone: Strong})
	}
	rows := append([][]Cell{header}, t.Rows...)
	widths := columnWidths(rows)
	columns := len(widths)
	if width > 0 {
		narrowColumns(widths, columnWidths(rows[:1]), width)
		columns = fitting(widths, width)
	}
	var b strings.Builder
	for i, row := range rows {
		l := tableLine(row[:min(columns, len(row))], widths)
		if i == 0 && columns < len(widths) {
			l = append(l.padded(total(widths[:columns])), span{" " + ellipsis, Dim})
		}
		b.WriteString(l.cut(width).paint(p) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func tableLine(row []Cell, widths []int) line {
	var l line
	for i, cell := range row {
		if i > 0 {
			l = l.padded(total(widths[:i]) + columnGap)
		}
		l = append(l, span{cut(shown(cell), widths[i]), cell.Tone})
	}
	return l
}

// total is the width of a table with these columns.
func total(widths []int) int {
	sum := columnGap * max(0, len(widths)-1)
	for _, n := range widths {
		sum += n
	}
	return sum
}

// fitting is how many columns fit into width, with room for the mark that
// some are missing; at least the first.
func fitting(widths []int, width int) int {
	if total(widths) <= width {
		return len(widths)
	}
	columns := len(widths) - 1
	for columns > 1 && total(widths[:columns])+cellsOf(" "+ellipsis) > width {
		columns--
	}
	return max(1, columns)
}

func columnWidths(rows [][]Cell) []int {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], cellsOf(shown(cell)))
		}
	}
	return widths
}

// narrowColumns takes from the widest columns until the table fits into
// width. The first column, the name, stays whole, and no other becomes
// narrower than its header or eight cells.
func narrowColumns(widths, headers []int, width int) {
	const least = 8
	for excess := total(widths) - width; excess > 0; excess-- {
		widest := -1
		for i := 1; i < len(widths); i++ {
			floor := least
			if i < len(headers) {
				floor = max(floor, headers[i])
			}
			if widths[i] > floor && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

func shown(c Cell) string {
	if text := Clean(c.Text); text != "" {
		return text
	}
	return "-"
}
