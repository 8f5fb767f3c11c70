// Package agree is a log that the CockroachDB nodes of a cluster agree on:
// each slot is decided by one round of Paxos among the voters of the slot
// before it. There is no leader; whoever has something to say proposes it in
// the first slot that it does not know to be decided. One slot is decided at a
// time, so a change of the voters takes effect with the next slot.
package agree

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
)

// Entry is what one slot holds.
type Entry struct {
	ID   string          `json:"id"` // unique; tells the proposer its own entry
	Kind string          `json:"kind"`
	Data json.RawMessage `json:"data,omitempty"`
}

// Ballot orders proposals for one slot. No two rounds ever share one: N rises
// with every round of a process, and Run tells processes of one node apart.
type Ballot struct {
	N    uint64 `json:"n"`
	Node int    `json:"node"`
	Run  uint64 `json:"run"`
}

func (b Ballot) less(o Ballot) bool {
	return cmp.Or(cmp.Compare(b.N, o.N), cmp.Compare(b.Node, o.Node), cmp.Compare(b.Run, o.Run)) < 0
}

// record is one line of the log on disk.
type record struct {
	Type   string `json:"t"` // "promise", "accept", "chosen"
	Slot   uint64 `json:"s"`
	Ballot Ballot `json:"b,omitzero"`
	Entry  *Entry `json:"e,omitempty"`
}

// Machine is what the entries are applied to, in order.
type Machine interface {
	// Apply changes the state; its result goes to the proposer, if that is
	// this process.
	Apply(slot uint64, e Entry) any
	// Voters are the node IDs that decide the next slot.
	Voters() []int
}

// Disk keeps records; when sync is set they are there after a power cut.
type Disk interface {
	Append(rec []byte, sync Sync) error
}

// Sync says whether a record has to be on disk before Append returns.
type Sync string

// Values of Sync.
const (
	Durable Sync = "durable"
	Lazy    Sync = "lazy"
)

// Dial sends a message to another CockroachDB node.
type Dial interface {
	Ask(node int, m Message) (Reply, error)
}

type accepted struct {
	Ballot Ballot `json:"ballot"`
	Entry  Entry  `json:"entry"`
}

type slotState struct {
	promised Ballot
	accepted *accepted
}

// Log is one node's part of the agreement.
type Log struct {
	machine Machine
	disk    Disk
	dial    Dial

	turn chan struct{} // held by the one proposal that is under way

	mu      sync.Mutex
	self    int
	ballot  Ballot                // of the last own round
	open    map[uint64]*slotState // slots not known to be decided
	chosen  []Entry               // slot n is at n-1
	waiting map[string]any        // results of own entries
}

// New makes an empty log; Replay fills it.
func New(machine Machine, disk Disk, dial Dial) *Log {
	l := &Log{machine: machine, disk: disk, dial: dial, turn: make(chan struct{}, 1)}
	l.open = map[uint64]*slotState{}
	l.waiting = map[string]any{}
	l.ballot.Run = rand.Uint64()
	return l
}

// SetSelf tells the log its own node ID.
func (l *Log) SetSelf(id int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.self, l.ballot.Node = id, id
}

// Replay takes one record as it was read from disk.
func (l *Log) Replay(rec []byte) error {
	var r record
	if err := json.Unmarshal(rec, &r); err != nil {
		return fmt.Errorf("log record: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Slot <= uint64(len(l.chosen)) {
		return nil // decided: nothing about it matters any more
	}
	s := l.slot(r.Slot)
	switch r.Type {
	case "promise":
		s.promised = r.Ballot
	case "accept":
		s.promised = r.Ballot
		s.accepted = &accepted{Ballot: r.Ballot, Entry: *r.Entry}
	case "chosen":
		if r.Entry == nil {
			if s.accepted == nil {
				return fmt.Errorf("log record of slot %d: decided, but its entry is missing", r.Slot)
			}
			r.Entry = &s.accepted.Entry
		}
		l.apply(r.Slot, *r.Entry)
	default:
		return fmt.Errorf("log record of slot %d: unknown type %q", r.Slot, r.Type)
	}
	return nil
}

// Chosen is the number of slots known to be decided.
func (l *Log) Chosen() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint64(len(l.chosen))
}

// Learn takes a decided entry from elsewhere; it is ignored when it is not the
// next one.
func (l *Log) Learn(slot uint64, e Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.learn(slot, e)
}

func (l *Log) learn(slot uint64, e Entry) error {
	if slot != uint64(len(l.chosen))+1 {
		return nil
	}
	rec := record{Type: "chosen", Slot: slot}
	if s := l.slot(slot); s.accepted == nil || s.accepted.Entry.ID != e.ID {
		rec.Entry = &e
	}
	// Not synced: whatever is decided is on disk at a majority already.
	if err := l.write(rec, Lazy); err != nil {
		return err
	}
	l.apply(slot, e)
	return nil
}

func (l *Log) apply(slot uint64, e Entry) {
	if slot != uint64(len(l.chosen))+1 {
		return
	}
	l.chosen = append(l.chosen, e)
	delete(l.open, slot)
	result := l.machine.Apply(slot, e)
	if _, mine := l.waiting[e.ID]; mine {
		l.waiting[e.ID] = result
	}
}

func (l *Log) slot(n uint64) *slotState {
	s := l.open[n]
	if s == nil {
		s = &slotState{}
		l.open[n] = s
	}
	return s
}

func (l *Log) write(r record, sync Sync) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return l.disk.Append(b, sync)
}

// Entries are all entries known to be decided.
func (l *Log) Entries() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.chosen)
}
