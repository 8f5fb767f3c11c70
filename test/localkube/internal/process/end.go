package process

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"
)

// look is how often a process is looked at while its end is awaited: there is
// no notice of the end of a process that is not a child.
const look = 10 * time.Millisecond

// End sends SIGTERM, after grace SIGKILL, and returns when all are gone. With
// a grace of 0 it is SIGKILL at once.
func End(ctx context.Context, refs []Ref, grace time.Duration) error {
	if grace > 0 {
		if err := signalAll(refs, syscall.SIGTERM); err != nil {
			return err
		}
		soft, cancel := context.WithTimeout(ctx, grace)
		left := await(soft, refs)
		cancel()
		if len(left) == 0 {
			return nil
		}
		refs = left
	}
	if err := signalAll(refs, syscall.SIGKILL); err != nil {
		return err
	}
	hard, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if left := await(hard, refs); len(left) > 0 {
		return fmt.Errorf("still there after SIGKILL: %s", names(left))
	}
	return nil
}

func signalAll(refs []Ref, signal syscall.Signal) error {
	var faults []error
	for _, r := range refs {
		if err := r.Kill(signal); err != nil {
			faults = append(faults, fmt.Errorf("%s (pid %d): %w", r.Name, r.PID, err))
		}
	}
	return errors.Join(faults...)
}

// await returns those that still live when all are gone or ctx ends.
func await(ctx context.Context, refs []Ref) []Ref {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		var left []Ref
		for _, r := range refs {
			if r.Alive() {
				left = append(left, r)
			}
		}
		if len(left) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return left
		case <-tick.C:
			refs = left
		}
	}
}

func names(refs []Ref) string {
	var all []string
	for _, r := range refs {
		all = append(all, fmt.Sprintf("%s (pid %d)", r.Name, r.PID))
	}
	return strings.Join(all, ", ")
}
