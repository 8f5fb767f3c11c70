package kube

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
)

func TestNew_connectsNothing(t *testing.T) {
	if _, err := New(&rest.Config{Host: "https://192.0.2.1:1"}); err != nil {
		t.Fatal(err)
	}
}

func TestServerVersion_tellsAServerThatIsNotThere(t *testing.T) {
	c, err := New(&rest.Config{Host: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.ServerVersion(t.Context())
	if !IsUnreachable(err) {
		t.Fatalf("got %#v", err)
	}
	want := "API server http://127.0.0.1:1 cannot be reached: dial tcp 127.0.0.1:1: connect: connection refused"
	if err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestServerVersion_tellsBadCredentialsFromAMissingPermission(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		writeStatus(w, http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "Unauthorized")
	})
	if _, err := c.ServerVersion(t.Context()); !IsCredentials(err) || IsForbidden(err) {
		t.Errorf("401: got %#v", err)
	}
	c = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		writeStatus(w, http.StatusForbidden, metav1.StatusReasonForbidden, `forbidden: User "system:anonymous" cannot get path "/version"`)
	})
	if _, err := c.ServerVersion(t.Context()); !IsForbidden(err) || IsCredentials(err) {
		t.Errorf("403: got %v", err)
	}
}

func TestServerVersion_saysWhoAsks(t *testing.T) {
	var agent string
	c := serve(t, func(w http.ResponseWriter, req *http.Request) {
		agent = req.UserAgent()
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"major":"1","minor":"37","gitVersion":"v1.37.2"}`))
	})
	info, err := c.ServerVersion(t.Context())
	if err != nil || info.GitVersion != "v1.37.2" || agent != "crdb-kube/test" {
		t.Errorf("got %+v, %v, as %q", info, err, agent)
	}
}

func TestExplain_doesNotTakeAQuotaForAMissingPermission(t *testing.T) {
	c := NewWith(fake.NewClientset(), nobody{})
	quota := apierrors.NewForbidden(resource("pods"), "a", errors.New("exceeded quota: small"))
	err := c.explain(t.Context(), "pod/a", quota)
	if IsForbidden(err) || !IsDenied(err) {
		t.Errorf("got %#v", err)
	}
	if got, want := err.Error(), `pods "a" is forbidden: exceeded quota: small`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if permission := c.explain(t.Context(), "pod/a", forbidden("get", "pods")); IsDenied(permission) {
		t.Errorf("got %#v", permission)
	}
}

func TestExplain_namesTheObjectOnce(t *testing.T) {
	c := NewWith(fake.NewClientset(), nobody{})
	if got, want := c.explain(t.Context(), "pod/a", errors.New("odd")).Error(), "pod/a: odd"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	err := c.explain(t.Context(), "pod/a", apierrors.NewNotFound(resource("pods"), "a"))
	if got, want := err.Error(), `pods "a" not found`; got != want || !IsGone(err) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExplain_takesAFailingCredentialPluginForBadCredentials(t *testing.T) {
	c := NewWith(fake.NewClientset(), nobody{})
	err := c.explain(t.Context(), "API server", errors.New(`Get "https://h": getting credentials: exec: executable aws not found`))
	if !IsCredentials(err) {
		t.Errorf("got %#v", err)
	}
}

func TestServerClock_followsTheServer(t *testing.T) {
	there := time.Now().Add(-time.Hour)
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", there.UTC().Format(http.TimeFormat))
		writeStatus(w, http.StatusNotFound, metav1.StatusReasonNotFound, "none")
	})
	_, _ = c.Pod(context.WithoutCancel(t.Context()), "db", "a")
	if off := c.clock.now().Sub(there).Abs(); off > 2*time.Second {
		t.Errorf("%v off", off)
	}
}

func TestAhead_goesByTheServersAnswers(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"gitVersion":"v1.37.2"}`))
	})
	if c.Ahead() != 0 {
		t.Errorf("%s ahead before any answer", c.Ahead())
	}
	if _, err := c.ServerVersion(t.Context()); err != nil {
		t.Fatal(err)
	}
	if off := (c.Ahead() - time.Hour).Abs(); off > 2*time.Second {
		t.Errorf("%s ahead, want an hour", c.Ahead())
	}
}
