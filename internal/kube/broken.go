package kube

import (
	"net/http"

	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// brokenError says that a connection ended in place of an answer. client-go asks
// ten times more when it sees that, a second apart, and each of our own tries
// would do so again: a minute until a server is given up that answers nobody. It
// does not recognise this type, for it hides what lies beneath.
type brokenError struct{}

func (brokenError) Error() string { return "the connection ended without an answer" }

// breaks hides broken connections from client-go, so that only retry asks again.
// Those of watches it may see: there it knows what to do.
func breaks(next http.RoundTripper) http.RoundTripper { return &breakTransport{next} }

type breakTransport struct{ next http.RoundTripper }

// RoundTrip changes nothing but such errors.
func (t *breakTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	broken := utilnet.IsProbableEOF(err) || utilnet.IsConnectionReset(err) || utilnet.IsHTTP2ConnectionLost(err)
	if broken && req.Context().Err() == nil && !req.URL.Query().Has("watch") {
		return nil, brokenError{}
	}
	return resp, err
}

// WrappedRoundTripper is how client-go finds the transport beneath.
func (t *breakTransport) WrappedRoundTripper() http.RoundTripper { return t.next }
