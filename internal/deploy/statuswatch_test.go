package deploy

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// watching is a watch of the status of a world, on the clock of a bubble.
type watching struct {
	*world
	stop context.CancelFunc

	mu   sync.Mutex
	seen []Glance
	err  error
}

// watch lets f look on while the status is watched.
func (w *world) watchStatus(f func(*watching)) *watching {
	ctx, cancel := context.WithCancel(w.Context())
	defer cancel()
	all := &watching{world: w, stop: cancel}
	var running sync.WaitGroup
	running.Go(func() {
		all.err = WatchStatus(ctx, w.client, target(), time.Now, func(g Glance) error {
			all.mu.Lock()
			defer all.mu.Unlock()
			all.seen = append(all.seen, g)
			return nil
		})
	})
	all.wait(0)
	f(all)
	cancel()
	running.Wait()
	return all
}

// wait lets some time go by.
func (w *watching) wait(d time.Duration) {
	<-time.After(d + 100*time.Millisecond)
	synctest.Wait()
}

// last is what was shown last.
func (w *watching) last() Glance {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.seen) == 0 {
		w.Fatal("nothing was shown")
	}
	return w.seen[len(w.seen)-1]
}

// during is how many requests there are within some time.
func (w *watching) during(d time.Duration) int {
	count := func() int {
		w.world.mu.Lock()
		defer w.world.mu.Unlock()
		return w.requests
	}
	before := count()
	w.wait(d)
	return count() - before
}

func (w *world) deletePod(name string) {
	wantNoError(w.T, w.api.CoreV1().Pods("default").Delete(w.Context(), name, metav1.DeleteOptions{}))
}

func TestWatchStatus_showsChangesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		serving(t).watchStatus(func(w *watching) {
			if g := w.last(); g.Status == nil || g.Status.Condition != Healthy || g.Trouble != nil {
				t.Fatalf("at first %+v", g)
			}
			w.deletePod("cockroachdb-1")
			w.wait(0)
			if s := w.last().Status; s.Condition == Healthy || s.Pods[1].Phase != diagnose.Missing || s.Live != n(2) {
				t.Errorf("a pod is gone, and it is %s, pod %s, %+v live", s.Condition, s.Pods[1].Phase, s.Live)
			}
		})
	})
}

func TestWatchStatus_seesWhatOnlyTheDatabaseKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		serving(t).watchStatus(func(w *watching) {
			w.wait(time.Minute)
			w.world.mu.Lock()
			w.under = 7
			w.world.mu.Unlock()
			w.wait(databaseEvery)
			if s := w.last().Status; s.UnderReplicated != n(21) {
				t.Errorf("%+v under-replicated after %v, want 21", s.UnderReplicated, databaseEvery)
			}
		})
	})
}

func TestWatchStatus_seesWhatIsNotWatchedAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		serving(t).watchStatus(func(w *watching) {
			wantNoError(t, w.api.CoreV1().Services("default").Delete(t.Context(), "cockroachdb-public", metav1.DeleteOptions{}))
			w.wait(surveyEvery + surveyAgain)
			if s := w.last().Status; s.Condition == Healthy {
				t.Errorf("%s without its Service", s.Condition)
			}
		})
	})
}

func TestWatchStatus_seesSoonWhatFollowsAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		serving(t).watchStatus(func(w *watching) {
			w.wait(time.Minute)
			w.deleteClaim("datadir-cockroachdb-2")
			w.wait(0)
			wantNoError(t, w.api.PolicyV1().PodDisruptionBudgets("default").Delete(t.Context(), "cockroachdb-budget", metav1.DeleteOptions{}))
			before := len(w.last().Status.Problems)
			w.wait(surveyAgain)
			if after := len(w.last().Status.Problems); after != before+1 {
				t.Errorf("%d problems, and %d without the budget", before, after)
			}
		})
	})
}

func TestWatchStatus_asksAgainAfterAnInit(t *testing.T) {
	w := serving(t)
	pod := w.pod("default", "cockroachdb-0").DeepCopy()
	pod.Status.Conditions = nil
	wantNoError(t, w.tracker.Update(podResource(), pod, "default"))
	watch := &statusWatch{client: w.client, target: target(), now: time.Now, lookout: newLookout(w.client, time.Now), show: func(Glance) error { return nil }}
	id := diagnose.RunningContainer(pod)
	watch.all[id] = answer{word: diagnose.Word{Health: cockroach.WaitingForInit}}
	workload, err := w.client.Snapshot(t.Context(), kube.Selection{Namespace: "default", Name: "cockroachdb", Selector: sample().Selector()})
	wantNoError(t, err)
	_, err = watch.look(t.Context(), workload)
	wantNoError(t, err)
	if got := watch.all[id].word.Health; got != cockroach.Ready {
		t.Errorf("the pod is taken for %s, and says that it is ready", got)
	}
}

func TestWatchStatus_asksLittleWhileNothingChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		serving(t).watchStatus(func(w *watching) {
			w.wait(time.Minute)
			looks := len(w.seen)
			requests := w.during(10 * time.Minute)
			t.Logf("%d requests a minute", requests/10)
			if requests > 10*60 {
				t.Errorf("%d requests a minute, want at most 60", requests/10)
			}
			if looks = len(w.seen) - looks; looks < 100 || looks > 150 {
				t.Errorf("%d looks in ten minutes, want one each %v", looks, databaseEvery)
			}
			for range 50 { // events are read from what the watch brings
				_, err := w.api.CoreV1().Events("default").Create(t.Context(), &corev1.Event{ObjectMeta: metav1.ObjectMeta{GenerateName: "e", Name: string(w.uid())}}, metav1.CreateOptions{})
				wantNoError(t, err)
			}
			if n := w.during(time.Second) - 50; n > 3 {
				t.Errorf("50 events made %d requests", n)
			}
		})
	})
}

func TestWatchStatus_showsTheEndOfAClusterAndItsComingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.watchStatus(func(all *watching) {
			g := all.last()
			wantError(t, g.Trouble, Absent, "there is none")
			if g.Status != nil {
				t.Errorf("a status of nothing: %+v", g.Status)
			}
			if n := all.during(10 * time.Minute); n > 10*30 {
				t.Errorf("%d requests a minute for nothing", n/10)
			}
			_, err := w.up()
			wantNoError(t, err)
			all.wait(0)
			if s := all.last().Status; s == nil || s.Condition != Healthy || all.last().Trouble != nil {
				t.Fatalf("after up: %+v", all.last())
			}
			_, err = w.down(Unasked)
			wantNoError(t, err)
			all.wait(surveyAgain)
			if s := all.last().Status; s == nil || s.Condition != Stopped {
				t.Errorf("after down: %+v", s)
			}
			_, err = w.down(Given)
			wantNoError(t, err)
			all.wait(surveyAgain)
			wantError(t, all.last().Trouble, Absent, "there is none")
			if all.last().Status != nil {
				t.Error("what is deleted is shown as if it were there")
			}
		})
	})
}

func TestWatchStatus_keepsWhatItSawWhileTheServerIsSilent(t *testing.T) {
	silent := &kube.UnreachableError{Server: "https://there", Err: errors.New("connection refused")}
	w := serving(t)
	var got []Glance
	watch := &statusWatch{
		client: w.client, target: target(), now: time.Now, lookout: newLookout(w.client, time.Now),
		show: func(g Glance) error { got = append(got, g); return nil },
	}
	workload, err := w.client.Snapshot(t.Context(), kube.Selection{Namespace: "default", Name: "cockroachdb", Selector: sample().Selector()})
	wantNoError(t, err)
	_, err = watch.look(t.Context(), workload)
	wantNoError(t, err)
	deaf := workload
	deaf.Trouble = silent
	verdict, err := watch.look(t.Context(), deaf)
	wantNoError(t, err)
	requests := w.requests
	if g := got[1]; g.Status != got[0].Status || g.Seen != got[0].Seen || !errors.Is(g.Trouble, silent) || verdict.Again == 0 {
		t.Errorf("in silence %+v, again in %v", g, verdict.Again)
	}
	_, err = watch.look(t.Context(), workload)
	wantNoError(t, err)
	if g := got[2]; g.Trouble != nil || !g.Seen.After(got[0].Seen) || w.requests < requests+10 {
		t.Errorf("afterwards %+v, %d requests", g, w.requests-requests)
	}
}

func TestWatchStatus_waitsForAServerThatIsNotThereYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := serving(t)
		var mu sync.Mutex
		down := true
		w.api.PrependReactor("*", "*", func(clienttesting.Action) (bool, runtime.Object, error) {
			mu.Lock()
			defer mu.Unlock()
			if down {
				return true, nil, apierrors.NewServiceUnavailable("not yet")
			}
			return false, nil, nil
		})
		w.watchStatus(func(all *watching) {
			all.wait(10 * time.Second)
			if g := all.last(); g.Trouble == nil || g.Status != nil {
				t.Errorf("without a server: %+v", g)
			}
			mu.Lock()
			down = false
			mu.Unlock()
			all.wait(10 * time.Second)
			if g := all.last(); g.Trouble != nil || g.Status == nil || g.Status.Condition != Healthy {
				t.Errorf("with a server: %+v", g)
			}
		})
	})
}

func TestWatchStatus_endsForThoseWhoMayNotLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := serving(t)
		w.api.PrependReactor("get", "configmaps", func(clienttesting.Action) (bool, runtime.Object, error) {
			return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, "cockroachdb-cluster",
				errors.New(`User "u" cannot get resource "configmaps" in API group "" in the namespace "default"`))
		})
		all := w.watchStatus(func(all *watching) { all.wait(0) })
		if !kube.IsForbidden(all.err) || len(all.seen) != 0 {
			t.Errorf("error %v, %d looks", all.err, len(all.seen))
		}
	})
}

func TestWatchStatus_endsWhenItCannotBeShown(t *testing.T) {
	broken := errors.New("disk full")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := WatchStatus(ctx, serving(t).client, target(), time.Now, func(Glance) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
