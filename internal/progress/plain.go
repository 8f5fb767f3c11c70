package progress

import (
	"io"
	"strings"
	"time"
)

// plain prints a dated line for each change that lasts, and never moves the
// cursor.
type plain struct {
	w        io.Writer
	palette  Palette
	board    *board
	interval time.Duration
	// said is the last text about a step or subject.
	said map[about]string
	now  func() time.Time
	// held is what steps and subjects are at, in order of time, printed only
	// if it takes a while.
	held []Event
	// spoke is when the last line was printed, by the clock now.
	spoke time.Time
	width int
	// frame is told the step of each line before it is printed, "" for the
	// command; nil: nobody wants to know.
	frame func(step string)
}

// about is what a line is about: a step, or a subject within it.
type about struct{ step, subject string }

// plainStep is the width of the longest step name of `up`, for alignment.
const plainStep = len("cleanup")

// patience is how long a step or a pod may be at something before a log needs
// to say so. Most things pass sooner, and their lines would only be in the way.
const patience = time.Second

func newPlain(w io.Writer, opts Options) *plain {
	return &plain{
		w: w, palette: NewPalette(opts.Color), board: newBoard(), interval: opts.Interval,
		said: map[about]string{}, now: opts.Now, width: plainStep,
	}
}

func (p *plain) event(e Event) {
	e = cleanNames(e)
	p.board.apply(e)
	switch e.State {
	case Plan:
		p.print(e.Time, "", phrase(e), Normal)
	case Note:
		p.note(e, phrase(e))
	case Created, Configured, Unchanged, Removed, Kept:
		p.forget(e) // counted in the step's last message
	case Running:
		p.forget(e)
		if e.Cause != nil {
			p.say(e)
			return
		}
		p.held = append(p.held, e)
	case Ready:
		p.forget(e)
		p.say(e)
	case Done, Skipped, Failed:
		p.end(e)
	}
}

// end says how a step or a subject ended. A step that ended well leaves
// nothing to say of its parts; one that failed says where each of them was,
// and the failure block that follows says the rest in full.
func (p *plain) end(e Event) {
	if e.Subject != "" {
		p.forget(e)
		p.say(e)
		return
	}
	for _, one := range p.take(func(h Event) bool { return h.Step == e.Step }) {
		if e.State == Failed && one.Subject != "" {
			p.say(later(one, e.Time))
		}
	}
	if e.State == Failed {
		return
	}
	if e.Message == "" {
		e.Message = string(e.State)
	}
	p.say(e)
}

// take removes the held events for which is holds, and returns them.
func (p *plain) take(is func(Event) bool) []Event {
	var taken, left []Event
	for _, e := range p.held {
		if is(e) {
			taken = append(taken, e)
		} else {
			left = append(left, e)
		}
	}
	p.held = left
	return taken
}

// forget drops what is held of the event's step or subject: it has moved on.
func (p *plain) forget(e Event) {
	p.take(func(h Event) bool { return h.Step == e.Step && h.Subject == e.Subject })
}

// say prints a line about a step or subject, unless it was the last one.
func (p *plain) say(e Event) {
	text := phrase(e)
	if e.Subject != "" {
		text = strings.TrimSpace(e.Subject + " " + text)
	}
	key := about{e.Step, e.Subject}
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

// tick says what a step or a pod has been at for a while, and gives a sign of
// life after too long a silence.
func (p *plain) tick(now time.Time) {
	for _, e := range p.take(func(h Event) bool { return now.Sub(h.Time) >= patience }) {
		if !isCount(e) {
			p.say(later(e, now))
		}
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

// isCount says whether an event only counts parts, which have lines of their
// own. Once all are there the step waits for something else, and says what.
func isCount(e Event) bool { return e.Subject == "" && e.Done < e.Total }

// later is the event as news of a later time: lines stand in order.
func later(e Event, when time.Time) Event {
	e.Time = when
	return e
}

func (p *plain) aside() {}
func (p *plain) close() {}

func (p *plain) print(at time.Time, step, text string, tone Tone) {
	if p.frame != nil {
		p.frame(step)
	}
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
