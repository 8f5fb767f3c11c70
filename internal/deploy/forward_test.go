package deploy

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Dial opens a connection as the test wants it.
func (w *world) Dial(_ context.Context, at kube.Endpoint) (net.Conn, error) {
	if w.dials == nil {
		return nil, kube.ErrNotAnswering
	}
	return w.dials(at)
}

// echoes lets each pod say its name for each line that comes, until it is told
// to refuse.
type echoes struct {
	mu      sync.Mutex
	refuses map[string]bool
}

func (e *echoes) dial(at kube.Endpoint) (net.Conn, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.refuses[at.Pod] {
		return nil, errors.New("pod/" + at.Pod + ": no route")
	}
	ours, theirs := net.Pipe()
	go func() {
		defer theirs.Close()
		for lines := bufio.NewScanner(theirs); lines.Scan(); {
			if _, err := io.WriteString(theirs, at.Pod+" heard "+lines.Text()+"\n"); err != nil {
				return
			}
		}
	}()
	return ours, nil
}

func (e *echoes) refuse(pod string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.refuses[pod] = true
}

// forwarded runs a forward to the pods of a running cluster.
func (w *world) forwarded(during func(ctx context.Context, address, pod string) error) ([]progress.Event, error) {
	w.Helper()
	access, err := Open(w.Context(), w.client, target())
	wantNoError(w.T, err)
	listener, err := (&net.ListenConfig{}).Listen(w.Context(), "tcp", "127.0.0.1:0")
	wantNoError(w.T, err)
	var mu sync.Mutex
	var events []progress.Event
	err = access.Forward(w.Context(), Forwarding{
		Port: 26257, Listeners: []net.Listener{listener}, Now: time.Now,
		Report: func(e progress.Event) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, e)
		},
	}, func(ctx context.Context, pod string) error {
		return during(ctx, listener.Addr().String(), pod)
	})
	mu.Lock()
	defer mu.Unlock()
	return events, err
}

// client is a connection through the forward.
type client struct {
	*testing.T
	net.Conn
	lines *bufio.Reader
}

func (w *world) connect(address string) *client {
	w.Helper()
	conn, err := (&net.Dialer{}).DialContext(w.Context(), "tcp", address)
	wantNoError(w.T, err)
	wantNoError(w.T, conn.SetDeadline(time.Now().Add(20*time.Second)))
	w.Cleanup(func() { conn.Close() })
	return &client{w.T, conn, bufio.NewReader(conn)}
}

// says sends a line and gives the answer.
func (c *client) says(line string) (string, error) {
	if _, err := io.WriteString(c.Conn, line+"\n"); err != nil {
		return "", err
	}
	answer, err := c.lines.ReadString('\n')
	return strings.TrimSpace(answer), err
}

func (c *client) hears(line, want string) {
	c.Helper()
	if got, err := c.says(line); got != want || err != nil {
		c.Errorf("%q was answered %q (%v), want %q", line, got, err, want)
	}
}

func (w *world) removePod(name string) {
	w.Helper()
	wantNoError(w.T, w.tracker.Delete(podResource(), "default", name))
}

func running(t *testing.T) (*world, *echoes) {
	t.Helper()
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	e := &echoes{refuses: map[string]bool{}}
	w.dials = e.dial
	return w, e
}

func TestForward_goesToAReadyPodAndToAnotherWhenThatOneGoes(t *testing.T) {
	w, _ := running(t)
	events, err := w.forwarded(func(_ context.Context, address, pod string) error {
		if pod != "cockroachdb-0" {
			t.Errorf("began with %s", pod)
		}
		first := w.connect(address)
		first.hears("a", "cockroachdb-0 heard a")
		w.removePod("cockroachdb-0")
		if got, err := first.lines.ReadString('\n'); !errors.Is(err, io.EOF) {
			t.Errorf("the connection outlives its pod: %q, %v", got, err)
		}
		w.connect(address).hears("b", "cockroachdb-1 heard b")
		return nil
	})
	wantNoError(t, err)
	if len(events) != 1 || !strings.Contains(events[0].Message, "connections go to cockroachdb-1 now, cockroachdb-0") {
		t.Errorf("was told %+v, want one note that names both pods", events)
	}
}

func TestForward_takesAnotherPodWhereOneIsNotReached(t *testing.T) {
	w, e := running(t)
	e.refuse("cockroachdb-0")
	_, err := w.forwarded(func(_ context.Context, address, _ string) error {
		one := w.connect(address)
		one.hears("a", "cockroachdb-1 heard a")
		w.connect(address).hears("b", "cockroachdb-1 heard b")
		w.removePod("cockroachdb-0") // with which this connection has nothing to do
		one.hears("c", "cockroachdb-1 heard c")
		return nil
	})
	wantNoError(t, err)
}

func TestForward_passesTheEndOfWhatIsSentOn(t *testing.T) {
	w, _ := running(t)
	w.dials = func(kube.Endpoint) (net.Conn, error) {
		conn := &halfConn{}
		conn.cond = sync.NewCond(&conn.mu)
		return conn, nil
	}
	_, err := w.forwarded(func(_ context.Context, address, _ string) error {
		c := w.connect(address)
		_, err := io.WriteString(c.Conn, "all of it")
		wantNoError(t, err)
		wantNoError(t, c.Conn.(*net.TCPConn).CloseWrite())
		if got, err := io.ReadAll(c.Conn); string(got) != "all of it" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		return nil
	})
	wantNoError(t, err)
}

// halfConn answers what it got once all of it has come.
type halfConn struct {
	net.Conn
	mu   sync.Mutex
	cond *sync.Cond
	got  []byte
	full bool
	gone bool
}

func (h *halfConn) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got = append(h.got, p...)
	return len(p), nil
}

func (h *halfConn) Read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for !h.full && !h.gone {
		h.cond.Wait()
	}
	if len(h.got) == 0 || h.gone {
		return 0, io.EOF
	}
	n := copy(p, h.got)
	h.got = h.got[n:]
	return n, nil
}

func (h *halfConn) CloseWrite() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.full = true
	h.cond.Broadcast()
	return nil
}

func (h *halfConn) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gone = true
	h.cond.Broadcast()
	return nil
}

func TestForward_endsWithTheErrorOfWhatRunsMeanwhile(t *testing.T) {
	w, _ := running(t)
	inner := errors.New("exit 7")
	_, err := w.forwarded(func(_ context.Context, address, _ string) error {
		w.connect(address).hears("a", "cockroachdb-0 heard a")
		return inner
	})
	if !errors.Is(err, inner) {
		t.Errorf("got %v", err)
	}
}

func TestForward_saysThatAClusterIsStoppedOrMissing(t *testing.T) {
	w, _ := running(t)
	wantNoError(t, w.tracker.Delete(appsv1.SchemeGroupVersion.WithResource("statefulsets"), "default", "cockroachdb"))
	for _, pod := range []string{"cockroachdb-0", "cockroachdb-1", "cockroachdb-2"} {
		w.removePod(pod)
	}
	_, err := w.forwarded(func(context.Context, string, string) error {
		t.Error("it went on")
		return nil
	})
	if own, ok := errors.AsType[*Error](err); !ok || !strings.Contains(own.Message, "is stopped") || !strings.Contains(own.Next, "crdb-kube up") {
		t.Errorf("got %v", err)
	}
	_, err = Open(t.Context(), w.client, Target{Namespace: "other", Name: "cockroachdb"})
	if own, ok := errors.AsType[*Error](err); !ok || own.Kind != Absent {
		t.Errorf("got %v", err)
	}
}

func TestForward_waitsForAPodThatIsReady(t *testing.T) {
	w, _ := running(t)
	ready := w.unready("cockroachdb-0", "cockroachdb-1", "cockroachdb-2")
	var once sync.Once
	access, err := Open(t.Context(), w.client, target())
	wantNoError(t, err)
	pod, err := access.ReadyPod(t.Context(), func(e progress.Event) {
		if e.State == progress.Running {
			once.Do(func() { go ready("cockroachdb-2") })
		}
	}, time.Now)
	if err != nil || pod != "cockroachdb-2" {
		t.Errorf("got %s, %v", pod, err)
	}
}

// unready makes pods not ready; again is to make one so again.
func (w *world) unready(pods ...string) (again func(pod string)) {
	set := func(name string, status corev1.ConditionStatus) {
		object, err := w.tracker.Get(podResource(), "default", name)
		wantNoError(w.T, err)
		pod := object.DeepCopyObject().(*corev1.Pod)
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: status}}
		wantNoError(w.T, w.tracker.Update(podResource(), pod, "default"))
	}
	for _, pod := range pods {
		set(pod, corev1.ConditionFalse)
	}
	return func(pod string) { set(pod, corev1.ConditionTrue) }
}

func TestLoginAs_givesEachUserWhatItNeedsAndNoMore(t *testing.T) {
	w, _ := running(t)
	access, err := Open(t.Context(), w.client, target())
	wantNoError(t, err)
	app, err := access.LoginAs(t.Context(), "app")
	wantNoError(t, err)
	if app.Connection.Password.Empty() || len(app.CA) == 0 || len(app.Key) > 0 || len(app.Cert) > 0 {
		t.Errorf("the application gets %d bytes of key", len(app.Key))
	}
	root, err := access.LoginAs(t.Context(), "root")
	wantNoError(t, err)
	if !root.Connection.Password.Empty() || len(root.CA) == 0 || len(root.Key) == 0 || len(root.Cert) == 0 {
		t.Errorf("root gets %d bytes of key", len(root.Key))
	}
	if _, err := access.LoginAs(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "no user") {
		t.Errorf("got %v", err)
	}
}
