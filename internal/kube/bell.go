package kube

import (
	"sync"
	"time"
)

// burst is how long a bell waits for more of the same before it rings.
const burst = 20 * time.Millisecond

// bell makes one wake out of a burst of changes.
type bell struct {
	rung chan struct{}

	mu     sync.Mutex
	timer  *time.Timer // set while a ring is due
	silent bool
}

func newBell() *bell { return &bell{rung: make(chan struct{}, 1)} }

// ring asks for a wake; it never blocks.
func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer == nil && !b.silent {
		b.timer = time.AfterFunc(burst, b.strike)
	}
}

func (b *bell) strike() {
	b.mu.Lock()
	b.timer = nil
	b.mu.Unlock()
	select {
	case b.rung <- struct{}{}:
	default: // a wake is waiting already
	}
}

// silence ends the bell: no ring is due after it.
func (b *bell) silence() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.silent = true
	if b.timer != nil {
		b.timer.Stop()
	}
}
