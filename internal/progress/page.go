package progress

import "io"

// Block is one piece of a Page: a Heading, a Remark, a Gap or a Table.
type Block interface {
	lines(width int) []line
}

// Page is what there is to show, from top to bottom.
type Page []Block

// Write prints the page in one write, broken to width cells; 0 means that it
// is not, as for a pipe. The error is the writer's.
func (p Page) Write(w io.Writer, palette Palette, width int) error {
	return writeLines(w, palette, p.lines(width))
}

func (p Page) lines(width int) []line {
	var lines []line
	for _, block := range p {
		lines = append(lines, block.lines(width)...)
	}
	return lines
}

// Heading is a text and what else is to be said, with dots between. Where it
// is too long it goes on in the next line, and only a part that is longer than
// a line is broken.
type Heading struct {
	Text  []Cell
	Parts []string
}

func (h Heading) lines(width int) []line {
	const dot = " · "
	var current line
	for _, cell := range h.Text {
		current = append(current, span{cleanKeepingSpace(cell.Text), cell.Tone})
	}
	var lines []line
	for _, part := range h.Parts {
		part = Clean(part)
		if width <= 0 || current.cells()+cellsOf(dot+part) <= width {
			current = append(current, span{text: dot + part})
			continue
		}
		lines = append(lines, current)
		broken := prose(line{{text: "  "}}, part, Normal, width)
		lines, current = append(lines, broken[:len(broken)-1]...), broken[len(broken)-1]
	}
	return append(lines, current)
}

// cleanKeepingSpace is Clean for a piece of a line, whose space at the end
// parts it from the next.
func cleanKeepingSpace(text string) string {
	if isClean(text) {
		return text
	}
	return Clean(text)
}

// Remark is prose behind a mark. The mark is not cleaned.
type Remark struct {
	Mark Cell
	Text string
	Tone Tone
}

func (r Remark) lines(width int) []line {
	return prose(line{{text: "  "}, {r.Mark.Text, r.Mark.Tone}, {text: " "}}, Clean(r.Text), r.Tone, width)
}

// Gap is an empty line.
type Gap struct{}

func (Gap) lines(int) []line { return []line{{}} }
