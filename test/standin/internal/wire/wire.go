// Package wire is the stand-in's own protocol on the SQL and RPC port: one
// JSON object a line, a request and its answer in turn. It has nothing to do
// with the protocols of the real program; only its own commands speak it.
package wire

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"
)

// Request is one question. Body depends on Op.
type Request struct {
	Op      string          `json:"op"`
	Cluster string          `json:"cluster,omitempty"` // cluster ID of the asking CockroachDB node
	From    int             `json:"from,omitempty"`    // its node ID
	Version string          `json:"version,omitempty"` // the series of its binary
	Body    json.RawMessage `json:"body,omitempty"`
}

// Response is one answer: Error or Body.
type Response struct {
	Error *Error          `json:"error,omitempty"`
	Body  json.RawMessage `json:"body,omitempty"`
}

// Error is an error as the other side worded it.
type Error struct {
	Code    string `json:"code,omitempty"` // SQLSTATE or gRPC code name
	Text    string `json:"text"`
	Details string `json:"details,omitempty"` // lines printed after the SQLSTATE
}

func (e *Error) Error() string { return e.Text }

// Errorf makes an Error with a code.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// AsError turns any error into one that can be sent.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Text: err.Error()}
}

// Conn reads and writes lines.
type Conn struct {
	net.Conn
	r *bufio.Reader
}

// NewConn wraps c.
func NewConn(c net.Conn) *Conn { return &Conn{Conn: c, r: bufio.NewReaderSize(c, 64<<10)} }

// Read makes Conn usable where bytes were already buffered.
func (c *Conn) Read(p []byte) (int, error) { return c.r.Read(p) }

// PeekByte returns the first unread byte.
func (c *Conn) PeekByte() (byte, error) {
	b, err := c.r.Peek(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

// Send writes v as one line.
func (c *Conn) Send(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = c.Write(append(b, '\n'))
	return err
}

// Receive reads one line into v.
func (c *Conn) Receive(v any) error {
	line, err := c.r.ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(line, v)
}

// Call sends req with body and reads the answer into out; out may be nil. A
// zero deadline waits for ever.
func (c *Conn) Call(req Request, body, out any, deadline time.Time) error {
	if err := c.SetDeadline(deadline); err != nil {
		return err
	}
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		req.Body = b
	}
	if err := c.Send(req); err != nil {
		return err
	}
	var resp Response
	if err := c.Receive(&resp); err != nil {
		return err
	}
	if resp.Error != nil {
		return resp.Error
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(resp.Body, out)
}
