package deploy

import (
	"fmt"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// unfinished warns of what an earlier command began and did not end. The
// database serves all the while.
func (s *Status) unfinished(w kube.Workload) {
	c := s.Cluster
	if c.ScalingTo > 0 {
		s.Warnings = append(s.Warnings, onTheWay(c)+": "+bothWays(c))
	}
	if w.StatefulSet == nil {
		return
	}
	from, wasRelease := cockroach.VersionOf(c.Previous)
	to, isRelease := cockroach.VersionOf(c.Image)
	switch rolling := w.StatefulSet.Status.UpdateRevision != "" && !finishedRoll(w, len(w.Pods)); {
	case rolling && c.Previous != "" && isRelease && wasRelease && from != to:
		s.Warnings = append(s.Warnings, fmt.Sprintf("not all pods have %s yet: crdb-kube upgrade %s goes on, crdb-kube upgrade --rollback goes back to %s", to, to, from))
	case rolling:
		s.Warnings = append(s.Warnings, "not all pods have the template of the StatefulSet: crdb-kube restart gives it to them one by one")
	case isRelease && wasRelease && from.Series() != to.Series():
		s.Warnings = append(s.Warnings, fmt.Sprintf("the upgrade to v%s is not finalised: crdb-kube upgrade --finalize finishes it, crdb-kube upgrade --rollback goes back to %s", to.Series(), from))
	}
}

func onTheWay(c cockroach.Cluster) string {
	return fmt.Sprintf("on its way from %d nodes to %d", c.Nodes, c.ScalingTo)
}

func bothWays(c cockroach.Cluster) string {
	return fmt.Sprintf("crdb-kube scale %d finishes that, crdb-kube scale %d goes back", c.ScalingTo, c.Nodes)
}

// underWay refuses to begin something else in the middle of a scale.
func underWay(c cockroach.Cluster) error {
	return &Error{Message: c.Name + ": is " + onTheWay(c), Next: bothWays(c)}
}
