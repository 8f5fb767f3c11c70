package torture

import (
	"context"
	"fmt"
	"slices"
)

// disturbance is what is done to a verb while it runs.
type disturbance struct {
	decide hook
	past   *archive
	words  []string     // the error that comes of it has one of them; nil: any
	over   func() error // waits until it is over; nil: it is when the command ends
	right  bool         // where it ends well, everything is as it ought to be
}

// disturbed runs the verb behind a proxy, wants it to end by itself, well or
// with an error that says what to do, and then in peace.
func (p *place) disturbed(ctx context.Context, v peace, d disturbance) (out outcome) {
	if v.lives {
		p.oracle.begin(ctx)
		defer p.oracle.end()
	}
	c, stand, err := p.proxied(ctx, d.decide, v.args...)
	if err != nil {
		return wrongly(err.Error())
	}
	stand.past = d.past
	first := c.start().wait()
	stand.close()
	did := stand.events()
	if len(did) == 0 && d.words == nil {
		return outcome{skipped: true}
	}
	out.at = summary(did)
	out.wrong = first.faults(d.words)
	out.story = first.String()
	if d.over != nil {
		if err := d.over(); err != nil {
			out.wrong = append(out.wrong, err.Error())
			return out
		}
	}
	if d.right && first.code() == 0 {
		for _, line := range p.comesTo(ctx, v.want) {
			out.wrong = append(out.wrong, "it says that it ended well: "+line)
		}
	}
	return p.again(ctx, v, out)
}

// again runs the verb in peace, and adds to the outcome what is wrong after it.
func (p *place) again(ctx context.Context, v peace, out outcome) outcome {
	second := p.direct.run(ctx, v.args...)
	out.story += second.String()
	if second.code() != 0 {
		out.wrong = append(out.wrong, "the command failed in peace")
		return out
	}
	out.wrong = append(out.wrong, p.holds(ctx, v)...)
	return out
}

// summary says what was done, in few words.
func summary(did []event) string {
	// Each kind of request once: what comes again says nothing new.
	var points []string
	for _, e := range did {
		points = append(points, e.Point)
	}
	slices.Sort(points)
	points = slices.Compact(points)
	switch {
	case len(did) == 0:
		return ""
	case len(did) == 1:
		return did[0].String()
	}
	return fmt.Sprintf("%s; %d requests of %d kinds in all", did[0], len(did), len(points))
}
