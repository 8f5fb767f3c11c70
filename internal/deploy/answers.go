package deploy

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// Pauses between questions. A process opens its port 0.2 s after its start,
// so the first ones come quickly; the number of questions must not grow with
// the time that a slow start takes.
const (
	askTimeout = 2 * time.Second
	askFirst   = 150 * time.Millisecond
	askLast    = 5 * time.Second
	goneAgain  = 150 * time.Millisecond
)

// answers remembers what each container said of itself, so that a container
// which has said that it waits for init is not asked again.
type answers struct {
	client *kube.Client
	now    func() time.Time

	mu  sync.Mutex
	all map[string]answer // by container ID
	// first is how long a container that has just been seen is left alone.
	first time.Duration
}

type answer struct {
	word  diagnose.Word
	pause time.Duration
	next  time.Time
	// doubted: what it said may be over.
	doubted bool
}

// settled says that the container is not asked again: it waits for others.
func (a answer) settled() bool { return a.word.Health == cockroach.WaitingForInit && !a.doubted }

func newAnswers(client *kube.Client, now func() time.Time) *answers {
	return &answers{client: client, now: now, all: map[string]answer{}}
}

// ask questions all running containers that are not Ready and whose time has
// come, side by side, and returns what is known by pod name.
func (a *answers) ask(ctx context.Context, c cockroach.Cluster, pods []*corev1.Pod) map[string]diagnose.Word {
	known := map[string]diagnose.Word{}
	questioned := map[string]bool{}
	var group sync.WaitGroup
	for _, pod := range pods {
		id := diagnose.RunningContainer(pod)
		if id == "" || diagnose.PodReady(pod) {
			continue
		}
		questioned[id] = true
		group.Go(func() {
			said := a.one(ctx, c, pod.Name, id)
			a.mu.Lock()
			defer a.mu.Unlock()
			known[pod.Name] = said
		})
	}
	group.Wait()
	a.keep(questioned)
	return known
}

// keep forgets all other containers: no question to them is due any more.
func (a *answers) keep(questioned map[string]bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.all, func(id string, _ answer) bool { return !questioned[id] })
}

func (a *answers) one(ctx context.Context, c cockroach.Cluster, pod, id string) diagnose.Word {
	a.mu.Lock()
	last, seen := a.all[id]
	if !seen && a.first > 0 {
		last.next = a.now().Add(a.first)
		a.all[id] = last
	}
	a.mu.Unlock()
	if last.settled() || a.now().Before(last.next) {
		return last.word
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	last.word = askReady(ctx, a.client, c, pod)
	last.pause = min(max(2*last.pause, askFirst), askLast)
	last.next = a.now().Add(last.pause)
	a.mu.Lock()
	a.all[id] = last
	a.mu.Unlock()
	return last.word
}

// askReady asks one pod whether it is ready. That nothing answers is an
// answer too: the process has not opened its port yet.
func askReady(ctx context.Context, client *kube.Client, c cockroach.Cluster, pod string) diagnose.Word {
	got, err := client.Get(ctx, endpoint(c, pod, cockroach.ReadyPath))
	if err != nil {
		text := "does not answer yet"
		if !errors.Is(err, kube.ErrNotAnswering) && ctx.Err() == nil {
			text = firstLine(err)
		}
		return diagnose.Word{Text: text}
	}
	health, text := cockroach.ParseReady(got.Status, got.Body)
	return diagnose.Word{Health: health, Text: text}
}

// endpoint is where a pod's database answers over HTTP.
func endpoint(c cockroach.Cluster, pod, path string) kube.Endpoint {
	path, query, _ := strings.Cut(path, "?")
	values, _ := url.ParseQuery(query)
	return kube.Endpoint{Namespace: c.Namespace, Pod: pod, Scheme: c.HTTPScheme(), Port: cockroach.HTTPPort, Path: path, Query: values}
}

// again is how long to wait before the next question is due; 0: none is.
func (a *answers) again() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	var soonest time.Duration
	for _, one := range a.all {
		if one.settled() {
			continue
		}
		wait := max(one.next.Sub(a.now()), time.Millisecond)
		if soonest == 0 || wait < soonest {
			soonest = wait
		}
	}
	return soonest
}

// doubt lets what the containers said stand for a while, and asks again after
// that: init has changed it, and if all goes well Kubernetes is the first to say so.
func (a *answers) doubt(length time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, one := range a.all {
		one.doubted, one.pause, one.next = true, 0, a.now().Add(length)
		a.all[id] = one
	}
}

// forget drops all answers, for when init has changed them.
func (a *answers) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.all)
}
