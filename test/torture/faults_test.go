package torture

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// burst is how long a server fails at every request.
	burst = 20 * time.Second
	// seldom is how many requests of a hundred fail otherwise.
	seldom = 10
	// perFault is how often each fault is tried with each verb.
	perFault = 6
)

// named are the words of which an error that came of a fault has one.
var named = map[deed][]string{
	tooMany:     {"TooManyRequests", "too many requests"},
	internal:    {"InternalError", "internal error"},
	unavailable: {"ServiceUnavailable", "unavailable"},
	reset:       {"reset", "EOF", "cannot be reached", "connection"},
	half:        {"EOF", "cannot be reached", "connection", "stream"},
	silence:     {"no answer", "not answer", "timed out", "deadline", "no end after"},
	closed:      {"watch"},
	gone:        {"Expired", "too old"},
}

// faultTrials let requests fail at random, now and then or all for a while.
func (a *arena) faultTrials(v peace) []trial {
	var all []trial
	for _, what := range slices.Sorted(maps.Keys(named)) {
		for _, how := range []string{"10 %", "20 s"} {
			for i := range perFault {
				all = append(all, trial{
					section: faults, row: string(what) + ", " + how, column: "`" + v.name + "`",
					name: fmt.Sprintf("fault/%s/%s/%s/%d", v.name, what, how, i),
					run: func(ctx context.Context) outcome {
						random := rand.New(rand.NewPCG(a.seed, uint64(i)))
						decide := now(what, random)
						if how == "20 s" {
							decide = forAWhile(what, 1+random.IntN(v.requests))
						}
						p, err := a.enter(ctx, v.verb)
						if err != nil {
							return wrongly(err.Error())
						}
						defer p.leave(ctx)
						return p.disturbed(ctx, v, disturbance{decide: decide, words: named[what], right: true})
					},
				})
			}
		}
	}
	return all
}

const (
	// deadline is what the command is given when nobody ever answers it again.
	deadline = 20 * time.Second
	// farewell is how much longer it may take to end after that.
	farewell = 15 * time.Second
)

// muteTrials let the server fall silent for ever at some request: the command
// ends when its own time is up.
func (a *arena) muteTrials(v peace) []trial {
	var all []trial
	for i := range 2 {
		all = append(all, trial{
			section: faults, row: string(mute), column: "`" + v.name + "`",
			name: fmt.Sprintf("mute/%s/%d", v.name, i),
			run: func(ctx context.Context) outcome {
				return a.mute(ctx, v, 1+rand.New(rand.NewPCG(a.seed, uint64(i))).IntN(v.requests))
			},
		})
	}
	return all
}

func (a *arena) mute(ctx context.Context, v peace, k int) (out outcome) {
	p, err := a.enter(ctx, v.verb)
	if err != nil {
		return wrongly(err.Error())
	}
	defer p.leave(ctx)
	c, stand, err := p.proxied(ctx, func(n int, _ *http.Request) deed {
		if n >= k {
			return mute
		}
		return pass
	}, append(slices.Clip(v.args), "--timeout", deadline.String())...)
	if err != nil {
		return wrongly(err.Error())
	}
	first := c.start().wait()
	stand.close()
	did := stand.events()
	if len(did) == 0 {
		return outcome{skipped: true}
	}
	out.at, out.story = did[0].String(), first.String()
	out.wrong = first.faults(nil)
	if first.after > deadline+farewell {
		out.wrong = append(out.wrong, fmt.Sprintf("it ended after %s, and had %s", first.after.Round(time.Second), deadline))
	}
	if first.code() == 0 {
		for _, line := range p.comesTo(ctx, v.want) {
			out.wrong = append(out.wrong, "it says that it ended well: "+line)
		}
	}
	return p.again(ctx, v, out)
}

// fits tells whether a fault can meet a request.
func fits(what deed, r *http.Request) bool {
	switch what {
	case closed:
		return watches(r)
	case gone:
		return watches(r) || reads(r) && r.URL.Query().Get("resourceVersion") != ""
	}
	return true
}

// now and then a request fails.
func now(what deed, random *rand.Rand) hook {
	return func(_ int, r *http.Request) deed {
		if random.IntN(100) < seldom && fits(what, r) {
			return what
		}
		return pass
	}
}

// forAWhile every request fails, from the kth on.
func forAWhile(what deed, k int) hook {
	var end time.Time
	return func(n int, r *http.Request) deed {
		if n == k {
			end = time.Now().Add(burst)
		}
		if n >= k && time.Now().Before(end) && fits(what, r) {
			return what
		}
		return pass
	}
}

// outage is a part of Kubernetes that stops for a while.
type outage struct {
	name       string
	stop, back []string // arguments of localkube
}

// outages are all that localkube can stop.
func outages() []outage {
	of := func(name string, args ...string) outage {
		with := func(verb string) []string { return append([]string{args[0], verb}, args[1:]...) }
		return outage{name, with("stop"), with("start")}
	}
	return []outage{
		of("API server stopped", "apiserver"), of("etcd stopped", "etcd"),
		of("a machine stopped", "machine", "machine-1"), of("a machine stopped", "machine", "machine-2"),
	}
}

// outageTrials stop a part of Kubernetes in the middle of a verb and start it
// again; nothing else is tried meanwhile.
func (a *arena) outageTrials(v peace) []trial {
	var all []trial
	for _, o := range outages() {
		for i := range 3 {
			all = append(all, trial{
				section: faults, row: o.name, column: "`" + v.name + "`", alone: true,
				name: fmt.Sprintf("outage/%s/%s/%d", v.name, strings.Join(o.stop, "-"), i),
				run: func(ctx context.Context) outcome {
					random := rand.New(rand.NewPCG(a.seed, uint64(i)))
					return a.outage(ctx, v, o, 1+random.IntN(v.requests), time.Duration(1+random.IntN(10))*time.Second)
				},
			})
		}
	}
	return all
}

func (a *arena) outage(ctx context.Context, v peace, o outage, k int, length time.Duration) outcome {
	p, err := a.enter(ctx, v.verb)
	if err != nil {
		return wrongly(err.Error())
	}
	defer p.leave(ctx)
	var once sync.Once
	var back sync.WaitGroup
	var failed error
	decide := func(n int, _ *http.Request) deed {
		if n >= k {
			once.Do(func() {
				failed = a.localkube(ctx, o.stop...)
				back.Go(func() {
					<-time.After(length)
					failed = a.localkube(ctx, o.back...)
				})
			})
		}
		return pass
	}
	return p.disturbed(ctx, v, disturbance{decide: decide, words: []string{"error: "}, right: true, over: func() error {
		back.Wait()
		if failed != nil {
			return failed
		}
		return a.well(ctx)
	}})
}

func (a *arena) localkube(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(a.bin, "localkube"), append(args, "--dir", filepath.Join(a.dir, "cluster"))...)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, said)
	}
	return nil
}

// well waits until all machines take pods again.
func (a *arena) well(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, hung)
	defer cancel()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		nodes, err := a.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err == nil && !slices.ContainsFunc(nodes.Items, func(n corev1.Node) bool { return len(n.Spec.Taints) > 0 }) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("machines do not come back: %w", err)
		case <-again.C:
		}
	}
}
