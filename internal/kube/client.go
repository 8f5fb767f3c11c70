package kube

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Client talks to one API server.
type Client struct {
	clientset kubernetes.Interface
	pods      Reach
	server    string       // as the configuration names it; empty in tests
	clock     *serverClock // what time it is on the server
}

// New makes a client for the server of cfg, with its user agent. It connects nothing yet.
//
// One transport serves the clientset and the requests to pods; exec and port-forward have
// to open connections of their own. The client-side rate limit is lifted (the server has
// its own), built-in kinds travel as protobuf, and warnings of the server are not printed.
func New(cfg *rest.Config) (*Client, error) {
	streams := rest.CopyConfig(cfg)
	cfg = rest.CopyConfig(cfg)
	cfg.QPS, cfg.RateLimiter = -1, nil
	cfg.ContentType = "application/vnd.kubernetes.protobuf"
	cfg.AcceptContentTypes = cfg.ContentType + ",application/json"
	cfg.WarningHandler, cfg.WarningHandlerWithContext = rest.NoWarnings{}, rest.NoWarnings{}
	clock := &serverClock{}
	cfg.Wrap(clock.listen)
	cfg.Wrap(breaks)

	transport, err := rest.HTTPClientFor(cfg)
	if err != nil {
		return nil, fmt.Errorf("connection settings: %w", err)
	}
	clientset, err := kubernetes.NewForConfigAndClient(cfg, transport)
	if err != nil {
		return nil, fmt.Errorf("connection settings: %w", err)
	}
	c := &Client{clientset: clientset, server: cfg.Host, clock: clock}
	c.pods = newPods(c, clientset.CoreV1().RESTClient(), transport, streams)
	return c, nil
}

// NewWith is the seam for tests: any clientset and any way to reach pods.
func NewWith(clientset kubernetes.Interface, pods Reach) *Client {
	return &Client{clientset: clientset, pods: pods, clock: &serverClock{}}
}

// Ahead is how far the server's clock is ahead of ours, to about a second; 0 before its
// first answer.
func (c *Client) Ahead() time.Duration { return time.Duration(c.clock.ahead.Load()) }

// Get asks a pod over HTTP; see Reach.
func (c *Client) Get(ctx context.Context, at Endpoint) (Answer, error) { return c.pods.Get(ctx, at) }

// Certificates gives what a TLS server in a pod shows; see Reach.
func (c *Client) Certificates(ctx context.Context, at Endpoint) ([]*x509.Certificate, error) {
	return c.pods.Certificates(ctx, at)
}

// Dial opens a connection to a port of a pod; see Reach.
func (c *Client) Dial(ctx context.Context, at Endpoint) (net.Conn, error) {
	return c.pods.Dial(ctx, at)
}

// Exec runs a command in a container; see Reach.
func (c *Client) Exec(ctx context.Context, cmd Command) (int, error) { return c.pods.Exec(ctx, cmd) }
