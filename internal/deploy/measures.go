package deploy

import (
	"math"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

// take is what a pod's database says of itself.
func (p *PodStatus) take(vars cockroach.Vars) {
	p.NodeID, p.Version, p.Used = vars.NodeID, vars.Version, vars.CapacityUsed
	p.Replicas, p.Leads = vars.Replicas, vars.Ranges
	p.Capacity, p.Available = vars.Capacity, vars.CapacityAvailable
	if vars.ClockOffset.Value != 0 { // 0: compared with no other clock so far
		p.ClockOffset = vars.ClockOffset
	}
}

// Full is how many hundredths of the file system are taken, by whatever it is;
// a part counts as a whole.
func (p PodStatus) Full() cockroach.Count {
	total, free := p.Capacity, p.Available
	if !total.Known || !free.Known || total.Value <= 0 {
		return cockroach.Count{}
	}
	taken := float64(total.Value-free.Value) / float64(total.Value)
	return cockroach.Count{Value: int64(math.Ceil(100 * taken)), Known: true}
}

// licence takes in what one more CockroachDB node says of the licence. They
// all say the same, but for one that has not heard of it yet.
func licence(before, n cockroach.Count) cockroach.Count {
	if before.Value != 0 || !n.Known {
		return before
	}
	return n
}
