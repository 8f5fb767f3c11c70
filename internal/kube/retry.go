package kube

import (
	"context"
	"errors"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// A request that may be repeated is tried this often, with pauses of 0.2, 0.4, 0.8 and
// 1.6 s: long enough for a change of etcd's leader, short enough to be noticed.
const (
	maxTries   = 5
	firstPause = 200 * time.Millisecond
)

// retry makes a request that may be repeated until it succeeds, fails for good, or was
// tried often enough. what names it for a wait that ends in between.
func retry(ctx context.Context, what string, request func(context.Context) error) error {
	return retryIf(ctx, what, transient, request)
}

func retryIf(ctx context.Context, what string, again func(error) bool, request func(context.Context) error) error {
	if strings.HasPrefix(what, Secret.String()) {
		ctx = withoutBodies(ctx)
	}
	tries, pause := 0, firstPause
	return Await(ctx, nil, func(ctx context.Context) (Verdict, error) {
		err := request(ctx)
		if err == nil {
			return Verdict{Done: true}, nil
		}
		tries++
		if tries == maxTries || !again(err) {
			return Verdict{}, err
		}
		verdict := Verdict{Why: what + ": " + err.Error(), Again: pause}
		pause *= 2
		return verdict, nil
	})
}

// transient tells whether the same request may succeed a moment later. What the server
// answered with a time to wait is not: client-go has waited and asked ten times already.
func transient(err error) bool {
	if seconds, asked := apierrors.SuggestsClientDelay(err); asked && seconds > 0 {
		return false
	}
	return neverSent(err) || errors.As(err, new(brokenError)) ||
		apierrors.IsServerTimeout(err) || apierrors.IsServiceUnavailable(err) ||
		apierrors.IsTimeout(err) || apierrors.IsInternalError(err) || etcdBusy(err) ||
		utilnet.IsConnectionReset(err) || utilnet.IsProbableEOF(err) || utilnet.IsHTTP2ConnectionLost(err)
}

// neverSent tells whether the server certainly did nothing, so that even a request that
// must not be repeated can be.
func neverSent(err error) bool {
	return apierrors.IsTooManyRequests(err) || utilnet.IsConnectionRefused(err)
}

// etcdBusy: "etcdserver: leader changed" and the like come as 500 without a reason.
func etcdBusy(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) && status.Status().Code == 500
}
