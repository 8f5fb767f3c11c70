package progress

import (
	"io"
	"slices"
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

// widest is how wide a column may stay where the table does not fit: names of
// objects in a table of pods are seldom longer.
const widest = 20

// Write prints the table in at most width cells; 0 means no limit, as for a
// pipe. Where it does not fit, wide columns but the first are cut; if it still
// does not, the last ones follow whole below, behind the first again. An empty field is shown as
// "-", so that programs can count columns. The error is the writer's.
func (t Table) Write(w io.Writer, p Palette, width int) error {
	return writeLines(w, p, t.lines(width))
}

func (t Table) lines(width int) []line {
	header := make([]Cell, 0, len(t.Header))
	for _, name := range t.Header {
		header = append(header, Cell{Text: name, Tone: Strong})
	}
	rows := append([][]Cell{header}, t.Rows...)
	widths := columnWidths(rows)
	if width <= 0 || len(widths) < 2 {
		return block(rows, widths, 1, len(widths), width)
	}
	if narrow := narrowed(widths, width); total(narrow) <= width {
		widths = narrow
	}
	var lines []line
	for from := 1; from < len(widths); {
		to := fitting(widths, from, width)
		if from > 1 {
			lines = append(lines, nil)
		}
		lines = append(lines, block(rows, widths, from, to, width)...)
		from = to
	}
	return lines
}

// block is the first column and those from and up to others, without the last.
func block(rows [][]Cell, widths []int, from, to, width int) []line {
	lines := make([]line, 0, len(rows))
	for _, row := range rows {
		l := tableLine(row[:min(1, len(row))], widths)
		if from < min(to, len(row)) {
			l = append(l.padded(columnGap+widths[0]), tableLine(row[from:min(to, len(row))], widths[from:])...)
		}
		lines = append(lines, l.cut(width))
	}
	return lines
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

// fitting is the column behind those that fit into width beside the first one,
// beginning with from; at least that one is taken.
func fitting(widths []int, from, width int) int {
	to := from + 1
	for to < len(widths) && widths[0]+columnGap+total(widths[from:to+1]) <= width {
		to++
	}
	return to
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

// narrowed are these widths with as much taken from the widest as the table is
// too wide, unless none is wide any more. The first, the name, stays whole.
func narrowed(widths []int, width int) []int {
	widths = slices.Clone(widths)
	for excess := total(widths) - width; excess > 0; excess-- {
		most := 1 + slices.Index(widths[1:], slices.Max(widths[1:]))
		if widths[most] <= widest {
			break
		}
		widths[most]--
	}
	return widths
}

func shown(c Cell) string {
	if text := Clean(c.Text); text != "" {
		return text
	}
	return "-"
}
