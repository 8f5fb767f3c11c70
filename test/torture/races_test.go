package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	// perRace is how often each is run, each time with another offset.
	perRace = 50
	// apart is the longest time between the beginnings of two commands.
	apart = 8 * time.Second
)

// race is a command, and another that begins while it runs.
type race struct {
	name  string
	setup [][]string
	other []string
}

// raceTrials let two commands work on the same cluster. v is up on nothing.
func (a *arena) raceTrials(v peace) []trial {
	var all []trial
	for _, r := range []race{
		{name: "up and up", other: v.args},
		{name: "up and down", other: []string{"down"}},
		{name: "up and up, on a cluster that is", setup: [][]string{v.args}, other: v.args},
		{name: "up and certs rotate", setup: [][]string{v.args}, other: []string{"certs", "rotate"}},
		{name: "up and down, on a cluster that is", setup: [][]string{v.args}, other: []string{"down"}},
	} {
		for i := range perRace {
			all = append(all, trial{
				section: races, row: r.name, column: "runs",
				name: fmt.Sprintf("race/%s/%d", r.name, i),
				run: func(ctx context.Context) outcome {
					random := rand.New(rand.NewPCG(a.seed, uint64(i)))
					return a.race(ctx, v, r, random)
				},
			})
		}
	}
	return all
}

func (a *arena) race(ctx context.Context, v peace, r race, random *rand.Rand) (out outcome) {
	v.setup, v.rows = r.setup, r.setup != nil
	p, err := a.enter(ctx, v.verb)
	if err != nil {
		return wrongly(err.Error())
	}
	defer p.leave(ctx)
	first, second := v.args, r.other
	longest := apart
	if r.setup != nil { // a command without anything to do is short
		longest = time.Second
	}
	if random.IntN(2) == 0 {
		first, second = second, first
	}
	if random.IntN(2) == 0 {
		second = append(slices.Clip(second), "--wait-lock", "1m")
	}
	offset := time.Duration(random.Int64N(int64(longest)))
	one := p.direct.prepare(ctx, first...).start()
	<-time.After(offset)
	other := p.direct.prepare(ctx, second...).start()
	one.wait()
	other.wait()
	out.at = fmt.Sprintf("%q, %s later %q", first, offset.Round(time.Millisecond), second)
	out.story = one.String() + other.String()
	out.wrong = append(one.faults(nil), other.faults(nil)...)
	return p.again(ctx, v, out)
}
