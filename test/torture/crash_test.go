package torture

import (
	"context"
	"fmt"
	"sync/atomic"
)

const (
	// beyond is how many requests more than an undisturbed run a disturbed one
	// may make before it counts as one that goes on for ever.
	beyond = 30
)

// crashTrials kill a verb with SIGKILL at its first, second, … request, once
// before that is forwarded and once after its answer has come, and run it again
// in peace. They go on beyond what an undisturbed run needs, until the command
// ends by itself.
func (a *arena) crashTrials(v peace) []trial {
	ends := &atomic.Int64{} // the first request that the command did not come to
	ends.Store(int64(v.requests + beyond))
	var all []trial
	for k := 1; k <= v.requests+beyond; k++ {
		for _, what := range []deed{killBefore, killAfter} {
			all = append(all, trial{
				section: crashes, row: "`" + v.name + "`", column: string(what),
				beyond: k > v.requests,
				name:   fmt.Sprintf("crash/%s/%s/%d", v.name, what, k),
				run: func(ctx context.Context) outcome {
					if int64(k) > ends.Load() {
						return outcome{skipped: true}
					}
					came, out := a.crash(ctx, v, k, what)
					if !came && k > v.requests {
						ends.Store(min(ends.Load(), int64(k)))
					}
					return out
				},
			})
		}
	}
	return all
}

// crash is one case. It says whether the command came to the request.
func (a *arena) crash(ctx context.Context, v peace, k int, what deed) (came bool, out outcome) {
	p, err := a.enter(ctx, v.verb)
	if err != nil {
		return true, wrongly(err.Error())
	}
	defer p.leave(ctx)
	if v.lives {
		p.oracle.begin(ctx)
		defer p.oracle.end()
	}
	c, stand, err := p.proxied(ctx, only(k, what), v.args...)
	if err != nil {
		return true, wrongly(err.Error())
	}
	first := c.start().wait()
	stand.close()
	for _, e := range stand.events() {
		out.at, came = e.Point, true
	}
	if !came {
		out.column = "ended by itself before"
	}
	if first.hangs() || !came && first.code() != 0 {
		out.wrong = append(out.wrong, "the first run hung or failed")
	}
	second := p.direct.run(ctx, v.args...)
	out.story = first.String() + second.String()
	if second.code() != 0 {
		out.wrong = append(out.wrong, "the command failed in peace")
		return came, out
	}
	out.wrong = append(out.wrong, p.holds(ctx, v)...)
	return came, out
}
