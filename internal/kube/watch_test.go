package kube

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

func ours() map[string]string { return map[string]string{"app": "db"} }

func ofDB() Selection { return Selection{Namespace: "db", Name: "cockroachdb", Selector: "app=db"} }

func claim(name string) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{
		Namespace: "db", Name: name, UID: types.UID("uid-" + name), Labels: ours(),
	}}
}

func event(name, kind, about string, uid types.UID, at int64) *corev1.Event {
	return &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Namespace: "db", Name: name},
		InvolvedObject: corev1.ObjectReference{Kind: kind, Name: about, UID: uid},
		LastTimestamp:  metav1.Unix(at, 0),
	}
}

// world is a StatefulSet with twelve pods, among strangers.
func world() *fake.Clientset {
	return fake.NewClientset(
		statefulSet("cockroachdb"), statefulSet("another"),
		pod("cockroachdb-10", ours()), pod("cockroachdb-2", ours()), pod("stranger-0", nil),
		claim("datadir-cockroachdb-10"), claim("datadir-cockroachdb-2"),
		event("late", "Pod", "cockroachdb-2", "uid-cockroachdb-2", 300),
		event("early", "StatefulSet", "cockroachdb", "uid-cockroachdb", 100),
		event("claims", "PersistentVolumeClaim", "datadir-cockroachdb-2", "uid-datadir-cockroachdb-2", 200),
		event("of-an-earlier-pod", "Pod", "cockroachdb-2", "uid-before", 250),
		event("of-a-stranger", "Pod", "stranger-0", "uid-stranger-0", 250),
	)
}

func checkWorld(t *testing.T, w Workload) {
	t.Helper()
	if w.StatefulSet == nil || w.StatefulSet.Name != "cockroachdb" || w.Seen.IsZero() || w.Trouble != nil {
		t.Errorf("set %v, seen %v, trouble %v", w.StatefulSet, w.Seen, w.Trouble)
	}
	var got []string
	for _, pod := range w.Pods {
		got = append(got, pod.Name)
	}
	for _, claim := range w.Claims {
		got = append(got, claim.Name)
	}
	for _, event := range w.Events {
		got = append(got, event.Name)
	}
	want := []string{
		"cockroachdb-2", "cockroachdb-10", "datadir-cockroachdb-2", "datadir-cockroachdb-10", "early", "claims", "late",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSnapshot_holdsOnlyWhatBelongsToTheSet(t *testing.T) {
	w, err := NewWith(world(), nobody{}).Snapshot(t.Context(), ofDB())
	if err != nil {
		t.Fatal(err)
	}
	checkWorld(t, w)
}

func TestSnapshot_doesWithoutEventsThatMayNotBeRead(t *testing.T) {
	clientset := world()
	fail(clientset, "list", "events", forbidden("list", "events"))
	w, err := NewWith(clientset, nobody{}).Snapshot(t.Context(), ofDB())
	if err != nil || len(w.Events) != 0 || len(w.Pods) != 2 {
		t.Errorf("%d pods, %d events, %v", len(w.Pods), len(w.Events), err)
	}
}

// Within a bubble of synctest a goroutine that is left behind fails the test.
func TestWatchWorkload_firstCallsWhenAllIsListedAndLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		err := NewWith(world(), nobody{}).WatchWorkload(t.Context(), ofDB(), func(_ context.Context, w Workload) (Verdict, error) {
			calls++
			checkWorld(t, w)
			return Verdict{Done: true}, nil
		})
		if err != nil || calls != 1 {
			t.Errorf("%d calls, %v", calls, err)
		}
	})
}

func TestWatchWorkload_callsOnceForABurstOfChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clientset := world()
		calls := 0
		var changed time.Time
		err := NewWith(clientset, nobody{}).WatchWorkload(t.Context(), ofDB(), func(ctx context.Context, w Workload) (Verdict, error) {
			calls++
			if calls == 1 {
				changed = time.Now()
				for _, name := range []string{"cockroachdb-0", "cockroachdb-1", "cockroachdb-3"} {
					_, err := clientset.CoreV1().Pods("db").Create(ctx, pod(name, ours()), metav1.CreateOptions{})
					if err != nil {
						return Verdict{}, err
					}
				}
			}
			return Verdict{Done: len(w.Pods) == 5, Why: "five pods"}, nil
		})
		if err != nil || calls != 2 {
			t.Errorf("%d calls, %v", calls, err)
		}
		if took := time.Since(changed); took > 200*time.Millisecond {
			t.Errorf("heard of it after %v", took)
		}
	})
}

func TestWatchWorkload_looksAgainThoughNothingChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		err := NewWith(fake.NewClientset(), nobody{}).WatchWorkload(t.Context(), ofDB(), func(_ context.Context, w Workload) (Verdict, error) {
			calls++
			if w.StatefulSet != nil {
				t.Error("there is a set")
			}
			return Verdict{Done: calls == 3, Why: "the pods to answer", Again: time.Second}, nil
		})
		if err != nil || calls != 3 {
			t.Errorf("%d calls, %v", calls, err)
		}
	})
}

func TestWatchWorkload_endsInAWordWhenTimeIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := NewWith(fake.NewClientset(), nobody{}).WatchWorkload(ctx, ofDB(), func(context.Context, Workload) (Verdict, error) {
			return Verdict{Why: "3 pods"}, nil
		})
		if got, want := err.Error(), "time is up while waiting for 3 pods"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestWatchWorkload_endsWhereReadingIsForbidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clientset := world()
		fail(clientset, "list", "pods", forbidden("list", "pods"))
		err := NewWith(clientset, nobody{}).WatchWorkload(t.Context(), ofDB(), func(context.Context, Workload) (Verdict, error) {
			return Verdict{}, errors.New("called without pods")
		})
		if got, want := err.Error(), "forbidden: list pods in namespace db"; !IsForbidden(err) || got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestWatchWorkload_doesWithoutEventsThatMayNotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clientset := world()
		fail(clientset, "list", "events", forbidden("list", "events"))
		err := NewWith(clientset, nobody{}).WatchWorkload(t.Context(), ofDB(), func(_ context.Context, w Workload) (Verdict, error) {
			if len(w.Events) != 0 || len(w.Pods) != 2 {
				t.Errorf("%d events, %d pods", len(w.Events), len(w.Pods))
			}
			return Verdict{Done: true}, nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// A credential that a plugin renews is refused once when it expires.
func TestWatchWorkload_survivesOneRefusedCredentialButNotTwo(t *testing.T) {
	for name, test := range map[string]struct {
		refusals int
		fatal    bool
	}{"once": {refusals: 1}, "for good": {refusals: 1000, fatal: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clientset := world()
				left := test.refusals
				clientset.PrependReactor("list", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
					left--
					return left >= 0, nil, apierrors.NewUnauthorized("expired")
				})
				err := NewWith(clientset, nobody{}).WatchWorkload(t.Context(), ofDB(), func(context.Context, Workload) (Verdict, error) {
					return Verdict{Done: true}, nil
				})
				if IsCredentials(err) != test.fatal || (err != nil) != test.fatal {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func TestWatchWorkload_saysThatTheServerIsNotHeardAndGoesOnLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clientset := world()
		var up atomic.Bool
		clientset.PrependReactor("list", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
			return !up.Load(), nil, apierrors.NewServiceUnavailable("apiserver is starting")
		})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		c := NewWith(clientset, nobody{})
		observe := func(context.Context, Workload) (Verdict, error) { return Verdict{Done: true}, nil }
		err := c.WatchWorkload(ctx, ofDB(), observe)
		if err == nil || !strings.Contains(err.Error(), "the first list of pods: pods: apiserver is starting") {
			t.Errorf("got %v", err)
		}
		time.AfterFunc(10*time.Second, func() { up.Store(true) })
		if err := c.WatchWorkload(t.Context(), ofDB(), observe); err != nil {
			t.Error(err)
		}
	})
}

func TestEventTime_takesTheLatestWord(t *testing.T) {
	created, first, last, series := metav1.Unix(1, 0), metav1.Unix(2, 0), metav1.Unix(3, 0), metav1.NewMicroTime(time.Unix(4, 0))
	e := &corev1.Event{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: created}}
	steps := []func(){
		func() {}, func() { e.FirstTimestamp = first }, func() { e.LastTimestamp = last },
		func() { e.Series = &corev1.EventSeries{LastObservedTime: series} },
	}
	for i, step := range steps {
		step()
		if got := EventTime(e).Unix(); got != int64(i+1) {
			t.Errorf("step %d: %d", i, got)
		}
	}
}
