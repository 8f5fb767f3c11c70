package kube

import (
	"errors"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/streaming/pkg/httpstream"
)

// overBoth opens a stream over a websocket, and where the server, or a proxy before it,
// does not take one up, over SPDY.
func overBoth(websocket, spdy func() error) error {
	first := websocket()
	if !httpstream.IsUpgradeFailure(first) && !httpstream.IsHTTPSProxyError(first) {
		return first
	}
	second := spdy()
	// SPDY reports a refusal as mere text: the same refusal of the websocket is better.
	var upgrade *httpstream.UpgradeFailureError
	var status *apierrors.StatusError
	if second != nil && errors.As(first, &upgrade) && errors.As(upgrade.Cause, &status) &&
		strings.Contains(second.Error(), status.ErrStatus.Message) {
		return status
	}
	return second
}
