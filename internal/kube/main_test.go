package kube

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/goleak"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
	clienttesting "k8s.io/client-go/testing"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m) // no goroutine outlives what it was for
}

func resource(name string) schema.GroupResource { return schema.GroupResource{Resource: name} }

// serve makes a client of a server that answers with handler.
func serve(t *testing.T, handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c, err := New(&rest.Config{Host: server.URL, UserAgent: "crdb-kube/test"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// writeStatus answers as an API server does.
func writeStatus(w http.ResponseWriter, code int, reason metav1.StatusReason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure, Code: int32(code), Reason: reason, Message: message,
	})
}

// pod makes a pod with a UID; the fake clientset gives none.
func pod(name string, labels map[string]string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Namespace: "db", Name: name, UID: types.UID("uid-" + name), Labels: maps.Clone(labels),
	}}
}

func statefulSet(name string) *appsv1.StatefulSet {
	return &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Namespace: "db", Name: name, UID: types.UID("uid-" + name)}}
}

// fail makes a fake clientset answer a verb on a resource with an error.
func fail(clientset *fake.Clientset, verb, resource string, err error) {
	clientset.PrependReactor(verb, resource, func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, err })
}

// forbidden is what an API server says to somebody who may not do something.
func forbidden(verb, resources string) error {
	status := metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden,
		Message: resources + ` is forbidden: User "ann" cannot ` + verb + ` resource "` + resources + `" in API group "" in the namespace "db"`,
	}
	return &apierrors.StatusError{ErrStatus: status}
}

// nobody is a Reach that reaches nothing.
type nobody struct{}

func (nobody) Get(context.Context, Endpoint) (Answer, error) { return Answer{}, ErrNotAnswering }
func (nobody) Certificates(context.Context, Endpoint) ([]*x509.Certificate, error) {
	return nil, ErrNotAnswering
}
func (nobody) Dial(context.Context, Endpoint) (net.Conn, error) { return nil, ErrNotAnswering }
func (nobody) Exec(context.Context, Command) (int, error)       { return 0, ErrNotRunning }
