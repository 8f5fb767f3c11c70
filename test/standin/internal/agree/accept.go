package agree

import "fmt"

// Message is what one CockroachDB node says to another about the log.
type Message struct {
	Kind   string `json:"kind"` // "prepare", "accept", "learn", "head", "fetch"
	Slot   uint64 `json:"slot,omitempty"`
	Ballot Ballot `json:"ballot,omitzero"`
	Entry  *Entry `json:"entry,omitempty"`
}

// Reply is the answer to a Message.
type Reply struct {
	OK       bool      `json:"ok"`
	Promised Ballot    `json:"promised,omitzero"`
	Accepted *accepted `json:"accepted,omitempty"`
	Chosen   uint64    `json:"chosen"`            // slots decided here
	Head     uint64    `json:"head"`              // highest slot with anything in it
	Entries  []Entry   `json:"entries,omitempty"` // "fetch": from Slot on
}

// fetchLimit bounds the entries in one answer.
const fetchLimit = 500

// Handle answers a message. What it promises or accepts is on disk before it
// returns; an error means that nothing was promised.
func (l *Log) Handle(m Message) (Reply, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch m.Kind {
	case "prepare":
		return l.handlePrepare(m)
	case "accept":
		return l.handleAccept(m)
	case "learn":
		if m.Entry == nil {
			return Reply{}, fmt.Errorf("learn of slot %d: no entry", m.Slot)
		}
		err := l.learn(m.Slot, *m.Entry)
		return l.reply(err == nil), err
	case "head":
		return l.reply(true), nil
	case "fetch":
		r := l.reply(true)
		if m.Slot >= 1 && m.Slot <= r.Chosen {
			r.Entries = l.chosen[m.Slot-1 : min(r.Chosen, m.Slot-1+fetchLimit)]
		}
		return r, nil
	}
	return Reply{}, fmt.Errorf("message about the log: unknown kind %q", m.Kind)
}

func (l *Log) handlePrepare(m Message) (Reply, error) {
	if m.Slot <= uint64(len(l.chosen)) {
		return l.reply(false), nil
	}
	s := l.slot(m.Slot)
	if m.Ballot.less(s.promised) {
		r := l.reply(false)
		r.Promised = s.promised
		return r, nil
	}
	if err := l.write(record{Type: "promise", Slot: m.Slot, Ballot: m.Ballot}, Durable); err != nil {
		return Reply{}, err
	}
	s.promised = m.Ballot
	r := l.reply(true)
	r.Accepted = s.accepted
	return r, nil
}

func (l *Log) handleAccept(m Message) (Reply, error) {
	if m.Entry == nil {
		return Reply{}, fmt.Errorf("accept of slot %d: no entry", m.Slot)
	}
	if m.Slot <= uint64(len(l.chosen)) {
		return l.reply(false), nil
	}
	s := l.slot(m.Slot)
	if m.Ballot.less(s.promised) {
		r := l.reply(false)
		r.Promised = s.promised
		return r, nil
	}
	rec := record{Type: "accept", Slot: m.Slot, Ballot: m.Ballot, Entry: m.Entry}
	if err := l.write(rec, Durable); err != nil {
		return Reply{}, err
	}
	s.promised = m.Ballot
	s.accepted = &accepted{Ballot: m.Ballot, Entry: *m.Entry}
	return l.reply(true), nil
}

func (l *Log) reply(ok bool) Reply {
	r := Reply{OK: ok, Chosen: uint64(len(l.chosen))}
	r.Head = r.Chosen
	for n, s := range l.open {
		if s.accepted != nil {
			r.Head = max(r.Head, n)
		}
	}
	return r
}
