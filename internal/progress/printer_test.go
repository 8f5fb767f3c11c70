package progress

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestPrinter_takesEventsFromManyAtOnceAndIsClosedMeanwhile(t *testing.T) {
	for _, mode := range []Mode{TTY, Plain, GitHub, JSON, None} {
		t.Run(string(mode), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newTerminal(t, 80, 24)
				p := New(m, Options{Mode: mode, Now: utc})
				var all sync.WaitGroup
				for i := range 8 {
					all.Go(func() {
						for n := range 20 {
							p.Report(pod("ready", fmt.Sprintf("cockroachdb-%d", i), Running, fmt.Sprintf("%d of 20", n)))
							<-time.After(time.Duration(i+1) * 200 * ms)
						}
					})
				}
				<-time.After(10 * time.Second)
				p.Close()
				before := len(m.writes())
				all.Wait()
				if len(m.writes()) != before {
					t.Errorf("%d writes after Close: %q", len(m.writes())-before, m.writes()[before:])
				}
				if wrote := before > 0; wrote != (mode != None) {
					t.Errorf("wrote %t", wrote)
				}
			})
		})
	}
}

// TestPrinter_endsItsGoroutineOnClose would not end in its bubble otherwise.
func TestPrinter_endsItsGoroutineOnClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b strings.Builder
		ticks := make(chan time.Time)
		own := New(&b, Options{Mode: TTY, Now: utc})
		given := New(&b, Options{Mode: TTY, Now: utc, Ticks: ticks})
		own.Close()
		given.Close()
		select {
		case ticks <- utc():
			t.Error("a tick was taken after Close")
		case <-time.After(time.Second):
		}
		if b.Len() > 0 {
			t.Errorf("a printer without events wrote %q", b.String())
		}
	})
}

func TestPrinter_survivesClosedTicksAndAPanickingClock(t *testing.T) {
	ticks := make(chan time.Time)
	close(ticks)
	var b strings.Builder
	now, broken := time.Date(2026, 11, 22, 14, 2, 11, 0, time.UTC), false
	p := New(&b, Options{Mode: TTY, Ticks: ticks, Now: func() time.Time {
		if broken {
			panic("on purpose")
		}
		return now
	}})
	p.Report(said("ready", Running, "0 of 3 pods"))
	broken = true
	func() {
		defer func() {
			if recover() == nil {
				t.Error("there was no panic")
			}
		}()
		p.Report(said("ready", Running, "1 of 3 pods"))
	}()
	p.Close() // must find the lock free
	fmt.Fprint(newTerminal(t, 80, 24), b.String())
}
