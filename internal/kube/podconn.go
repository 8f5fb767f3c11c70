package kube

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/streaming/pkg/httpstream"
)

// openStream asks for one connection to a port: a stream for data and one on which the
// kubelet says what went wrong.
func openStream(conn httpstream.Connection, port string) (*podConn, error) {
	headers := http.Header{}
	headers.Set(corev1.PortHeader, port)
	headers.Set(corev1.PortForwardRequestIDHeader, "0")
	headers.Set(corev1.StreamType, corev1.StreamTypeError)
	failure, err := conn.CreateStream(headers)
	if err != nil {
		return nil, err
	}
	if err := failure.Close(); err != nil { // nothing is written to it
		return nil, err
	}
	headers.Set(corev1.StreamType, corev1.StreamTypeData)
	data, err := conn.CreateStream(headers)
	if err != nil {
		return nil, err
	}
	return &podConn{Stream: data, failure: failure, conn: conn}, nil
}

// podConn is a connection to a port of a pod.
type podConn struct {
	httpstream.Stream
	failure httpstream.Stream
	conn    httpstream.Connection
}

// Read gives what the pod sent; when that ends, what the kubelet has to say of it.
func (c *podConn) Read(data []byte) (int, error) {
	n, err := c.Stream.Read(data)
	if errors.Is(err, io.EOF) && n == 0 {
		if said, _ := io.ReadAll(io.LimitReader(c.failure, 4096)); len(said) > 0 {
			return 0, errors.New(strings.TrimSpace(string(said)))
		}
	}
	return n, err
}

// CloseWrite tells the pod that nothing more will come.
func (c *podConn) CloseWrite() error { return c.Stream.Close() }

// Close ends the port-forward.
func (c *podConn) Close() error { return c.conn.Close() }

// The rest of net.Conn: a stream has no addresses, and whoever waits for it closes it.

// LocalAddr is nowhere.
func (c *podConn) LocalAddr() net.Addr { return &net.TCPAddr{} }

// RemoteAddr is nowhere.
func (c *podConn) RemoteAddr() net.Addr { return &net.TCPAddr{} }

// SetDeadline does nothing.
func (c *podConn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (c *podConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (c *podConn) SetWriteDeadline(time.Time) error { return nil }
