package deploy

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

// recalls are the ordinals of pods that stay although a decommissioning of
// them was begun.
func (u *up) recalls() []int {
	var all []int
	end := u.cluster.Nodes
	if u.course.stay > 0 {
		end = u.course.stay
	}
	for i := range end {
		for _, ref := range u.seen.holders(u.cluster, i) {
			if ref.Annotations[cockroach.AnnotationLeaving] != "" {
				all = append(all, i)
				break
			}
		}
	}
	return all
}

// recall undoes what an interrupted scale began, as far as it can be undone.
func (u *up) recall(ctx context.Context) (ending, error) {
	ordinals := u.recalls()
	r, err := u.roster(ctx)
	if err != nil {
		return ending{}, err
	}
	var back []int
	for _, i := range ordinals {
		marked := u.leavingIDs(i)
		for _, id := range marked {
			switch r.membership(id) {
			case cockroach.MemberDecommissioned:
				return ending{}, &Error{
					Message: fmt.Sprintf("%s: CockroachDB node %d was decommissioned already, and never comes back", u.cluster.PodName(i), id),
					Next:    fmt.Sprintf("crdb-kube scale %d finishes what was begun; then crdb-kube scale %d adds new ones", max(3, ordinals[0]), u.cluster.Nodes),
				}
			case cockroach.MemberDecommissioning:
				back = append(back, id)
			default:
			}
		}
	}
	if len(back) > 0 {
		u.r.waiting(0, 0, "calling %s back", nodeIDs(back))
		if _, err := u.through(ctx, max(1, u.course.stay), question{args: u.cluster.RecommissionCommand(back), what: "recommissioning " + nodeIDs(back)}); err != nil {
			return ending{}, err
		}
	}
	for _, i := range ordinals {
		if err := u.mark(ctx, i, ""); err != nil {
			return ending{}, err
		}
	}
	if len(back) == 0 {
		return skipped("none had begun to leave"), nil
	}
	return done("%s called back", nodeIDs(back)), nil
}

// leavingIDs are the CockroachDB nodes that the mark of a pod's claim names.
func (u *up) leavingIDs(ordinal int) []int {
	var ids []int
	for _, ref := range u.seen.holders(u.cluster, ordinal) {
		for word := range strings.SplitSeq(ref.Annotations[cockroach.AnnotationLeaving], ",") {
			if id, err := strconv.Atoi(word); err == nil && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
