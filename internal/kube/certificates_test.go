package kube

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestCertificates_areThoseOnTheWire(t *testing.T) {
	c, _ := forwardServer(t, forbidProxy, true)
	at := health()
	at.Pod = "secure"
	got, err := c.Certificates(t.Context(), at)
	if err != nil || len(got) != 1 || !strings.Contains(strings.Join(got[0].DNSNames, " "), "example.com") {
		t.Errorf("got %d certificates, %v", len(got), err)
	}
}

func TestCertificates_ofAPodWithoutTLSAreNone(t *testing.T) {
	for _, listens := range []bool{true, false} {
		c, _ := forwardServer(t, forbidProxy, listens)
		if _, err := c.Certificates(t.Context(), health()); !errors.Is(err, ErrNotAnswering) {
			t.Errorf("listens %v: %v", listens, err)
		}
	}
}

func TestCertificates_keepTheServersRefusalRecognisable(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		writeStatus(w, http.StatusForbidden, metav1.StatusReasonForbidden,
			`pods "cockroachdb-0" is forbidden: User "ann" cannot create resource "pods/portforward" in API group "" in the namespace "db"`)
	})
	if _, err := c.Certificates(t.Context(), health()); !IsForbidden(err) {
		t.Errorf("got %v", err)
	}
}
