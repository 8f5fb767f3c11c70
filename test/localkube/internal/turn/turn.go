// Package turn lets one localkube at a time do what the whole host has once.
package turn

import (
	"context"
	"fmt"
	"net"
	"time"
)

// Take waits until no other process of this host is at the same work, such as
// "choosing addresses", and keeps others from it until release is called or
// this process ends. It leaves nothing behind.
func Take(ctx context.Context, work string) (release func(), err error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		listener, err := net.Listen("unix", "@localkube "+work)
		if err == nil {
			return func() { _ = listener.Close() }, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("another localkube is %s: %w", work, context.Cause(ctx))
		case <-tick.C:
		}
	}
}
