package agree

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// lab is a cluster in memory whose messages get lost on request.
type lab struct {
	mu     sync.Mutex
	logs   map[int]*Log
	disks  map[int]*disk
	voters []int
	loss   float64
	down   map[int]bool
}

// disk keeps records; what was not synced is lost by a restart.
type disk struct {
	mu     sync.Mutex
	recs   [][]byte
	synced int
	full   bool
	users  int // processes that had it so far
}

var errFull = errors.New("no space")

func (d *disk) Append(rec []byte, sync Sync) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full {
		return errFull
	}
	d.recs = append(d.recs, slices.Clone(rec))
	if sync == Durable {
		d.synced = len(d.recs)
	}
	return nil
}

// handle is the disk for one process; those of earlier ones are cut off.
func (d *disk) handle() Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.users++
	return handle{d, d.users}
}

type handle struct {
	d    *disk
	user int
}

var errDead = errors.New("the process is dead")

func (h handle) Append(rec []byte, sync Sync) error {
	h.d.mu.Lock()
	dead := h.user != h.d.users
	h.d.mu.Unlock()
	if dead {
		return errDead
	}
	return h.d.Append(rec, sync)
}

// machine collects the IDs of entries.
type machine struct {
	lab *lab
	mu  sync.Mutex
	ids []string
}

func (m *machine) Apply(_ uint64, e Entry) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ids = append(m.ids, e.ID)
	return len(m.ids)
}

func (m *machine) Voters() []int { return m.lab.voters }

type dial struct {
	lab  *lab
	self int
}

var errLost = errors.New("lost")

func (d dial) Ask(node int, m Message) (Reply, error) {
	d.lab.mu.Lock()
	lost := d.lab.down[node] || d.lab.down[d.self] || rand.Float64() < d.lab.loss
	late := rand.Float64() < d.lab.loss
	log := d.lab.logs[node]
	d.lab.mu.Unlock()
	if lost {
		return Reply{}, errLost
	}
	b, _ := json.Marshal(m)
	var copied Message
	_ = json.Unmarshal(b, &copied)
	r, err := log.Handle(copied)
	if late {
		return Reply{}, errLost // it was done, but the answer got lost
	}
	return r, err
}

func newLab(t *testing.T, n int) *lab {
	t.Helper()
	l := &lab{logs: map[int]*Log{}, disks: map[int]*disk{}, down: map[int]bool{}}
	for i := range n {
		l.voters = append(l.voters, i+1)
		l.disks[i+1] = &disk{}
	}
	for _, v := range l.voters {
		l.restart(t, v)
	}
	return l
}

// restart makes a node anew from what is synced on its disk.
func (l *lab) restart(t *testing.T, node int) {
	t.Helper()
	d := l.disks[node]
	own := d.handle()
	d.mu.Lock()
	d.recs = d.recs[:d.synced]
	kept := slices.Clone(d.recs)
	d.mu.Unlock()
	log := New(&machine{lab: l}, own, dial{l, node})
	log.SetSelf(node)
	for _, rec := range kept {
		if err := log.Replay(rec); err != nil {
			t.Fatal(err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.logs[node] = log
}

func (l *lab) log(node int) *Log {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.logs[node]
}

func ids(log *Log) []string {
	var out []string
	for _, e := range log.Entries() {
		if e.Kind != "noop" {
			out = append(out, e.ID)
		}
	}
	return out
}

func TestPropose_allNodesAgreeOnOneOrderWhateverGetsLost(t *testing.T) {
	l := newLab(t, 3)
	l.loss = 0.15
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var acknowledged []string
	for _, node := range l.voters {
		wg.Go(func() {
			for i := range 15 {
				e := Entry{ID: fmt.Sprintf("%d-%d", node, i), Kind: "x"}
				if _, err := l.log(node).Propose(ctx, e); err != nil {
					t.Errorf("%s: %v", e.ID, err)
					return
				}
				mu.Lock()
				acknowledged = append(acknowledged, e.ID)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	l.mu.Lock()
	l.loss = 0
	l.mu.Unlock()
	for _, node := range l.voters {
		if err := l.log(node).Barrier(ctx, Entry{ID: fmt.Sprintf("noop-%d", node), Kind: "noop"}); err != nil {
			t.Fatal(err)
		}
	}
	first := ids(l.log(1))
	for _, node := range l.voters[1:] {
		if diff := cmp.Diff(first, ids(l.log(node))); diff != "" {
			t.Errorf("node %d has another log than node 1:\n%s", node, diff)
		}
	}
	slices.Sort(first)
	slices.Sort(acknowledged)
	if diff := cmp.Diff(acknowledged, first); diff != "" {
		t.Errorf("acknowledged entries and the log differ (each once):\n%s", diff)
	}
}

func TestRestart_acknowledgedEntriesSurviveLossOfUnsyncedRecords(t *testing.T) {
	l := newLab(t, 3)
	var acknowledged []string
	for i := range 20 {
		e := Entry{ID: strconv.Itoa(i), Kind: "x"}
		node := i%3 + 1
		if err := l.log(node).Barrier(t.Context(), Entry{ID: "noop" + e.ID, Kind: "noop"}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.log(node).Propose(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		acknowledged = append(acknowledged, e.ID)
		l.restart(t, (i+1)%3+1)
		l.restart(t, (i+2)%3+1)
	}
	for _, node := range l.voters {
		l.restart(t, node)
	}
	for _, node := range l.voters {
		if err := l.log(node).Barrier(t.Context(), Entry{ID: fmt.Sprint("end", node), Kind: "noop"}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(acknowledged, ids(l.log(node))); diff != "" {
			t.Errorf("node %d:\n%s", node, diff)
		}
	}
}

func TestPropose_withoutMajorityDoesNotReturn(t *testing.T) {
	l := newLab(t, 3)
	l.down = map[int]bool{2: true, 3: true}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := l.log(1).Propose(ctx, Entry{ID: "a", Kind: "x"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%v, want the deadline", err)
	}
	if got := ids(l.log(1)); len(got) != 0 {
		t.Errorf("decided without a majority: %v", got)
	}
}

func TestPropose_fullDiskIsNoVote(t *testing.T) {
	l := newLab(t, 3)
	l.disks[1].full, l.disks[2].full = true, true
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := l.log(3).Propose(ctx, Entry{ID: "a", Kind: "x"}); err == nil {
		t.Fatal("decided, though two of three disks are full")
	}
}

func TestBarrier_findsWhatAMinorityHasNotLearnt(t *testing.T) {
	l := newLab(t, 3)
	l.down[3] = true
	if _, err := l.log(1).Propose(t.Context(), Entry{ID: "a", Kind: "x"}); err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	l.down = map[int]bool{1: true}
	l.mu.Unlock()
	l.restart(t, 2) // forgets that it was decided: that record is not synced
	if err := l.log(3).Barrier(t.Context(), Entry{ID: "noop", Kind: "noop"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a"}, ids(l.log(3))); diff != "" {
		t.Error(diff)
	}
}
