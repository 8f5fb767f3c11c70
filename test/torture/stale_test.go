package torture

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
)

// staleVerbs are commands before which something has changed, and the command
// of their setup whose reads are what they will be told.
func staleVerbs() []staleVerb {
	const nodes = 3
	made, same := up(nodes), []string{"up"}
	fresh := up(nodes, "--fresh", "--yes") // with all its flags: the settings may go on the way
	return []staleVerb{
		{verb{name: "up, told that there is nothing", args: up(nodes), setup: [][]string{made}, rows: true}, 0},
		{verb{name: "up, told of the cluster before --fresh", args: same, setup: [][]string{made, same, fresh}, rows: true}, 1},
		{verb{name: "up, told of one node less", args: same, setup: [][]string{made, same, {"up", "--nodes", strconv.Itoa(nodes + 1)}}, rows: true}, 1},
		{verb{name: "down, told of the cluster before --fresh", args: []string{"down"}, setup: [][]string{made, same, fresh}, rows: true, after: same}, 1},
		{verb{name: "up --fresh, told of the cluster before", args: fresh, setup: [][]string{made, same, fresh}}, 1},
		{verb{name: "down --delete-data, told of the cluster before", args: []string{"down", "--delete-data", "--yes"}, setup: [][]string{made, same, fresh}, deletes: true}, 1},
	}
}

type staleVerb struct {
	verb
	then int // the number in setup of the command whose reads are the old news
}

// plain are the verbs themselves.
func plain(stale []staleVerb) []verb {
	var all []verb
	for _, v := range stale {
		all = append(all, v.verb)
	}
	return all
}

// staleTrials answer each read of which an older answer is known with that:
// once this one alone, once this one and all after it.
func (a *arena) staleTrials(v peace, then int) []trial {
	var all []trial
	for k := 1; k <= v.requests; k++ {
		for _, how := range []string{"one read", "all from there on"} {
			all = append(all, trial{
				section: staleness, row: v.name, column: how,
				name: fmt.Sprintf("stale/%s/%s/%d", v.name, how, k),
				run: func(ctx context.Context) outcome {
					return a.stale(ctx, v, then, func(n int, _ *http.Request) deed {
						if n == k || n > k && how != "one read" {
							return old
						}
						return pass
					})
				},
			})
		}
	}
	all = append(all, trial{
		section: staleness, row: v.name, column: "events left out",
		name: fmt.Sprintf("stale/%s/events", v.name),
		run: func(ctx context.Context) outcome {
			return a.stale(ctx, v, then, func(_ int, r *http.Request) deed {
				if watches(r) {
					return skipped
				}
				return pass
			})
		},
	})
	return all
}

// stale is one case. Whatever the command made of the old news: afterwards the
// same command ends right, no second initialisation, no row lost.
func (a *arena) stale(ctx context.Context, v peace, then int, decide hook) outcome {
	past := newArchive()
	p, err := a.enterKeeping(ctx, v.verb, then, past)
	if err != nil {
		return wrongly(err.Error())
	}
	defer p.leave(ctx)
	return p.disturbed(ctx, v, disturbance{decide: decide, past: past})
}
