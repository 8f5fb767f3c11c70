package kube

import (
	"encoding/base64"
	"flag"
	"net/http"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coreac "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/klog/v2"
	"k8s.io/klog/v2/textlogger"
)

// sink is a log that several goroutines write.
type sink struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// talkative logs everything that client-go says, as -v -v does and more.
func talkative(t *testing.T) *sink {
	t.Helper()
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	if err := flags.Set("v", "10"); err != nil {
		t.Fatal(err)
	}
	log := &sink{}
	klog.SetLogger(textlogger.NewLogger(textlogger.NewConfig(textlogger.Output(log), textlogger.Verbosity(10))))
	t.Cleanup(func() {
		_ = flags.Set("v", "0")
		klog.ClearLogger()
	})
	return log
}

func TestLog_hasRequestsForSecretsButNotWhatTheyHold(t *testing.T) {
	const planted = "planted-key-material"
	log := talkative(t) // before the client is made, which asks once how much to say
	encoded := base64.StdEncoding.EncodeToString([]byte(planted))
	c := serve(t, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		kind := "Secret"
		if strings.Contains(req.URL.Path, "configmaps") {
			kind = "ConfigMap"
		}
		value := encoded
		if kind == "ConfigMap" {
			value = planted
		}
		_, _ = w.Write([]byte(`{"kind":"` + kind + `","apiVersion":"v1","metadata":{"name":"x","uid":"u","namespace":"db"},"data":{"k":"` + value + `"}}`))
	})
	if secret, err := c.Secret(t.Context(), "db", "x"); err != nil || string(secret.Data["k"]) != planted {
		t.Fatalf("got %v, %v", secret, err)
	}
	data := map[string][]byte{"k": []byte(planted)}
	if _, err := c.Apply(t.Context(), coreac.Secret("x", "db").WithData(data), Ref{}, KeepOthers); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "x", Namespace: "db"}, Data: data}); err != nil {
		t.Fatal(err)
	}
	ref := Ref{Kind: Secret, Namespace: "db", Name: "x", UID: "u"}
	if err := c.Annotate(t.Context(), ref, map[string]string{"a": "b"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Lookup(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	text := log.String()
	if strings.Contains(text, planted) || strings.Contains(text, encoded) {
		t.Errorf("the log holds it:\n%s", text)
	}
	if strings.Count(text, "namespaces/db/secrets") < 5 {
		t.Errorf("the log does not have the requests:\n%s", text)
	}
	if _, err := c.ConfigMap(t.Context(), "db", "x"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), planted) {
		t.Error("the log has no bodies at all: nothing is proven")
	}
}
