package torture

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// deed is what becomes of one request.
type deed string

const (
	pass        deed = ""               // it goes through
	killBefore  deed = "killed before"  // the command dies; the server never hears of it
	killAfter   deed = "killed after"   // the server has answered; the command dies and never hears of it
	tooMany     deed = "429"            // with a time to wait
	internal    deed = "500"            //
	unavailable deed = "503"            //
	reset       deed = "reset"          // the connection, with all that goes over it
	half        deed = "half an answer" //
	silence     deed = "silence"        // nothing for a while, then the true answer
	mute        deed = "silence for ever"
	closed      deed = "watch closed"    // a watch ends right after it began
	gone        deed = "410"             // the resourceVersion is too old
	old         deed = "old news"        // the answer that the same read got the last time
	skipped     deed = "events left out" // of a watch, those that only say that something changed
)

// hook decides on the nth request, counted from 1.
type hook func(n int, r *http.Request) deed

// proxy stands between one command and the API server. Once it has killed the
// command, nothing of it reaches the server any more.
type proxy struct {
	server *httptest.Server
	target *url.URL
	hook   hook
	kill   func()
	done   chan struct{} // closed when the proxy ends: what is silent goes on
	past   *archive      // where old news are from; nil: there are none
	keeps  *archive      // where answers are kept; nil: nowhere

	mu    sync.Mutex
	n     int
	dead  bool
	tally map[deed]int
	did   []event
}

// event is one request to which something was done.
type event struct {
	N     int
	Point string
	Deed  deed
}

func (e event) String() string { return fmt.Sprintf("request %d, %s: %s", e.N, e.Point, e.Deed) }

// newProxy stands before the server of cfg. The hook is asked about each
// request; kill ends the command, and returns when it is dead.
func newProxy(cfg *rest.Config, decide hook, kill func()) (*proxy, error) {
	target, err := url.Parse(cfg.Host)
	if err != nil {
		return nil, err
	}
	direct := rest.CopyConfig(cfg)
	direct.NextProtos = []string{"http/1.1"} // with which an upgrade goes through
	transport, err := rest.TransportFor(direct)
	if err != nil {
		return nil, err
	}
	p := &proxy{target: target, hook: decide, kill: kill, done: make(chan struct{}), tally: map[deed]int{}}
	forward := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = target.Host },
		Transport:      transport,
		FlushInterval:  -1, // events of a watch, at once
		ModifyResponse: p.answered,
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ErrorLog:       log.New(io.Discard, "", 0),
	}
	p.server = httptest.NewUnstartedServer(p.handler(forward))
	p.server.EnableHTTP2 = true
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.server.Config.ConnContext = keepConn
	p.server.StartTLS()
	return p, nil
}

// close ends it, with all connections.
func (p *proxy) close() {
	close(p.done)
	p.server.CloseClientConnections()
	p.server.Config.Close() // that of httptest would wait for watches
}

// kubeconfig is one with which a command talks to the proxy, which has the
// credentials itself.
func (p *proxy) kubeconfig(file string) error {
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.server.Certificate().Raw})
	cfg := clientcmdapi.NewConfig()
	cfg.Clusters["torture"] = &clientcmdapi.Cluster{Server: p.server.URL, CertificateAuthorityData: authority}
	cfg.AuthInfos["torture"] = clientcmdapi.NewAuthInfo()
	cfg.Contexts["torture"] = &clientcmdapi.Context{Cluster: "torture", AuthInfo: "torture"}
	cfg.CurrentContext = "torture"
	return clientcmd.WriteToFile(*cfg, file)
}

// counted is how many requests there were.
func (p *proxy) counted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n
}

// events are the requests to which something was done.
func (p *proxy) events() []event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]event(nil), p.did...)
}

// decide numbers a request, and says what becomes of it.
func (p *proxy) decide(r *http.Request) deed {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return reset
	}
	p.n++
	what := p.hook(p.n, r)
	if _, ok := p.past.of(r); what == old && !ok {
		what = pass
	}
	p.tally[what]++
	if what != pass {
		p.did = append(p.did, event{p.n, point(r), what})
	}
	if what == killBefore {
		p.dead = true
	}
	return what
}

// killNow ends the command, once for all.
func (p *proxy) killNow() {
	p.mu.Lock()
	p.dead = true
	p.mu.Unlock()
	p.kill()
}

// point is a request without what differs from case to case.
func point(r *http.Request) string {
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch path[0] {
	case "api":
		path = path[min(2, len(path)):]
	case "apis":
		path = path[min(3, len(path)):]
	}
	if path[0] == "namespaces" && len(path) > 1 {
		path = append([]string{"namespaces"}, path[2:]...)
		path = path[min(1, len(path)-1):]
	}
	verb := r.Method
	if watches(r) {
		verb = "WATCH"
	}
	return verb + " " + strings.Join(path, "/")
}

func watches(r *http.Request) bool { return r.URL.Query().Get("watch") == "true" }

// reads tells whether a request only looks.
func reads(r *http.Request) bool {
	return r.Method == http.MethodGet && !watches(r) && !upgrades(r)
}

func upgrades(r *http.Request) bool { return r.Header.Get("Upgrade") != "" }
