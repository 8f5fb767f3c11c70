package kube

import (
	"context"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// unauthorisedOnce: credentials that a plugin renews are refused once when they expire.
// Refused again within this time they are bad.
const unauthorisedOnce = time.Minute

// feed is what is known of the watch of one kind.
type feed struct {
	source source
	client *Client
	store  *store
	stop   context.CancelFunc
	ring   func()

	mu           sync.Mutex
	unauthorised time.Time // last seen
	failed       error     // ends the wait
	given        bool      // not allowed, and done without
	broken       error     // the server is not heard
}

// ended takes note of a request of the watch, and of what it says about the
// server and about us.
func (f *feed) ended(ctx context.Context, err error) {
	f.heard(ctx, err)
	if err != nil {
		f.refused(ctx, err)
	}
}

// heard takes note of how a request ended.
func (f *feed) heard(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		if err = f.client.explain(ctx, f.source.resource, err); !IsUnreachable(err) && !transient(err) {
			return
		}
	}
	f.mu.Lock()
	changed := (f.broken == nil) != (err == nil)
	f.broken = err
	f.mu.Unlock()
	if changed {
		f.ring()
	}
}

// refused takes note of an error that ended a watch.
func (f *feed) refused(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	explained := f.client.explain(ctx, f.source.resource, err)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case IsForbidden(explained) && f.source.optional:
		f.given = true
		f.stop()
	case apierrors.IsForbidden(err):
		f.failed = explained
	case IsCredentials(explained):
		if now := time.Now(); f.unauthorised.IsZero() || now.Sub(f.unauthorised) > unauthorisedOnce {
			f.unauthorised = now
			return
		}
		f.failed = explained
	default:
		return
	}
	f.ring()
}

func (f *feed) failure() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

func (f *feed) trouble() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.broken
}

func (f *feed) ready() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.given || f.store.listed()
}
