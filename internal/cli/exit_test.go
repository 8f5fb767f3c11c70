package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

func endedBy(t *testing.T, signal os.Signal) context.Context {
	t.Helper()
	ctx, end := context.WithCancelCause(t.Context())
	end(Interrupted{signal})
	return ctx
}

func TestExitCode_tellsTheWaysToEndApart(t *testing.T) {
	waited := &kube.WaitError{Why: "pods", Err: context.DeadlineExceeded}
	cases := map[string]struct {
		ctx  context.Context //nolint:containedctx // it is what the cases differ in
		err  error
		want int
	}{
		"done":                               {t.Context(), nil, 0},
		"failed":                             {t.Context(), &deploy.Error{Message: "m"}, 1},
		"unreachable":                        {t.Context(), &kube.UnreachableError{Err: errors.New("x")}, 1},
		"wrong use":                          {t.Context(), &usageError{}, 2},
		"timed out":                          {t.Context(), &deploy.Error{Kind: deploy.TimedOut}, 3},
		"timed out in a wait":                {t.Context(), waited, 3},
		"timed out, said by a verb":          {t.Context(), &deploy.Error{Message: "m", Err: waited}, 3},
		"lock not had":                       {t.Context(), fmt.Errorf("up: %w", &kube.LockedError{}), 3},
		"not healthy":                        {t.Context(), &exitError{exitNotHealthy}, 4},
		"refused":                            {t.Context(), fmt.Errorf("up: %w", &deploy.Error{Kind: deploy.Refused}), 5},
		"no cluster":                         {t.Context(), &deploy.Error{Kind: deploy.Absent}, 6},
		"SIGINT":                             {endedBy(t, os.Interrupt), context.Canceled, 130},
		"SIGTERM":                            {endedBy(t, syscall.SIGTERM), waited, 143},
		"SIGINT after all was done":          {endedBy(t, os.Interrupt), nil, 0},
		"SIGINT while it refused":            {endedBy(t, os.Interrupt), &deploy.Error{Kind: deploy.Refused}, 130},
		"ended, but by nobody that is known": {canceled(t), context.Canceled, 1},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			if got := exitCode(test.ctx, test.err); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func canceled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
