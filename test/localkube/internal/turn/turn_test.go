package turn

import (
	"context"
	"testing"
	"time"
)

func TestTake_letsOneInAtATime(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	work := "at " + t.TempDir()
	release, err := Take(ctx, work)
	if err != nil {
		t.Fatal(err)
	}
	short, cancelShort := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancelShort()
	if _, err := Take(short, work); err == nil {
		t.Error("two are at it")
	}
	other, err := Take(ctx, work+" too")
	if err != nil {
		t.Fatal(err)
	}
	other()
	release()
	again, err := Take(ctx, work)
	if err != nil {
		t.Fatal(err)
	}
	again()
}
