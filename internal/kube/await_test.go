package kube

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

func TestAwait_looksAtOnceThenOnWakeAndOnAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wake := make(chan struct{}, 1)
		start := time.Now()
		var looks []time.Duration
		err := Await(t.Context(), wake, func(context.Context) (Verdict, error) {
			looks = append(looks, time.Since(start))
			switch len(looks) {
			case 1:
				time.AfterFunc(3*time.Second, func() { wake <- struct{}{} })
				return Verdict{Why: "a wake"}, nil
			case 2:
				return Verdict{Why: "time", Again: 2 * time.Second}, nil
			}
			return Verdict{Done: true}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(looks) != 3 || looks[0] != 0 || looks[1] != 3*time.Second || looks[2] != 5*time.Second {
			t.Errorf("looked at %v, want at 0s, 3s and 5s", looks)
		}
	})
}

func TestAwait_saysWhatItStillWaitedForWhenTimeIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := Await(ctx, nil, func(context.Context) (Verdict, error) { return Verdict{Why: "pod/a to answer"}, nil })
		var wait *WaitError
		if !errors.As(err, &wait) || wait.Why != "pod/a to answer" || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %#v", err)
		}
		if got, want := err.Error(), "time is up while waiting for pod/a to answer"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestAwait_givesTheCauseOfACancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("signal: terminated")
	err := Await(ctx, nil, func(context.Context) (Verdict, error) {
		cancel(cause)
		return Verdict{Why: "anything"}, nil
	})
	var wait *WaitError
	if !errors.As(err, &wait) || !errors.Is(err, cause) {
		t.Fatalf("got %v", err)
	}
}

func TestAwait_tellsALookCutShortFromALookThatFailed(t *testing.T) {
	bad := errors.New("image not found")
	for name, test := range map[string]struct {
		err  error
		wait bool
	}{"cut short": {err: context.Canceled, wait: true}, "failed": {err: bad}} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			err := Await(ctx, nil, func(context.Context) (Verdict, error) {
				cancel()
				return Verdict{}, test.err
			})
			var wait *WaitError
			if errors.As(err, &wait) != test.wait || !errors.Is(err, test.err) {
				t.Errorf("got %#v", err)
			}
		})
	}
}

func TestAwait_doesNotSpinOnAClosedWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wake := make(chan struct{})
		close(wake)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		looks := 0
		_ = Await(ctx, wake, func(context.Context) (Verdict, error) {
			looks++
			return Verdict{Why: "nothing"}, nil
		})
		if looks != 2 {
			t.Errorf("looked %d times, want 2", looks)
		}
	})
}

func TestRetry_triesFiveTimesThenTellsTheError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, tries := time.Now(), 0
		err := retry(t.Context(), "pod/a", func(context.Context) error {
			tries++
			return apierrors.NewServiceUnavailable("etcd has no leader")
		})
		if !apierrors.IsServiceUnavailable(err) || tries != 5 || time.Since(start) != 3*time.Second {
			t.Errorf("%d tries in %v: %v", tries, time.Since(start), err)
		}
	})
}

func TestRetry_endsWithTheContextAndSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		err := retry(ctx, "pod/a", func(context.Context) error { return apierrors.NewServiceUnavailable("etcd has no leader") })
		if got, want := err.Error(), "time is up while waiting for pod/a: etcd has no leader"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestRetry_doesNotRepeatWhatIsSettled(t *testing.T) {
	for name, settled := range map[string]error{
		"absent":                     apierrors.NewNotFound(resource("pods"), "a"),
		"forbidden":                  apierrors.NewForbidden(resource("pods"), "a", errors.New("no")),
		"client-go waited ten times": apierrors.NewTooManyRequests("busy", 1),
	} {
		t.Run(name, func(t *testing.T) {
			tries := 0
			_ = retry(t.Context(), "pod/a", func(context.Context) error {
				tries++
				return settled
			})
			if tries != 1 {
				t.Errorf("%d tries", tries)
			}
		})
	}
}
