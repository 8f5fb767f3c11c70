package torture

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
)

// leastAlike is how many objects stand around each verb, at least.
const leastAlike = 100

// neighbour is another cluster of crdb-kube in the namespace.
const neighbour = "cockroachdb-3"

// lookalikeTrials run each verb among objects that look like its own, beside
// another cluster of crdb-kube in the same namespace: not one of them changes.
func (a *arena) lookalikeTrials() []trial {
	var all []trial
	for _, v := range a.verbs() {
		all = append(all, trial{
			section: alike, row: "`" + v.name + "`", column: "objects", name: "alike/" + v.name,
			run: func(ctx context.Context) outcome { return a.among(ctx, v) },
		})
	}
	return all
}

// among runs a verb among lookalikes.
func (a *arena) among(ctx context.Context, v verb) (out outcome) {
	p, err := a.enter(ctx, v)
	if err != nil {
		return wrongly(err.Error())
	}
	defer p.leave(ctx)
	beside := p.before().run(ctx, append(up(1), "--name", neighbour)...)
	if beside.code() != 0 {
		return wrongly(beside.String())
	}
	all, err := p.lookalikes(ctx)
	if err != nil {
		return wrongly(err.Error())
	}
	defer p.leaveAlike(ctx, all)
	others, err := p.ofNeighbour(ctx)
	if err != nil {
		return wrongly(err.Error())
	}
	all = append(all, others...)
	before, err := a.still(ctx, all)
	if err != nil {
		return wrongly(err.Error())
	}
	c := p.direct.run(ctx, v.args...)
	out.story = c.String()
	if c.code() != 0 {
		out.wrong = append(out.wrong, "the verb failed")
	}
	after, err := a.versions(ctx, all)
	if err != nil {
		return wrongly(err.Error())
	}
	for at, version := range after {
		if version != before[at] {
			out.wrong = append(out.wrong, fmt.Sprintf("touched: %s, was %s, is %s", at, before[at], version))
		}
	}
	if len(all) < leastAlike {
		out.wrong = append(out.wrong, fmt.Sprintf("%d objects, want %d", len(all), leastAlike))
	}
	out.counts = len(all)
	return out
}

// ofNeighbour are the objects of the other cluster in the namespace.
func (p *place) ofNeighbour(ctx context.Context) ([]being, error) {
	client, err := dynamic.NewForConfig(p.arena.cfg)
	if err != nil {
		return nil, err
	}
	var all []being
	for _, kind := range kinds {
		list, err := client.Resource(kind).Namespace(p.direct.namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=" + neighbour})
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			if !slices.ContainsFunc(list.Items[i].GetManagedFields(), func(m metav1.ManagedFieldsEntry) bool { return m.Manager == somebody }) {
				all = append(all, being{kind, p.direct.namespace, list.Items[i].GetName()})
			}
		}
	}
	return all, nil
}

// still waits until no controller changes any of the objects any more.
func (a *arena) still(ctx context.Context, all []being) (map[being]string, error) {
	ctx, cancel := context.WithTimeout(ctx, settled)
	defer cancel()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	var before map[being]string
	for same := 0; same < 3; {
		now, err := a.versions(ctx, all)
		if err != nil {
			return nil, err
		}
		if same++; !maps.Equal(now, before) {
			same = 0
		}
		before = now
		<-again.C
	}
	for at, version := range before {
		if version == "gone" {
			return nil, fmt.Errorf("%s was gone before anything was done", at)
		}
	}
	return before, nil
}

// leaveAlike removes what is not in the namespace of the case.
func (p *place) leaveAlike(ctx context.Context, all []being) {
	ctx = context.WithoutCancel(ctx)
	client, err := dynamic.NewForConfig(p.arena.cfg)
	if err != nil {
		return
	}
	for _, at := range all {
		if at.namespace == "" {
			_ = client.Resource(at.at).Delete(ctx, at.name, metav1.DeleteOptions{}) // it all goes with the arena
		}
	}
	_ = p.arena.client.CoreV1().Namespaces().Delete(ctx, p.direct.namespace+"-other", metav1.DeleteOptions{})
}

// swapTrials let somebody put an object of their own in the place of each one
// that a verb deletes, at the last moment: when the request is on its way. It
// must survive.
func (a *arena) swapTrials() []trial {
	const most = 15 // requests that delete, of one verb
	var all []trial
	for _, v := range a.verbs() {
		if !strings.Contains(v.name, "down") && !strings.Contains(v.name, "fresh") {
			continue
		}
		ends := &atomic.Int64{} // the first one that there was not
		ends.Store(most + 1)
		for k := 1; k <= most; k++ {
			all = append(all, trial{
				section: alike, row: "`" + v.name + "`", column: "put in the place of what is deleted",
				name: fmt.Sprintf("swap/%s/%d", v.name, k), beyond: k > 3,
				run: func(ctx context.Context) outcome {
					if int64(k) > ends.Load() {
						return outcome{skipped: true}
					}
					out := a.swap(ctx, v, k)
					if out.skipped {
						ends.Store(min(ends.Load(), int64(k)))
					}
					return out
				},
			})
		}
	}
	return all
}
