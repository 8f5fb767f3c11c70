package cli

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestDeadline_doesNotRunWhileSomebodyIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, cancel := limited(t.Context(), time.Minute)
		defer cancel()
		child, release := context.WithCancel(d)
		defer release()
		<-time.After(50 * time.Second)
		resume := d.pause()
		<-time.After(time.Hour)
		resume()
		<-time.After(9 * time.Second)
		synctest.Wait()
		if err := child.Err(); err != nil {
			t.Fatalf("ended early: %v", err)
		}
		<-time.After(2 * time.Second)
		synctest.Wait()
		if !errors.Is(d.Err(), context.DeadlineExceeded) || !errors.Is(child.Err(), context.DeadlineExceeded) || !errors.Is(context.Cause(child), context.DeadlineExceeded) {
			t.Errorf("it: %v, its child: %v, cause %v", d.Err(), child.Err(), context.Cause(child))
		}
	})
}

func TestDeadline_endsWithWhatItIsFor(t *testing.T) {
	parent, end := context.WithCancelCause(t.Context())
	d, cancel := limited(parent, 0)
	defer cancel()
	end(errTest)
	<-d.Done()
	if !errors.Is(context.Cause(d), errTest) || !errors.Is(d.Err(), context.Canceled) {
		t.Errorf("%v, cause %v", d.Err(), context.Cause(d))
	}
	d.pause()()
}

var errTest = errors.New("the end")

func TestDeadline_isReleased(t *testing.T) {
	d, cancel := limited(t.Context(), time.Hour)
	cancel()
	cancel()
	if !errors.Is(d.Err(), context.Canceled) {
		t.Errorf("got %v", d.Err())
	}
}
