package torture

import (
	"context"
	"flag"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// atOnce is how many trials run side by side.
const atOnce = 4

// trial is one case of torture.
type trial struct {
	section, row, column string // where the report counts it
	name                 string
	run                  func(context.Context) outcome
	alone                bool // nothing else may be tried meanwhile
	beyond               bool // there may be nothing to try
}

// turn is 0 for what there is little of: where the time does not suffice for
// everything, that is not what is left out.
func (tr trial) turn() int {
	few := slices.Contains([]string{canaries, refusals, leaks, inputs, alike}, tr.section)
	if few && !strings.HasPrefix(tr.name, "swap/") {
		return 0
	}
	return 1
}

// outcome is what came of a trial.
type outcome struct {
	column  string // where it is counted if not in the trial's own
	at      string // the request that it was about
	wrong   []string
	story   string // what was run, and what it said
	skipped bool   // there was nothing to try
	counts  int    // how many it is in the table; 0: one
}

func wrongly(what string) outcome { return outcome{wrong: []string{what}} }

// TestTorture tries everything in a long run, in an order that the seed
// decides, and some of everything in a short one.
//
// A single case is tried with -run 'TestTorture/crash/up/killed_after/17$'.
func TestTorture(t *testing.T) {
	a := shared.need(t)
	random := rand.New(rand.NewPCG(a.seed, 1))
	var all []trial
	for _, kind := range a.kinds(t) {
		if !a.long {
			kind.trials = slices.DeleteFunc(kind.trials, func(tr trial) bool { return tr.beyond })
			random.Shuffle(len(kind.trials), func(i, j int) { kind.trials[i], kind.trials[j] = kind.trials[j], kind.trials[i] })
			kind.trials = kind.trials[:kind.sample]
		}
		all = append(all, kind.trials...)
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	slices.SortStableFunc(all, func(a, b trial) int { return a.turn() - b.turn() })
	counts := map[string]int{}
	for _, left := range a.try(t, all) {
		if !left.beyond {
			counts[left.section+", "+left.row+", "+left.column]++
		}
	}
	a.report.leftOut(counts)
}

// kind are trials of one kind, and how many of them a short run tries.
type kind struct {
	trials []trial
	sample int
}

// calm is how verbs end that nobody disturbs.
type calm struct {
	verbs []peace
	stale []peace
	then  []int // for each stale one, the command whose reads are the old news
}

// kinds are all of them. Only verbs that -run chooses are run in peace before.
func (a *arena) kinds(t *testing.T) []kind {
	t.Helper()
	choice := flag.Lookup("test.run").Value.String()
	verbs, old := a.verbs(), staleVerbs()
	others := chosen(choice, "race") || chosen(choice, "hand")
	planted := a.long && chosen(choice, "canary")
	if !a.long { // up and one other: what comes before each takes longest
		verbs = []verb{verbs[0], verbs[1+int(a.seed)%(len(verbs)-1)]}
		old = old[int(a.seed)%len(old):][:1]
	}
	wanted := slices.DeleteFunc(verbs, func(v verb) bool {
		if planted || others && v.name == up0 {
			return false
		}
		return !slices.ContainsFunc([]string{"crash", "fault", "mute", "outage"}, func(kind string) bool { return chosen(choice, kind, v.name) })
	})
	old = slices.DeleteFunc(old, func(v staleVerb) bool { return !planted && !chosen(choice, "stale", v.name) })
	c := calm{verbs: a.inPeace(t, wanted), stale: a.inPeace(t, plain(old))}
	for _, v := range old {
		c.then = append(c.then, v.then)
	}
	for _, v := range c.verbs {
		a.report.note(crashes, "`%s`, undisturbed, makes %d requests.", v.name, v.requests)
	}
	all := a.disturbances(c)
	if a.long {
		all = append(all, kind{a.canaryTrials(t, c), 0}, kind{a.inputTrials(t), 0})
	}
	return all
}

// disturbances are all trials of this build of the program.
func (a *arena) disturbances(c calm) []kind {
	all := []kind{{a.dataTrials(), 1}, {a.lookalikeTrials(), 1}, {a.swapTrials(), 1}, {a.leakTrials(), 1}}
	for _, v := range c.verbs {
		all = append(all, kind{a.crashTrials(v), 1}, kind{a.faultTrials(v), 1}, kind{a.muteTrials(v), 0}, kind{a.outageTrials(v), 0})
		if v.name == up0 {
			all = append(all, kind{a.raceTrials(v), 1}, kind{a.handTrials(v), 1})
		}
	}
	for i, v := range c.stale {
		all = append(all, kind{a.staleTrials(v, c.then[i]), 1})
	}
	return all
}

// chosen tells whether -run may mean trials with these names.
func chosen(choice string, names ...string) bool {
	parts := strings.Split(choice, "/")
	for i, name := range names {
		if i+1 >= len(parts) {
			return true
		}
		if matches, err := regexp.MatchString(parts[i+1], strings.ReplaceAll(name, " ", "_")); err == nil && !matches {
			return false
		}
	}
	return true
}

// inPeace runs each verb once undisturbed, side by side.
func (a *arena) inPeace(t *testing.T, verbs []verb) []peace {
	t.Helper()
	all := make([]peace, len(verbs))
	var workers sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for i, v := range verbs {
		free <- struct{}{}
		workers.Go(func() {
			defer func() { <-free }()
			var err error
			if all[i], err = a.undisturbed(t.Context(), v); err != nil {
				t.Errorf("%s: %v", v.name, err)
			}
		})
	}
	workers.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return all
}

// try runs the trials until the time is up, and gives those that are left.
func (a *arena) try(t *testing.T, all []trial) (left []trial) {
	t.Helper()
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for {
				mu.Lock()
				if len(all) == 0 || a.over() {
					mu.Unlock()
					return
				}
				next := all[0]
				all = all[1:]
				mu.Unlock()
				t.Run(next.name, func(t *testing.T) {
					defer a.room(next)()
					begun := time.Now()
					a.judge(t, next, next.run(t.Context()))
					t.Logf("%.1fs", time.Since(begun).Seconds())
				})
			}
		})
	}
	workers.Wait()
	return all
}

// room lets a trial begin, and one that must be alone when nothing else runs.
func (a *arena) room(next trial) (leave func()) {
	if next.alone {
		a.calm.Lock()
		return a.calm.Unlock
	}
	a.calm.RLock()
	return a.calm.RUnlock
}

// judge counts a trial, and says what went wrong in it.
func (a *arena) judge(t *testing.T, tried trial, out outcome) {
	t.Helper()
	if out.skipped || t.Context().Err() != nil {
		return
	}
	column := tried.column
	if out.column != "" {
		column = out.column
	}
	a.report.tried(tried.section, tried.row, column, max(1, out.counts))
	if len(out.wrong) == 0 {
		return
	}
	name := strings.TrimSpace(tried.name + " " + out.at)
	a.report.failed(failure{Case: name, Wrong: slices.Clone(out.wrong), Story: out.story})
	t.Errorf("%s\n%s\n%s", out.at, strings.Join(out.wrong, "\n"), out.story)
}
