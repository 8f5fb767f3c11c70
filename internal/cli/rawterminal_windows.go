package cli

import (
	"context"
	"os"
)

// sizeChanges tells nothing: there is no signal for it on Windows.
func sizeChanges(context.Context) (changes <-chan os.Signal, forget func()) {
	return nil, func() {}
}
