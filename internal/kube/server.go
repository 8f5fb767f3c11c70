package kube

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/discovery"
)

// firstAnswer is how long the very first answer of a server may take. A wrong address
// often gives no answer at all.
const firstAnswer = 10 * time.Second

var errNoAnswer = errors.New("no answer within 10 seconds")

// ServerVersion asks the server for its version. It is the first thing to ask: its
// errors are told apart (*UnreachableError, *CredentialsError), and it waits 10 seconds
// at most.
func (c *Client) ServerVersion(ctx context.Context) (*version.Info, error) {
	limited, cancel := context.WithTimeoutCause(ctx, firstAnswer, errNoAnswer)
	defer cancel()
	again := func(err error) bool { return transient(err) && !utilnet.IsConnectionRefused(err) }

	var info *version.Info
	server := discovery.ToDiscoveryInterfaceWithContext(c.clientset.Discovery())
	err := retryIf(limited, "API server", again, func(ctx context.Context) (err error) {
		info, err = server.ServerVersionWithContext(ctx)
		return err
	})
	if errors.Is(err, errNoAnswer) {
		return nil, &UnreachableError{Server: c.server, Err: errNoAnswer}
	}
	if apierrors.IsForbidden(err) { // the discovery client drops the server's words
		return nil, &ForbiddenError{Verb: "get", Resource: "/version", Err: err}
	}
	return info, c.explain(ctx, "API server", err)
}
