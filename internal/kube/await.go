package kube

import (
	"context"
	"errors"
	"time"
)

// Verdict is what a look at the world led to.
type Verdict struct {
	Done  bool
	Why   string        // what is still waited for; never empty unless Done
	Again time.Duration // look again after this even if nothing changed; 0: only on a change
}

// WaitError says that a wait ended before what it waited for was there. It unwraps to
// the cause of that end.
type WaitError struct {
	Why string // what was still waited for
	Err error  // context.Cause of the context
}

func (e *WaitError) Error() string {
	ended := e.Err.Error()
	switch {
	case errors.Is(e.Err, context.DeadlineExceeded):
		ended = "time is up"
	case errors.Is(e.Err, context.Canceled):
		ended = "interrupted"
	}
	return ended + " while waiting for " + e.Why
}

// Unwrap gives the cause.
func (e *WaitError) Unwrap() error { return e.Err }

// Await calls look at once, then after each wake and after Verdict.Again, until it says
// Done, gives an error, or ctx ends: then the error is a *WaitError. Everything in this
// program that waits is built on it, so that no wait can end without a word.
// A nil or closed wake never wakes.
func Await(ctx context.Context, wake <-chan struct{}, look func(context.Context) (Verdict, error)) error {
	why := "the first look"
	for {
		verdict, err := look(ctx)
		switch {
		case err != nil:
			return waitEnded(ctx, why, err)
		case verdict.Done:
			return nil
		}
		why = verdict.Why

		var again <-chan time.Time
		if verdict.Again > 0 {
			again = time.After(verdict.Again)
		}
		select {
		case <-ctx.Done():
			return &WaitError{Why: why, Err: context.Cause(ctx)}
		case _, open := <-wake:
			if !open {
				wake = nil
			}
		case <-again:
		}
	}
}

// waitEnded tells an error of look that only says that ctx has ended from one of its own.
func waitEnded(ctx context.Context, why string, err error) error {
	var inner *WaitError
	if ctx.Err() == nil || errors.As(err, &inner) {
		return err
	}
	cause := context.Cause(ctx)
	if errors.Is(err, ctx.Err()) || errors.Is(err, cause) {
		return &WaitError{Why: why, Err: cause}
	}
	return err
}
