package agree

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// pause is how long a proposer waits after a round without a majority.
const pause = 100 * time.Millisecond

// Propose puts e into the log and returns what applying it gave. It tries until
// ctx ends; then e may or may not be decided later.
func (l *Log) Propose(ctx context.Context, e Entry) (any, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	l.mu.Lock()
	l.waiting[e.ID] = nil
	from := len(l.chosen)
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.waiting, e.ID)
		l.mu.Unlock()
	}()
	for {
		done, wait := l.round(ctx, e, from)
		if done {
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.waiting[e.ID], nil
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// round tries to decide one slot. It reports whether e is decided, be it by
// others that found it in an acceptor, and how long to wait before the next
// try. Before the slot from, e cannot be.
func (l *Log) round(ctx context.Context, e Entry, from int) (bool, time.Duration) {
	l.mu.Lock()
	if slices.ContainsFunc(l.chosen[from:], func(c Entry) bool { return c.ID == e.ID }) {
		l.mu.Unlock()
		return true, 0
	}
	slot := uint64(len(l.chosen)) + 1
	voters := l.machine.Voters()
	l.ballot.N++
	ballot := l.ballot
	l.mu.Unlock()

	promises := l.ask(ctx, voters, Message{Kind: "prepare", Slot: slot, Ballot: ballot})
	if l.overtaken(promises, slot) {
		return false, 0 // the next round looks whether it was e
	}
	if promises.yes < majority(voters) {
		return false, promises.wait()
	}
	value := e
	var highest Ballot
	for _, r := range promises.replies {
		if r.reply.OK && r.reply.Accepted != nil && !r.reply.Accepted.Ballot.less(highest) {
			highest, value = r.reply.Accepted.Ballot, r.reply.Accepted.Entry
		}
	}
	accepts := l.ask(ctx, voters, Message{Kind: "accept", Slot: slot, Ballot: ballot, Entry: &value})
	if l.overtaken(accepts, slot) {
		return false, 0 // the next round looks whether it was e
	}
	if accepts.yes < majority(voters) {
		return false, accepts.wait()
	}
	if err := l.Learn(slot, value); err != nil {
		return false, pause
	}
	for _, v := range voters {
		if v != l.self {
			go func() { _, _ = l.dial.Ask(v, Message{Kind: "learn", Slot: slot, Entry: &value}) }()
		}
	}
	return value.ID == e.ID, 0
}

// overtaken reports whether others know the slot to be decided, and takes the
// decided entries from them. The next ballot is above all that was promised.
func (l *Log) overtaken(v votes, slot uint64) bool {
	for _, r := range v.replies {
		if r.reply.Chosen >= slot {
			l.CatchUp(r.node)
		}
		l.mu.Lock()
		l.ballot.N = max(l.ballot.N, r.reply.Promised.N)
		l.mu.Unlock()
	}
	return l.Chosen() >= slot
}

// Barrier returns when this node knows every entry that was decided before the
// call.
func (l *Log) Barrier(ctx context.Context, noop Entry) error {
	for {
		l.mu.Lock()
		voters := l.machine.Voters()
		l.mu.Unlock()
		v := l.ask(ctx, voters, Message{Kind: "head"})
		if v.yes >= majority(voters) {
			return l.settle(ctx, v, noop)
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// settle catches up with what a majority knows. An entry that is accepted but
// not known to be decided is decided by proposing something after it.
func (l *Log) settle(ctx context.Context, v votes, noop Entry) error {
	var head uint64
	for _, r := range v.replies {
		if r.reply.Chosen > l.Chosen() {
			l.CatchUp(r.node)
		}
		head = max(head, r.reply.Head)
	}
	if l.Chosen() >= head {
		return nil
	}
	_, err := l.Propose(ctx, noop)
	return err
}

// CatchUp takes from another node what it knows to be decided.
func (l *Log) CatchUp(node int) {
	for {
		from := l.Chosen() + 1
		r, err := l.dial.Ask(node, Message{Kind: "fetch", Slot: from})
		if err != nil || len(r.Entries) == 0 {
			return
		}
		for i, e := range r.Entries {
			if l.Learn(from+uint64(i), e) != nil {
				return
			}
		}
	}
}

func majority(voters []int) int { return len(voters)/2 + 1 }

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// jitter keeps two proposers from outbidding each other for ever.
func jitter() time.Duration { return time.Duration(5+rand.IntN(40)) * time.Millisecond }
