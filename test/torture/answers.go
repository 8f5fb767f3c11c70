package torture

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	// quiet is how long a silent server says nothing.
	quiet = 10 * time.Second
	// heldBack is how long a conversation that nobody ends goes on before it
	// counts as answered.
	heldBack = 5 * time.Second
	// retryAfter is what a busy server asks for, in seconds.
	retryAfter = 1
)

type (
	connKey struct{}
	deedKey struct{}
)

// errDead ends an answer whose reader was killed.
var errDead = errors.New("the command was killed")

func keepConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// handler does to each request what was decided.
func (p *proxy) handler(forward http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		what := p.decide(r)
		switch what {
		case killBefore:
			p.killNow()
			panic(http.ErrAbortHandler)
		case reset:
			p.resets(r)
		case tooMany:
			w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
			refuse(w, http.StatusTooManyRequests, "TooManyRequests")
		case internal:
			refuse(w, http.StatusInternalServerError, "InternalError")
		case unavailable:
			refuse(w, http.StatusServiceUnavailable, "ServiceUnavailable")
		case gone:
			refuse(w, http.StatusGone, "Expired")
		case old:
			then, _ := p.past.of(r)
			then.tell(w)
		case silence:
			select {
			case <-time.After(quiet):
			case <-p.done:
			case <-r.Context().Done():
			}
			forward.ServeHTTP(w, r)
		case mute:
			select {
			case <-p.done:
			case <-r.Context().Done():
			}
			panic(http.ErrAbortHandler)
		default:
			forward.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), deedKey{}, what)))
		}
	})
}

// resets breaks the connection below the TLS, without a word.
func (p *proxy) resets(r *http.Request) {
	conn, _ := r.Context().Value(connKey{}).(net.Conn)
	if over, ok := conn.(*tls.Conn); ok {
		conn = over.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // it is closed in any case
	}
	if conn != nil {
		conn.Close()
	}
	panic(http.ErrAbortHandler)
}

// refuse answers as an API server does.
func refuse(w http.ResponseWriter, code int, reason string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"torture: %s","reason":%q,"code":%d}`, reason, reason, code)
}

// answered does to the server's answer what was decided.
func (p *proxy) answered(answer *http.Response) error {
	what, _ := answer.Request.Context().Value(deedKey{}).(deed)
	switch what {
	case killAfter:
		return p.killAnswered(answer)
	case half:
		body, err := io.ReadAll(answer.Body)
		if err != nil || streams(answer) {
			return err
		}
		answer.Body = &torn{Reader: bytes.NewReader(body[:len(body)/2])}
	case closed:
		answer.Body.Close()
		answer.Body = http.NoBody
	case skipped:
		skip(answer)
	default: // it is as it is
	}
	return p.keeps.keep(answer)
}

// killAnswered ends the command when the server has done its part. A watch has
// with its first byte, and a command in a pod when it has ended.
func (p *proxy) killAnswered(answer *http.Response) error {
	if answer.StatusCode == http.StatusSwitchingProtocols {
		conversation, ok := answer.Body.(io.ReadWriteCloser)
		if !ok {
			return errors.New("an upgrade without a connection")
		}
		answer.Body = &heard{ReadWriteCloser: conversation, then: p.killNow}
		return nil
	}
	defer answer.Body.Close()
	if streams(answer) {
		enough := time.AfterFunc(heldBack, func() { answer.Body.Close() })
		_, _ = answer.Body.Read(make([]byte, 1))
		enough.Stop()
	} else {
		_, _ = io.Copy(io.Discard, answer.Body)
	}
	p.killNow()
	return errDead
}

// streams tells an answer that has no end of its own.
func streams(answer *http.Response) bool {
	q := answer.Request.URL.Query()
	return answer.StatusCode == http.StatusSwitchingProtocols || q.Get("watch") == "true" || q.Get("follow") == "true"
}

// torn is an answer that breaks off.
type torn struct{ io.Reader }

func (t *torn) Read(data []byte) (int, error) {
	n, err := t.Reader.Read(data)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (t *torn) Close() error { return nil }

// heard is the server's side of a conversation, of which nothing is passed on.
// When the server ends it, or after a while, the command is killed.
type heard struct {
	io.ReadWriteCloser
	then func()
}

func (h *heard) Read([]byte) (int, error) {
	enough := time.AfterFunc(heldBack, func() { h.Close() })
	defer enough.Stop()
	_, _ = io.Copy(io.Discard, h.ReadWriteCloser)
	h.then()
	return 0, io.EOF
}
