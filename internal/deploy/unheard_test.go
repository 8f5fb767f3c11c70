package deploy

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"

	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// unreached is a world whose pods' own ports cannot be asked.
type unreached struct {
	*world
	err error
}

func (u unreached) Get(context.Context, kube.Endpoint) (kube.Answer, error) {
	return kube.Answer{}, u.err
}

func TestStatus_blamesTheServerOnlyIfItIsSilentItself(t *testing.T) {
	lost := errors.New("connection lost")
	for name, test := range map[string]struct {
		pods   error
		server error
		blamed bool
	}{
		"pods do not answer":           {kube.ErrNotAnswering, apierrors.NewInternalError(lost), false},
		"pods cannot be asked":         {lost, nil, false},
		"nor does the server answer":   {lost, apierrors.NewBadRequest("no"), true},
		"nor does the server in time":  {lost, apierrors.NewServiceUnavailable("wait"), true},
		"namespaces may not be looked": {lost, forbiddenNamespace(), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := serving(t)
				w.api.PrependReactor("get", "namespaces", func(clienttesting.Action) (bool, runtime.Object, error) {
					return test.server != nil, nil, test.server
				})
				client := kube.NewWith(w.api, unreached{w, test.pods})
				began := time.Now()
				err := unheard(t.Context(), client, sample(), readVars(t.Context(), client, sample(), []string{"cockroachdb-0"}))
				if (err != nil) != test.blamed {
					t.Errorf("got %v", err)
				}
				if took := time.Since(began); took > askTimeout {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

func TestWithin_blamesTheServerForTimeButNotForTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}
		err := within(t.Context(), 10*time.Second, hang)
		if err == nil || err.Error() != "API server: no answer within 10s" {
			t.Errorf("after a while: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := within(ctx, 10*time.Second, hang); !errors.Is(err, context.Canceled) {
			t.Errorf("at the end of all: %v", err)
		}
		if err := within(t.Context(), 10*time.Second, func(context.Context) error { return nil }); err != nil {
			t.Errorf("of an answer: %v", err)
		}
	})
}

func forbiddenNamespace() error {
	return apierrors.NewForbidden(corev1.Resource("namespaces"), "default",
		errors.New(`User "u" cannot get resource "namespaces" in API group "" in the namespace "default"`))
}

func TestAnswers_forgetWhoIsNotQuestionedAnyMore(t *testing.T) {
	w := newWorld(t)
	a := newAnswers(kube.NewWith(w.api, unreached{w, kube.ErrNotAnswering}), time.Now)
	pod := &corev1.Pod{}
	pod.Name = "cockroachdb-0"
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{ContainerID: "c://1", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}
	a.ask(t.Context(), sample(), []*corev1.Pod{pod})
	if a.again() == 0 {
		t.Fatal("no question is due to a pod that does not answer")
	}
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	a.ask(t.Context(), sample(), []*corev1.Pod{pod})
	if again := a.again(); again != 0 {
		t.Errorf("a question to a pod that is ready is due in %v", again)
	}
}
