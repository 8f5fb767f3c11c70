package progress

import (
	"io"
	"strings"
	"time"
)

// plain prints a dated line for each change, and never moves the cursor.
type plain struct {
	w        io.Writer
	palette  Palette
	board    *board
	interval time.Duration
	// said is the last text about a step or subject.
	said map[[2]string]string
	now  func() time.Time
	// held is what a step said it is at, printed only if it takes a while.
	held *Event
	// spoke is when the last line was printed, by the clock now.
	spoke time.Time
	width int
}

// plainStep is the width of the longest step name of `up`, for alignment.
const plainStep = len("cleanup")

func newPlain(w io.Writer, opts Options) *plain {
	return &plain{
		w: w, palette: NewPalette(opts.Color), board: newBoard(), interval: opts.Interval,
		said: map[[2]string]string{}, now: opts.Now, width: plainStep,
	}
}

func (p *plain) event(e Event) {
	e = cleanNames(e)
	p.board.apply(e)
	text := phrase(e)
	switch e.State {
	case Plan:
		p.print(e.Time, "", text, Normal)
		return
	case Note:
		p.note(e, text)
		return
	case Created, Configured, Unchanged, Removed, Kept:
		return // counted in the step's last message
	case Failed:
		if e.Subject == "" {
			return // the failure block follows, and says it in full
		}
	case Done, Skipped:
		if text == "" {
			text = string(e.State)
		}
	case Running:
		if e.Subject == "" {
			p.held = &e
			return
		}
	case Ready:
	}
	if e.Subject == "" {
		p.held = nil
	}
	p.say(e, text)
}

// say prints a line about a step or subject, unless it was the last one.
func (p *plain) say(e Event, text string) {
	if e.Subject != "" {
		text = strings.TrimSpace(e.Subject + " " + text)
	}
	key := [2]string{e.Step, e.Subject}
	if text == "" || p.said[key] == text {
		return
	}
	p.said[key] = text
	p.print(e.Time, e.Step, text, toneOf(e.State))
}

func (p *plain) note(e Event, text string) {
	if e.Subject != "" {
		text = e.Subject + " " + text
	}
	if e.Step == "" {
		p.print(e.Time, "note", text, Warn)
		return
	}
	p.print(e.Time, e.Step, "note: "+text, Warn)
}

// patience is how long a step may be at something before a log needs to say
// so. Most things pass sooner, and their lines would only be in the way.
const patience = time.Second

// tick says what a step has been at for a while, and gives a sign of life
// after too long a silence. Counts need no line: what they count has its own.
func (p *plain) tick(now time.Time) {
	if p.held != nil && p.held.Total == 0 && now.Sub(p.held.Time) >= patience {
		e := *p.held
		p.held = nil
		e.Time = now
		p.say(e, phrase(e))
	}
	if len(p.board.running) == 0 {
		return
	}
	step := p.board.running[len(p.board.running)-1]
	if now.Sub(p.spoke) < p.interval || now.Sub(step.began) < p.interval {
		return
	}
	text := "still waiting after " + wholeSeconds(now.Sub(step.began))
	if what := step.awaits(); what != "" {
		text += ": " + what
	}
	p.print(now, step.name, text, Normal)
}

func (p *plain) close() {}

func (p *plain) print(at time.Time, step, text string, tone Tone) {
	out := line{{text: at.Format(time.TimeOnly) + " "}}
	if step != "" {
		p.width = max(p.width, cellsOf(step))
		out = append(out, span{text: pad(step, p.width) + "  "})
	}
	out = append(out, span{text, tone})
	_, _ = io.WriteString(p.w, out.paint(p.palette)+"\n") // nobody is left to tell
	p.spoke = p.now()
}

// toneOf is the colour of what is said in a state.
func toneOf(s State) Tone {
	switch s {
	case Failed:
		return Bad
	case Ready:
		return Good
	case Skipped:
		return Dim
	case Note:
		return Warn
	case Plan, Running, Done, Created, Configured, Unchanged, Removed, Kept:
		return Normal
	}
	return Normal
}
