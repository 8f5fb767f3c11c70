//go:build !windows

package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// sizeChanges tells when the terminal has another size.
func sizeChanges(context.Context) (changes <-chan os.Signal, forget func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGWINCH)
	return signals, func() { signal.Stop(signals) }
}
