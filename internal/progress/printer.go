package progress

import (
	"io"
	"sync"
	"time"
)

// Options say how progress is printed. The zero value prints plain lines
// without colour.
type Options struct {
	// Mode is how; Auto must have been resolved with Choose and is else Plain.
	Mode Mode
	// Color is when; ColorAuto must have been resolved with ChooseColor and is
	// else ColorNever.
	Color ColorMode
	// Width and Height tell the size of the terminal in cells, and are asked
	// before each frame. nil, or 0 as the answer: 80 wide, 24 high.
	Width, Height func() int
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Ticks drive the spinner and the sign of life; nil: a ticker of our own,
	// every 100 ms on a terminal and every second else.
	Ticks <-chan time.Time
	// Interval is the longest silence of Plain while a step runs; 0: 30 s.
	Interval time.Duration
}

const (
	frameTime       = 100 * time.Millisecond
	plainTick       = time.Second
	defaultInterval = 30 * time.Second
	defaultWidth    = 80
	defaultHeight   = 24
)

// Printer shows events. Its methods may be called from several goroutines.
type Printer struct {
	now     func() time.Time
	stop    chan struct{}
	stopped chan struct{}

	mu     sync.Mutex
	show   display
	closed bool
	// away: somebody else has the stream; missed is what was reported meanwhile.
	away   bool
	missed []Event
}

// display is one way to show events. The Printer's lock is held around every
// call, and an event's Time is set.
type display interface {
	event(e Event)
	tick(now time.Time)
	aside()
	close()
}

// New makes the printer for the mode. Close shows what was not shown yet and
// ends its goroutine; the terminal is as it was found without it, too.
func New(w io.Writer, opts Options) *Printer {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Interval <= 0 {
		opts.Interval = defaultInterval
	}
	p := &Printer{now: opts.Now, stop: make(chan struct{}), stopped: make(chan struct{})}
	period := time.Duration(0)
	switch opts.Mode {
	case TTY:
		p.show, period = newTTY(w, opts), frameTime
	case JSON:
		p.show = &jsonLines{w: w}
	case None:
		p.show = silence{}
	case GitHub:
		p.show, period = newFolded(w, opts, github{}), min(plainTick, opts.Interval)
	case GitLab:
		p.show, period = newFolded(w, opts, gitlab{}), min(plainTick, opts.Interval)
	case Auto, Plain:
		p.show, period = newPlain(w, opts), min(plainTick, opts.Interval)
	default:
		p.show, period = newPlain(w, opts), min(plainTick, opts.Interval)
	}
	p.startTicking(opts.Ticks, period)
	return p
}

// startTicking lets the display know that time passes; a period of 0 means
// that it does not care.
func (p *Printer) startTicking(ticks <-chan time.Time, period time.Duration) {
	if period == 0 {
		close(p.stopped)
		return
	}
	release := func() {}
	if ticks == nil {
		ticker := time.NewTicker(period)
		ticks, release = ticker.C, ticker.Stop
	}
	go func() {
		defer close(p.stopped)
		defer release()
		for {
			select {
			case <-p.stop:
				return
			case _, ok := <-ticks:
				if !ok {
					return
				}
				p.tick()
			}
		}
	}()
}

func (p *Printer) tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed && !p.away {
		p.show.tick(p.now())
	}
}

// Report shows one event. After Close it does nothing.
func (p *Printer) Report(e Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	if e.Time.IsZero() {
		e.Time = p.now()
	}
	if p.away {
		p.missed = append(p.missed, e)
		return
	}
	p.show.event(e)
}

// Aside lets somebody else have the stream, such as a question and its
// answer: while other runs nothing is shown, and what is repainted was taken
// off the terminal before. Events that come meanwhile are shown afterwards.
func (p *Printer) Aside(other func()) {
	p.leave()
	defer p.comeBack()
	other()
}

func (p *Printer) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = true
	if !p.closed {
		p.show.aside()
	}
}

func (p *Printer) comeBack() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = false
	for _, e := range p.missed {
		if !p.closed {
			p.show.event(e)
		}
	}
	p.missed = nil
}

// Close ends the display. Nothing is printed after it; a second call does
// nothing.
func (p *Printer) Close() {
	if p.end() {
		close(p.stop)
	}
	<-p.stopped
}

// end says whether this call was the one that closed the display.
func (p *Printer) end() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.closed = true
	p.show.close()
	return true
}

// silence is --progress=none.
type silence struct{}

func (silence) event(Event)    {}
func (silence) tick(time.Time) {}
func (silence) aside()         {}
func (silence) close()         {}
