package kube

import (
	"net/http"
	"sync/atomic"
	"time"
)

// serverClock tells the time of the server, from the Date header of its answers: exact
// to about a second, whatever the local clock says. Before the first answer it is the
// local clock.
type serverClock struct {
	ahead atomic.Int64 // nanoseconds that the server's clock is ahead of ours
}

// now is the time on the server.
func (c *serverClock) now() time.Time {
	return time.Now().Add(time.Duration(c.ahead.Load()))
}

// listen hears the answers that go through next.
func (c *serverClock) listen(next http.RoundTripper) http.RoundTripper {
	return &clockTransport{clock: c, next: next}
}

type clockTransport struct {
	clock *serverClock
	next  http.RoundTripper
}

// RoundTrip takes note of the time in the answer.
func (t *clockTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if date, bad := http.ParseTime(resp.Header.Get("Date")); bad == nil {
		// The header is cut to the second: on average half a second is missing.
		t.clock.ahead.Store(int64(time.Until(date.Add(time.Second / 2))))
	}
	return resp, nil
}

// WrappedRoundTripper is how client-go finds the transport beneath.
func (t *clockTransport) WrappedRoundTripper() http.RoundTripper { return t.next }
