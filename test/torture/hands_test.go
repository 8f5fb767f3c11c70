package torture

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// hand is what somebody else does during up.
type hand struct {
	name string
	do   func(ctx context.Context, p *place) error
	// words of which an error has one.
	words []string
	// forced: what somebody set is taken over by --force-conflicts alone.
	forced bool
	// refused: what is in deletion cannot be saved, so that up may refuse.
	refused bool
	// history: what somebody set stays in the history of the templates.
	history bool
	// recreate: the namespace has to be made again before up can end right.
	recreate bool
}

func (a *arena) hands() []hand {
	none := metav1.DeleteOptions{}
	patch := func(ctx context.Context, p *place, text string) error {
		_, err := a.client.AppsV1().StatefulSets(p.direct.namespace).
			Patch(ctx, "cockroachdb", types.MergePatchType, []byte(text), metav1.PatchOptions{FieldManager: "hand"})
		return err
	}
	return []hand{
		{name: "a pod is deleted", words: []string{"cockroachdb-1"}, do: func(ctx context.Context, p *place) error {
			return a.client.CoreV1().Pods(p.direct.namespace).Delete(ctx, "cockroachdb-1", none)
		}},
		{name: "a claim is deleted", refused: true, words: []string{"datadir-cockroachdb-1"}, do: func(ctx context.Context, p *place) error {
			return a.client.CoreV1().PersistentVolumeClaims(p.direct.namespace).Delete(ctx, "datadir-cockroachdb-1", none)
		}},
		{name: "the set is scaled", forced: true, words: []string{"statefulset", "replicas", "scaled"}, do: func(ctx context.Context, p *place) error {
			return patch(ctx, p, `{"spec":{"replicas":2}}`)
		}},
		{name: "the set is edited", forced: true, history: true, words: []string{"statefulset"}, do: func(ctx context.Context, p *place) error {
			return patch(ctx, p, `{"spec":{"template":{"spec":{"terminationGracePeriodSeconds":17}}}}`)
		}},
		{name: "the namespace is deleted", words: []string{"namespace"}, recreate: true, do: func(ctx context.Context, p *place) error {
			return a.client.CoreV1().Namespaces().Delete(ctx, p.direct.namespace, none)
		}},
	}
}

// handTrials let somebody else do something at each request of up on nothing:
// the command notices. It ends well only if everything is as it ought to be,
// and otherwise with an error that names what was touched. What is done after
// it has seen all pods ready is as if done after its end: it need not see that.
func (a *arena) handTrials(v peace) []trial {
	var all []trial
	for _, h := range a.hands() {
		for k := 1; k <= v.requests; k++ {
			all = append(all, trial{
				section: foreign, row: h.name, column: "runs",
				name: fmt.Sprintf("hand/%s/%d", h.name, k),
				run:  func(ctx context.Context) outcome { return a.hand(ctx, v, h, k) },
			})
		}
	}
	return all
}

func (a *arena) hand(ctx context.Context, v peace, h hand, k int) (out outcome) {
	p, err := a.enter(ctx, v.verb)
	if err != nil {
		return wrongly(err.Error())
	}
	defer p.leave(ctx)
	var once sync.Once
	var done error
	var mu sync.Mutex
	ready, late := false, false
	c, stand, err := p.proxied(ctx, func(n int, r *http.Request) deed {
		mu.Lock()
		ready = ready || strings.Contains(r.URL.Path, "_status/vars")
		seen := ready
		mu.Unlock()
		if n >= k {
			once.Do(func() {
				late = seen
				done = h.do(ctx, p)
				out.at = fmt.Sprintf("request %d, %s", n, point(r))
			})
		}
		return pass
	}, v.args...)
	if err != nil {
		return wrongly(err.Error())
	}
	first := c.start().wait()
	stand.close()
	switch {
	case apierrors.IsNotFound(done): // it was too early: there is nothing to touch yet
		out.skipped = true
		return out
	case done != nil:
		return wrongly(done.Error())
	}
	out.story = first.String()
	out.wrong = first.faults(h.words)
	if h.history {
		p.forget, v.want = true, v.want.withoutHistory()
	}
	if first.code() == 0 && !h.recreate && !late {
		for _, line := range p.comesTo(ctx, v.want) {
			out.wrong = append(out.wrong, "not noticed: "+line)
		}
	}
	if h.recreate {
		if err := p.anew(ctx); err != nil {
			out.wrong = append(out.wrong, err.Error())
			return out
		}
	}
	if h.forced {
		v.args = append(slices.Clip(v.args), "--force-conflicts")
	}
	if h.refused {
		c := p.direct.run(ctx, v.args...)
		out.story += c.String()
		if c.code() == 5 {
			out.wrong = append(out.wrong, c.faults(h.words)...)
			return out
		}
	}
	return p.again(ctx, v, out)
}

// anew makes the namespace again when it is gone.
func (p *place) anew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, hung)
	defer cancel()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.direct.namespace}}
	for ctx.Err() == nil {
		_, err := p.arena.client.CoreV1().Namespaces().Create(ctx, ns, metav1.CreateOptions{})
		if !apierrors.IsAlreadyExists(err) {
			return err
		}
		p.endPods(ctx)
		<-time.After(time.Second)
	}
	return fmt.Errorf("namespace %s does not go: %w", ns.Name, ctx.Err())
}
