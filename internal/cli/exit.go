package cli

import (
	"context"
	"errors"
	"os"
	"syscall"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// Exit codes. docs/exit-codes.md says the same for users.
const (
	exitDone       = 0
	exitFailed     = 1
	exitWrongUse   = 2
	exitTimedOut   = 3
	exitNotHealthy = 4
	exitRefused    = 5
	exitNoCluster  = 6
	exitDiffers    = 10
	exitSIGINT     = 130
	exitSIGTERM    = 143
)

// exitError ends the program with a code and without another word: what there
// was to say has been said.
type exitError struct{ code int }

func (e *exitError) Error() string { return "" }

// exitCode is what an error means to the caller's shell.
func exitCode(ctx context.Context, err error) int {
	var interrupted Interrupted
	var wrong *usageError
	var silent *exitError
	var locked *kube.LockedError
	var own *deploy.Error
	var command *commandError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &silent):
		return silent.code
	case errors.As(context.Cause(ctx), &interrupted):
		return signalCode(interrupted.Signal)
	case errors.As(err, &wrong):
		return exitWrongUse
	case errors.As(err, &command):
		return command.code
	case errors.As(err, &locked):
		return exitTimedOut
	case errors.As(err, &own) && own.Kind != deploy.Failed:
		return kindCode(own.Kind)
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimedOut
	}
	return exitFailed
}

// interruption is the signal that has ended ctx.
func interruption(ctx context.Context) (Interrupted, bool) {
	return errors.AsType[Interrupted](context.Cause(ctx))
}

func kindCode(kind deploy.Kind) int {
	switch kind {
	case deploy.Refused:
		return exitRefused
	case deploy.TimedOut:
		return exitTimedOut
	case deploy.Absent:
		return exitNoCluster
	case deploy.Failed:
	}
	return exitFailed
}

func signalCode(signal os.Signal) int {
	if signal == syscall.SIGTERM {
		return exitSIGTERM
	}
	return exitSIGINT
}
