package kube

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
	"k8s.io/streaming/pkg/httpstream/wsstream"
)

// servePortForward is the far end of a port-forward over SPDY; websockets it does not know,
// like an older server.
func servePortForward(w http.ResponseWriter, req *http.Request, listens bool) {
	if req.Method != http.MethodPost {
		writeStatus(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, "you must use SPDY")
		return
	}
	if _, err := httpstream.Handshake(req, w, []string{portforward.PortForwardProtocolV1Name}); err != nil {
		return
	}
	streams := make(chan httpstream.Stream, 2)
	conn := spdy.NewResponseUpgrader().UpgradeResponse(w, req, func(s httpstream.Stream, _ <-chan struct{}) error {
		streams <- s
		return nil
	})
	if conn == nil {
		return
	}
	defer conn.Close()
	failure, data := <-streams, <-streams
	if !listens {
		_, _ = io.WriteString(failure, "error forwarding port 8080: connection refused\n")
		_ = failure.Close()
		_ = data.Close()
		<-conn.CloseChan()
		return
	}
	if strings.HasSuffix(req.URL.Path, "/secure/portforward") {
		_ = tls.Server(streamConn{Stream: data}, secure()).Handshake()
		<-conn.CloseChan()
		return
	}
	port, in := data.Headers().Get(corev1.PortHeader), bufio.NewReader(data)
	for {
		asked, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body := fmt.Sprintf("%s %s to port %s", asked.Method, asked.URL, port)
		_, _ = fmt.Fprintf(data, "HTTP/1.1 418 I'm a teapot\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
}

// streamConn is a stream as the far end sees it.
type streamConn struct {
	net.Conn
	httpstream.Stream
}

func (c streamConn) Read(b []byte) (int, error)  { return c.Stream.Read(b) }
func (c streamConn) Write(b []byte) (int, error) { return c.Stream.Write(b) }
func (c streamConn) Close() error                { return c.Stream.Close() }

// secure is what the pod named "secure" shows: the certificate of net/http/httptest.
func secure() *tls.Config {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	return &tls.Config{Certificates: server.TLS.Certificates}
}

// execServer runs "commands" over a websocket as an API server does: what end writes into
// the status stream is how the command ended.
func execServer(t *testing.T, end string) *Client {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, req *http.Request) {
		conn := wsstream.NewConn(map[string]wsstream.ChannelProtocolConfig{
			"v5.channel.k8s.io": {Binary: true, Channels: []wsstream.ChannelType{
				wsstream.ReadChannel, wsstream.WriteChannel, wsstream.WriteChannel, wsstream.WriteChannel, wsstream.ReadChannel,
			}},
		})
		_, channels, err := conn.Open(w, req)
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(channels[1], strings.Join(req.URL.Query()["command"], " "))
		_, _ = io.WriteString(channels[2], "to "+req.URL.Query().Get("container"))
		_, _ = io.WriteString(channels[3], end)
	})
}

func initCommand() Command {
	return Command{Namespace: "db", Pod: "cockroachdb-0", Container: "db", Args: []string{"/cockroach/cockroach", "init"}}
}

func TestExec_givesOutputAndExitCode(t *testing.T) {
	for name, test := range map[string]struct {
		end  string
		code int
	}{
		"success": {end: `{"status":"Success"}`},
		"failure": {end: `{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"7"}]}}`, code: 7},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			cmd := initCommand()
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			code, err := execServer(t, test.end).Exec(t.Context(), cmd)
			if err != nil || code != test.code {
				t.Errorf("got %d, %v", code, err)
			}
			if stdout.String() != "/cockroach/cockroach init" || stderr.String() != "to db" {
				t.Errorf("out %q, err %q", &stdout, &stderr)
			}
		})
	}
}

func TestExec_isRetryableJustAfterAStart(t *testing.T) {
	message := `unable to upgrade connection: container not found ("db")`
	inBand := `{"status":"Failure","code":500,"reason":"InternalError","message":"Internal error occurred: unable to upgrade connection: container not found (\"db\")"}`
	if _, err := execServer(t, inBand).Exec(t.Context(), initCommand()); !errors.Is(err, ErrNotRunning) {
		t.Errorf("said in the stream: got %v", err)
	}
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		writeStatus(w, http.StatusInternalServerError, metav1.StatusReasonInternalError, message)
	})
	if _, err := c.Exec(t.Context(), initCommand()); !errors.Is(err, ErrNotRunning) {
		t.Errorf("said before it: got %v", err)
	}
}

func TestExec_thatBrokeOffIsNoExitCode(t *testing.T) {
	_, err := execServer(t, `{"status":"Failure","message":"container was killed"}`).Exec(t.Context(), initCommand())
	if err == nil || errors.Is(err, ErrNotRunning) {
		t.Errorf("got %v", err)
	}
}

func TestExec_keepsTheServersRefusalRecognisable(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		writeStatus(w, http.StatusForbidden, metav1.StatusReasonForbidden,
			`pods "cockroachdb-0" is forbidden: User "ann" cannot create resource "pods/exec" in API group "" in the namespace "db"`)
	})
	_, err := c.Exec(t.Context(), initCommand())
	if want := "forbidden: create pods/exec in namespace db"; !IsForbidden(err) || err.Error() != want {
		t.Errorf("forbidden: got %v", err)
	}
	c = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		writeStatus(w, http.StatusNotFound, metav1.StatusReasonNotFound, `pods "cockroachdb-0" not found`)
	})
	if _, err := c.Exec(t.Context(), initCommand()); !IsGone(err) {
		t.Errorf("missing: got %v", err)
	}
}

func TestTap_passesNothingOnAfterItIsClosed(t *testing.T) {
	var sink bytes.Buffer
	tap := newTap(&sink)
	_, _ = tap.Write([]byte("before"))
	tap.close()
	if _, err := tap.Write([]byte("after")); err == nil || sink.String() != "before" {
		t.Errorf("got %q, %v", &sink, err)
	}
}
