package kube

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"
)

// The ways to a pod's port.
const (
	undecided int32 = iota
	byProxy
	byForward
)

// proxyPatience is how long the API server's proxy may take before another way is tried.
const proxyPatience = 5 * time.Second

// errNoWay says that the proxy of the API server does not get through to the pod.
var errNoWay = errors.New("the API server's proxy does not get through")

// pods is the Reach of a real cluster. Requests go through the API server's pod proxy, or
// where that is forbidden or does not get through, through a port-forward: whichever first
// reaches a pod is used for the rest of the run.
type pods struct {
	way      atomic.Int32
	proxy    getter
	forward  getter
	shows    func(ctx context.Context, at Endpoint) ([]*x509.Certificate, error)
	dial     func(ctx context.Context, at Endpoint) (net.Conn, error)
	exec     *executor
	patience time.Duration // proxyPatience, but in tests
}

// getter asks a pod over one way.
type getter interface {
	get(ctx context.Context, at Endpoint) (Answer, error)
}

func newPods(c *Client, api rest.Interface, transport *http.Client, streams *rest.Config) *pods {
	forward := newForward(c, api, streams)
	return &pods{
		proxy:    newProxy(c, api, transport),
		forward:  forward,
		shows:    forward.certificates,
		dial:     forward.connect,
		exec:     &executor{client: c, api: api, config: streams},
		patience: proxyPatience,
	}
}

// Get asks a pod over HTTP.
func (p *pods) Get(ctx context.Context, at Endpoint) (Answer, error) {
	switch p.way.Load() {
	case byProxy:
		answer, err := p.proxy.get(ctx, at)
		if errors.Is(err, errNoWay) {
			err = fmt.Errorf("%w: %w", ErrNotAnswering, err)
		}
		return answer, err
	case byForward:
		return p.forward.get(ctx, at)
	}
	answer, err := p.tryProxy(ctx, at)
	if err == nil {
		p.way.CompareAndSwap(undecided, byProxy)
	}
	if !IsForbidden(err) && !errors.Is(err, errNoWay) {
		return answer, err
	}
	answer, second := p.forward.get(ctx, at)
	if second == nil || errors.Is(second, ErrNotAnswering) {
		p.way.CompareAndSwap(undecided, byForward)
		return answer, second
	}
	if errors.Is(err, errNoWay) {
		return Answer{}, fmt.Errorf("%w: %w; %w", ErrNotAnswering, err, second)
	}
	return Answer{}, fmt.Errorf("%w; %w", err, second)
}

// tryProxy asks through the proxy without spending all the time there is on it.
func (p *pods) tryProxy(ctx context.Context, at Endpoint) (Answer, error) {
	patience := p.patience
	if end, limited := ctx.Deadline(); limited {
		patience = min(patience, time.Until(end)/2)
	}
	short, cancel := context.WithTimeoutCause(ctx, patience, errNoWay)
	defer cancel()
	answer, err := p.proxy.get(short, at)
	if err != nil && ctx.Err() == nil && short.Err() != nil {
		return Answer{}, errNoWay
	}
	return answer, err
}

// Certificates gives what a TLS server in a pod shows.
func (p *pods) Certificates(ctx context.Context, at Endpoint) ([]*x509.Certificate, error) {
	return p.shows(ctx, at)
}

// Dial opens a connection to a port of a pod.
func (p *pods) Dial(ctx context.Context, at Endpoint) (net.Conn, error) { return p.dial(ctx, at) }

// Exec runs a command in a container.
func (p *pods) Exec(ctx context.Context, cmd Command) (int, error) { return p.exec.run(ctx, cmd) }
