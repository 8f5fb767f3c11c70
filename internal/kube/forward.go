package kube

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"
)

// forwardIdle is how long a port-forward is kept for the next request.
const forwardIdle = 10 * time.Second

// forward reaches pods through port-forwards that listen nowhere: HTTP is spoken on the
// stream itself.
type forward struct {
	client *Client
	api    rest.Interface
	config *rest.Config
	http   *http.Client
}

func newForward(c *Client, api rest.Interface, config *rest.Config) *forward {
	f := &forward{client: c, api: api, config: config}
	f.http = &http.Client{
		Transport: &http.Transport{
			DialContext: f.dial,
			// As with the pod proxy, which does not look at certificates either, the pod is
			// known by the API server's word.
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
			IdleConnTimeout: forwardIdle,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return f
}

func (f *forward) get(ctx context.Context, at Endpoint) (Answer, error) {
	subject := Ref{Kind: Pod, Name: at.Pod}.String()
	address := url.URL{
		Scheme: at.scheme(), Path: at.Path, RawQuery: at.Query.Encode(),
		Host: net.JoinHostPort(at.Pod+"."+at.Namespace, strconv.Itoa(at.Port)),
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return Answer{}, about(subject, err)
	}
	answer, err := fetch(f.http, req)
	var dialled *dialError
	switch {
	case err == nil:
		return answer, nil
	case ctx.Err() != nil:
		return Answer{}, about(subject, withoutURL(err))
	case errors.As(err, &dialled):
		return Answer{}, f.client.explain(ctx, subject, dialled.err)
	}
	// The stream stood: what went wrong was between the kubelet and the port.
	return Answer{}, about(subject, fmt.Errorf("%w: %w", ErrNotAnswering, withoutURL(err)))
}

// certificates shakes hands in TLS, and looks at what is shown without judging it.
func (f *forward) certificates(ctx context.Context, at Endpoint) ([]*x509.Certificate, error) {
	subject := Ref{Kind: Pod, Name: at.Pod}.String()
	stream, err := f.connect(ctx, at)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	conn := tls.Client(stream, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // what it shows is the question
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, about(subject, fmt.Errorf("%w: %w", ErrNotAnswering, err))
	}
	return conn.ConnectionState().PeerCertificates, nil
}

// connect opens a connection to a port of a pod.
func (f *forward) connect(ctx context.Context, at Endpoint) (net.Conn, error) {
	conn, err := f.dial(ctx, "", net.JoinHostPort(at.Pod+"."+at.Namespace, strconv.Itoa(at.Port)))
	if err == nil {
		return conn, nil
	}
	if dialled, ok := errors.AsType[*dialError](err); ok {
		err = dialled.err
	}
	return nil, f.client.explain(ctx, Ref{Kind: Pod, Name: at.Pod}.String(), err)
}

// dialError says that there is no port-forward, as opposed to one whose far end does not
// answer.
type dialError struct{ err error }

func (e *dialError) Error() string { return e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

// dial opens a port-forward to "POD.NAMESPACE:PORT" and a stream in it. The dialers of
// client-go know no context: one that is given up ends by itself, unheard.
func (f *forward) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, &dialError{err}
	}
	pod, namespace, _ := cutLast(host, ".")
	type result struct {
		conn net.Conn
		err  error
	}
	results, wake := make(chan result, 1), make(chan struct{}, 1)
	go func() {
		conn, err := f.open(namespace, pod, port)
		results <- result{conn, err}
		wake <- struct{}{}
	}()
	var got result
	received := false
	err = Await(ctx, wake, func(context.Context) (Verdict, error) {
		select {
		case got = <-results:
			received = true
			return Verdict{Done: true}, got.err
		default:
			return Verdict{Why: "a port-forward to pod/" + pod}, nil
		}
	})
	if err == nil {
		return got.conn, nil
	}
	if !received {
		go func() {
			if late := <-results; late.conn != nil {
				late.conn.Close()
			}
		}()
	}
	return nil, &dialError{err}
}

func (f *forward) open(namespace, pod, port string) (net.Conn, error) {
	address := f.api.Post().Namespace(namespace).Resource("pods").Name(pod).SubResource("portforward").URL()
	transport, upgrader, err := spdy.RoundTripperFor(f.config)
	if err != nil {
		return nil, err
	}
	direct := spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, http.MethodPost, address)
	tunnel, err := portforward.NewSPDYOverWebsocketDialerForStreaming(address, f.config)
	if err != nil {
		return nil, err
	}
	var conn httpstream.Connection
	over := func(dialer httpstream.Dialer) func() error {
		return func() (err error) {
			conn, _, err = dialer.Dial(portforward.PortForwardProtocolV1Name)
			return err
		}
	}
	if err := overBoth(over(tunnel), over(direct)); err != nil {
		return nil, err
	}
	stream, err := openStream(conn, port)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return stream, nil
}

// cutLast cuts text at the last sep.
func cutLast(text, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(text, sep); i >= 0 {
		return text[:i], text[i+len(sep):], true
	}
	return text, "", false
}
