package kube

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// hangUp ends the connection in place of an answer.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestRead_givesAServerUpThatEndsEveryConnection(t *testing.T) {
	var asked atomic.Int32
	c := serve(t, func(w http.ResponseWriter, req *http.Request) {
		asked.Add(1)
		hangUp(w, req)
	})
	start := time.Now()
	_, err := c.ConfigMap(t.Context(), "db", "x")
	if !IsUnreachable(err) {
		t.Errorf("got %v", err)
	}
	if asked.Load() != maxTries || time.Since(start) > 8*time.Second {
		t.Errorf("%d requests in %s", asked.Load(), time.Since(start))
	}
}

func TestRead_asksAgainWhereAConnectionBroke(t *testing.T) {
	var asked atomic.Int32
	c := serve(t, func(w http.ResponseWriter, req *http.Request) {
		if asked.Add(1) == 1 {
			hangUp(w, req)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x"}}`))
	})
	if found, err := c.ConfigMap(t.Context(), "db", "x"); err != nil || found.Name != "x" {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestRead_saysWhereNoKubernetesAnswers(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html>log in</html>"))
	})
	_, version := c.ServerVersion(t.Context())
	_, settings := c.ConfigMap(t.Context(), "db", "x")
	for _, err := range []error{version, settings} {
		if !IsUnreachable(err) || !strings.Contains(err.Error(), "what answers there is no Kubernetes, but sends ") {
			t.Errorf("got %v", err)
		}
	}
}
