package kube

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func health() Endpoint {
	return Endpoint{Namespace: "db", Pod: "cockroachdb-0", Scheme: "https", Port: 8080, Path: "/health", Query: url.Values{"ready": {"1"}}}
}

func TestGet_asksThePodThroughTheAPIServer(t *testing.T) {
	var asked string
	c := serve(t, func(w http.ResponseWriter, req *http.Request) {
		asked = req.URL.String()
		_, _ = w.Write([]byte("{}"))
	})
	answer, err := c.Get(t.Context(), health())
	if err != nil || answer.Status != http.StatusOK || string(answer.Body) != "{}" {
		t.Fatalf("got %+v, %v", answer, err)
	}
	if want := "/api/v1/namespaces/db/pods/https:cockroachdb-0:8080/proxy/health?ready=1"; asked != want {
		t.Errorf("asked %s, want %s", asked, want)
	}
}

// A 503 through the proxy has two authors: the API server and the pod.
func TestGet_tellsThePodsOwnWordFromTheAPIServers(t *testing.T) {
	own := `{"error":"waiting for cluster initialization","code":14,"message":"waiting for cluster initialization"}`
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(own))
	})
	answer, err := c.Get(t.Context(), health())
	if err != nil || answer.Status != http.StatusServiceUnavailable || string(answer.Body) != own {
		t.Errorf("the pod's: got %+v, %v", answer, err)
	}
	for _, message := range []string{
		"error trying to reach service: dial tcp 10.0.0.7:8080: connect: connection refused",
		"error trying to reach service: tls: first record does not look like a TLS handshake",
	} {
		c = serve(t, func(w http.ResponseWriter, _ *http.Request) {
			writeStatus(w, http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable, message)
		})
		if _, err := c.Get(t.Context(), health()); !errors.Is(err, ErrNotAnswering) {
			t.Errorf("%s: got %v", message, err)
		}
	}
}

func TestGet_doesNotFollowARedirectOfThePod(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, "/elsewhere", http.StatusTemporaryRedirect)
	})
	answer, err := c.Get(t.Context(), health())
	if err != nil || answer.Status != http.StatusTemporaryRedirect {
		t.Errorf("got %+v, %v", answer, err)
	}
}

func TestGet_tellsAMissingPodFromOneWithoutAnAddress(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		writeStatus(w, http.StatusNotFound, metav1.StatusReasonNotFound, `pods "cockroachdb-0" not found`)
	})
	if _, err := c.Get(t.Context(), health()); !apierrors.IsNotFound(err) {
		t.Errorf("missing: got %v", err)
	}
	c = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		writeStatus(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, "address not allowed")
	})
	if _, err := c.Get(t.Context(), health()); !errors.Is(err, ErrNotAnswering) {
		t.Errorf("without an address: got %v", err)
	}
}

func TestGet_readsNoMoreThanItsLimit(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, maxBody+1)) })
	if _, err := c.Get(t.Context(), health()); err == nil {
		t.Error("read it all")
	}
}

// forwardServer forbids the proxy, or lets it hang, and forwards ports to a pod that speaks
// HTTP, or that does not listen.
func forwardServer(t *testing.T, proxy http.HandlerFunc, listens bool) (*Client, *atomic.Int32) {
	t.Helper()
	var proxied atomic.Int32
	c := serve(t, func(w http.ResponseWriter, req *http.Request) {
		if strings.HasSuffix(req.URL.Path, "/portforward") {
			servePortForward(w, req, listens)
			return
		}
		proxied.Add(1)
		proxy(w, req)
	})
	// Kept for the next request, for 10 s.
	t.Cleanup(c.pods.(*pods).forward.(*forward).http.CloseIdleConnections)
	return c, &proxied
}

func forbidProxy(w http.ResponseWriter, _ *http.Request) {
	writeStatus(w, http.StatusForbidden, metav1.StatusReasonForbidden,
		`pods "https:cockroachdb-0:8080" is forbidden: User "ann" cannot get resource "pods/proxy" in API group "" in the namespace "db"`)
}

func TestGet_forwardsAPortWhereTheProxyIsForbidden(t *testing.T) {
	c, proxied := forwardServer(t, forbidProxy, true)
	at := health()
	at.Scheme = "http"
	for range 3 {
		answer, err := c.Get(t.Context(), at)
		if err != nil || answer.Status != http.StatusTeapot || string(answer.Body) != "GET /health?ready=1 to port 8080" {
			t.Fatalf("got %+v, %v", answer, err)
		}
	}
	if asked := proxied.Load(); asked != 1 {
		t.Errorf("the proxy was asked %d times: the way is chosen once a run", asked)
	}
}

func TestGet_forwardsAPortWhereTheProxyDoesNotGetThrough(t *testing.T) {
	c, _ := forwardServer(t, func(w http.ResponseWriter, _ *http.Request) {
		writeStatus(w, http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable,
			"error trying to reach service: dial tcp 10.0.0.7:8080: i/o timeout")
	}, true)
	at := health()
	at.Scheme = "http"
	if answer, err := c.Get(t.Context(), at); err != nil || answer.Status != http.StatusTeapot {
		t.Errorf("got %+v, %v", answer, err)
	}
}

func TestGet_saysThatAForwardedPortDoesNotAnswer(t *testing.T) {
	c, _ := forwardServer(t, forbidProxy, false)
	_, err := c.Get(t.Context(), health())
	if !errors.Is(err, ErrNotAnswering) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
}

func TestGet_namesBothPermissionsWhereNeitherIsThere(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, req *http.Request) {
		if !strings.HasSuffix(req.URL.Path, "/portforward") {
			forbidProxy(w, req)
			return
		}
		writeStatus(w, http.StatusForbidden, metav1.StatusReasonForbidden,
			`pods "cockroachdb-0" is forbidden: User "ann" cannot create resource "pods/portforward" in API group "" in the namespace "db"`)
	})
	_, err := c.Get(t.Context(), health())
	want := "forbidden: get pods/proxy in namespace db; forbidden: create pods/portforward in namespace db"
	if !IsForbidden(err) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestGet_leavesTimeForAnotherWayWhenTheProxyHangs(t *testing.T) {
	c, _ := forwardServer(t, func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }, true)
	at := health()
	at.Scheme = "http"
	pods := c.pods.(*pods)
	pods.patience = 50 * time.Millisecond
	if answer, err := c.Get(t.Context(), at); err != nil || answer.Status != http.StatusTeapot {
		t.Errorf("got %+v, %v", answer, err)
	}
}
