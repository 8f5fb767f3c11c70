package torture

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// behind is a proxy before a server that counts what reaches it.
type behind struct {
	*proxy
	client *kubernetes.Clientset
	served atomic.Int64
	killed atomic.Bool
}

func newBehind(t *testing.T, decide hook, serve http.HandlerFunc) *behind {
	t.Helper()
	b := &behind{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.served.Add(1)
		serve(w, r)
	}))
	t.Cleanup(server.Close)
	var err error
	if b.proxy, err = newProxy(&rest.Config{Host: server.URL}, decide, func() { b.killed.Store(true) }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	file := t.TempDir() + "/kubeconfig"
	if err := b.kubeconfig(file); err != nil {
		t.Fatal(err)
	}
	cfg, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		t.Fatal(err)
	}
	cfg.QPS = -1
	if b.client, err = kubernetes.NewForConfig(cfg); err != nil {
		t.Fatal(err)
	}
	return b
}

func version(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"gitVersion":"v1.37.2"}`)
}

// always does the same to each request.
func always(what deed) hook { return func(int, *http.Request) deed { return what } }

// only does it to the nth.
func only(k int, what deed) hook {
	return func(n int, _ *http.Request) deed {
		if n == k {
			return what
		}
		return pass
	}
}

func TestProxy_passesOnAndCounts(t *testing.T) {
	b := newBehind(t, always(pass), version)
	for range 3 {
		if got, err := b.client.ServerVersion(); err != nil || got.GitVersion != "v1.37.2" {
			t.Fatalf("got %v, %v", got, err)
		}
	}
	if b.counted() != 3 || b.served.Load() != 3 || b.killed.Load() {
		t.Errorf("counted %d, served %d, killed %v", b.counted(), b.served.Load(), b.killed.Load())
	}
}

// ask asks once, where the client's own way would be to ask again.
func (b *behind) ask(t *testing.T) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	return b.client.CoreV1().RESTClient().Get().AbsPath("/version").MaxRetries(0).Do(ctx).Error()
}

func TestProxy_killsBeforeTheServerHears(t *testing.T) {
	b := newBehind(t, only(2, killBefore), version)
	first := b.ask(t)
	second := b.ask(t)
	third := b.ask(t)
	if first != nil || second == nil || third == nil || b.served.Load() != 1 || !b.killed.Load() {
		t.Errorf("%v, %v, %v; served %d, killed %v", first, second, third, b.served.Load(), b.killed.Load())
	}
}

func TestProxy_killsAfterTheServerHasAnswered(t *testing.T) {
	b := newBehind(t, only(2, killAfter), version)
	first := b.ask(t)
	second := b.ask(t)
	third := b.ask(t)
	if first != nil || second == nil || third == nil || b.served.Load() != 2 || !b.killed.Load() {
		t.Errorf("%v, %v, %v; served %d, killed %v", first, second, third, b.served.Load(), b.killed.Load())
	}
}

func TestProxy_answersAsAServerThatFails(t *testing.T) {
	for what, words := range map[deed]string{
		tooMany: "TooManyRequests", internal: "InternalError", unavailable: "ServiceUnavailable", gone: "Expired",
		reset: "reset|EOF|connection", half: "unexpected EOF|unexpected end|INTERNAL_ERROR",
	} {
		b := newBehind(t, always(what), version)
		err := b.ask(t)
		found := false
		for word := range strings.SplitSeq(words, "|") {
			found = found || err != nil && strings.Contains(err.Error(), word)
		}
		if !found {
			t.Errorf("%s: got %v", what, err)
		}
	}
}

func TestProxy_closesAWatch(t *testing.T) {
	b := newBehind(t, always(closed), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = http.NewResponseController(w).Flush() // what is not sent is missing in what is read
		<-r.Context().Done()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	watch, err := b.client.CoreV1().Pods("a").Watch(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, open := <-watch.ResultChan(); open || ctx.Err() != nil {
		t.Error("the watch goes on")
	}
}

func TestProxy_isSilentForAWhileOnly(t *testing.T) {
	b := newBehind(t, always(silence), version)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err := b.client.CoreV1().RESTClient().Get().AbsPath("/version").Do(ctx).Error()
	if !errors.Is(err, context.DeadlineExceeded) && (err == nil || !strings.Contains(err.Error(), "deadline")) {
		t.Errorf("got %v", err)
	}
}

func TestPoint_leavesOutWhatDiffersFromCaseToCase(t *testing.T) {
	for url, want := range map[string]string{
		"/api/v1/namespaces/torture-1/pods/db-0/exec?command=init":   "GET pods/db-0/exec",
		"/apis/apps/v1/namespaces/torture-1/statefulsets?watch=true": "WATCH statefulsets",
		"/api/v1/namespaces/torture-1":                               "GET namespaces",
		"/version":                                                   "GET version",
	} {
		if got := point(httptest.NewRequest(http.MethodGet, url, nil)); got != want {
			t.Errorf("%s: got %q, want %q", url, got, want)
		}
	}
}

func TestCall_knowsHowItEnded(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	p := program{binary: sh, namespace: "a"}
	if c := p.run(t.Context(), "-c", "echo out; exit 5"); c.code() != 5 || c.stdout.String() != "out\n" {
		t.Errorf("got %s", c)
	}
	c := p.prepare(t.Context(), "-c", "read forever")
	in, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	c.start().kill()
	if c.code() != -1 {
		t.Errorf("got %s", c)
	}
}
