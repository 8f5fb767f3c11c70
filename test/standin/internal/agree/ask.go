package agree

import (
	"context"
	"time"
)

// askTimeout bounds one round of questions.
const askTimeout = 2 * time.Second

type answer struct {
	node  int
	reply Reply
	err   error
}

// votes are the answers to one round of questions.
type votes struct {
	replies []answer // without those that did not come
	yes     int
	outbid  bool // somebody promised a higher ballot
}

func (v votes) wait() time.Duration {
	if v.outbid {
		return jitter()
	}
	return pause
}

// ask puts m to all voters and returns as soon as a majority said yes, all
// answered, or the time is over.
func (l *Log) ask(ctx context.Context, voters []int, m Message) votes {
	l.mu.Lock()
	self := l.self
	l.mu.Unlock()
	answers := make(chan answer, len(voters))
	for _, v := range voters {
		go func() {
			if v == self {
				r, err := l.Handle(m)
				answers <- answer{v, r, err}
				return
			}
			r, err := l.dial.Ask(v, m)
			answers <- answer{v, r, err}
		}()
	}
	timeout := time.NewTimer(askTimeout)
	defer timeout.Stop()
	var v votes
	for range voters {
		select {
		case a := <-answers:
			v.add(a)
			if v.yes >= majority(voters) {
				return v
			}
		case <-timeout.C:
			return v
		case <-ctx.Done():
			return v
		}
	}
	return v
}

func (v *votes) add(a answer) {
	if a.err != nil {
		return
	}
	v.replies = append(v.replies, a)
	if a.reply.OK {
		v.yes++
	} else {
		v.outbid = true
	}
}
