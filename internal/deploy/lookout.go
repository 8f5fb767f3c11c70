package deploy

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// Pauses between looks at what explains a standstill. The number of requests
// must not grow with the time that something takes.
const (
	clueFirst   = time.Second
	clueLast    = 15 * time.Second
	clueTimeout = 2 * time.Second
	logLines    = 40
	mostAsked   = 3 // missing pods whose names are looked up
)

// lookout describes pods from snapshots, and looks up what explains them.
type lookout struct {
	*answers
	known diagnose.Clues
	// next is when clues may be looked up again, pause how long after that.
	next  time.Time
	pause time.Duration
}

func newLookout(client *kube.Client, now func() time.Time) *lookout {
	return &lookout{answers: newAnswers(client, now)}
}

// assess asks the pods, and where something does not go on those who know why.
func (l *lookout) assess(ctx context.Context, c cockroach.Cluster, w kube.Workload) diagnose.Rollout {
	scene := diagnose.Scene{
		Cluster: c, Workload: w, Said: l.ask(ctx, c, w.Pods), Clues: l.known, Now: l.now().Add(l.client.Ahead()),
	}
	rollout := scene.Assess()
	wants := scene.Wants(rollout)
	if wants.None() {
		l.pause, l.known = 0, diagnose.Clues{}
		return rollout
	}
	if l.now().Before(l.next) {
		return rollout
	}
	l.pause = min(max(2*l.pause, clueFirst), clueLast)
	l.next = l.now().Add(l.pause)
	l.known = lookUp(ctx, l.client, c, wants)
	scene.Clues = l.known
	return scene.Assess()
}

// again is how soon to look once more: when a question to a pod is due, or
// clues are; 0: nothing is.
func (l *lookout) again() time.Duration {
	soonest := l.answers.again()
	if l.pause > 0 {
		soonest = sooner(soonest, max(l.next.Sub(l.now()), time.Millisecond))
	}
	return soonest
}

// lookUp reads what is wanted. What may not be read, or cannot be now, is left
// out: without it the same is said with less evidence.
func lookUp(ctx context.Context, client *kube.Client, c cockroach.Cluster, wants diagnose.Wants) diagnose.Clues {
	ctx, cancel := context.WithTimeout(ctx, clueTimeout)
	defer cancel()
	clues := diagnose.Clues{Logs: map[string]string{}, Volumes: map[string]*corev1.PersistentVolume{}, Pods: map[string]*corev1.Pod{}}
	for _, pod := range wants.Logs {
		if text, err := client.Log(ctx, c.Namespace, pod, cockroach.Container, logLines); err == nil {
			clues.Logs[pod] = text
		}
	}
	if wants.Nodes == diagnose.Wanted {
		lookUpNodes(ctx, client, c, wants, &clues)
	}
	for _, name := range wants.Pods[:min(mostAsked, len(wants.Pods))] {
		if pod, err := client.Pod(ctx, c.Namespace, name); err == nil && pod != nil {
			clues.Pods[name] = pod
		}
	}
	for _, name := range wants.Volumes {
		if volume, err := client.Volume(ctx, name); err == nil && volume != nil {
			clues.Volumes[name] = volume
		}
	}
	return clues
}

func lookUpNodes(ctx context.Context, client *kube.Client, c cockroach.Cluster, wants diagnose.Wants, clues *diagnose.Clues) {
	nodes, err := client.Nodes(ctx)
	if err != nil {
		return
	}
	clues.Nodes = map[string]*corev1.Node{}
	for i := range nodes {
		clues.Nodes[nodes[i].Name] = &nodes[i]
	}
	if wants.Room != diagnose.Wanted {
		return
	}
	if pods, err := client.NodePods(ctx); err == nil {
		clues.Machines = machines(suited(nodes, c), pods)
	}
}
