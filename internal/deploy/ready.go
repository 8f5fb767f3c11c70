package deploy

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// ready waits until all pods are Ready, and then until the database itself
// says that all its nodes live and no range is unavailable.
func (u *up) ready(ctx context.Context) (ending, error) {
	rollout, err := u.watchPods(ctx, diagnose.Pod.IsReady)
	if err != nil {
		return ending{}, err
	}
	u.rollout = rollout
	pause := 100 * time.Millisecond
	err = kube.Await(ctx, nil, func(ctx context.Context) (kube.Verdict, error) {
		health := readVars(ctx, u.client, u.cluster, u.podNames())
		why := unhealthy(u.cluster, health)
		if why == "" {
			return kube.Verdict{Done: true}, nil
		}
		u.r.waiting(u.cluster.Nodes, u.cluster.Nodes, "%s ready, %s", progress.Count(u.cluster.Nodes, "pod"), why)
		pause = min(2*pause, 2*time.Second)
		return kube.Verdict{Why: why, Again: pause}, nil
	})
	if err != nil {
		return ending{}, err
	}
	if u.cluster.Served != u.cluster.Nodes {
		u.cluster.Served = u.cluster.Nodes
		if err := u.saveSettings(ctx); err != nil {
			return ending{}, err
		}
	}
	u.crowded()
	return done("%s ready, %s live", progress.Count(u.cluster.Nodes, "pod"), progress.Count(u.cluster.Nodes, "CockroachDB node")), nil
}

// crowded says that one node's end would end them all, where there are others.
func (u *up) crowded() {
	on := map[string]bool{}
	for _, pod := range u.rollout.Pods {
		on[pod.Node] = true
	}
	if len(on) == 1 && u.cluster.Nodes > 1 && len(u.nodes) > 1 {
		u.r.note("all %d pods are on node %s: with it the database would be gone", u.cluster.Nodes, u.rollout.Pods[0].Node)
	}
}

func (u *up) podNames() []string {
	var names []string
	for i := range u.cluster.Nodes {
		names = append(names, u.cluster.PodName(i))
	}
	return names
}

// reading is what one pod's metrics said, or why they could not be read.
type reading struct {
	vars cockroach.Vars
	err  error
}

// readVars reads the metrics of these pods side by side.
func readVars(ctx context.Context, client *kube.Client, c cockroach.Cluster, pods []string) map[string]reading {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	all := map[string]reading{}
	var mu sync.Mutex
	var group sync.WaitGroup
	for _, pod := range pods {
		group.Go(func() {
			var one reading
			got, err := client.Get(ctx, endpoint(c, pod, cockroach.VarsPath))
			switch {
			case err != nil:
				one.err = err
			case got.Status != 200:
				one.err = fmt.Errorf("metrics answer with HTTP status %d", got.Status)
			default:
				one.vars, one.err = cockroach.ParseVars(got.Body)
			}
			mu.Lock()
			defer mu.Unlock()
			all[pod] = one
		})
	}
	group.Wait()
	return all
}

// unhealthy says what the database still lacks; empty: nothing. A pod whose
// metrics could not be read is unknown, never counted as well.
func unhealthy(c cockroach.Cluster, readings map[string]reading) string {
	var lacks []string
	unavailable := 0
	for i := range c.Nodes {
		one := readings[c.PodName(i)]
		switch {
		case one.err != nil:
			lacks = append(lacks, c.PodName(i)+" gives no metrics: "+firstLine(one.err))
		case !one.vars.LiveNodes.Known || one.vars.LiveNodes.Value < int64(c.Nodes):
			lacks = append(lacks, fmt.Sprintf("%s sees %s of %d CockroachDB nodes live", c.PodName(i), number(one.vars.LiveNodes), c.Nodes))
		}
		unavailable += int(one.vars.Unavailable.Value)
	}
	if unavailable > 0 {
		lacks = append(lacks, progress.Count(unavailable, "unavailable range"))
	}
	return strings.Join(lacks, ", ")
}

// number writes a reading that may be unknown.
func number(n cockroach.Count) string {
	if !n.Known {
		return "an unknown number"
	}
	return strconv.FormatInt(n.Value, 10)
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
