package deploy

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// askDeadline is how long a question to the database may take that is asked by
// a command inside a pod.
const askDeadline = 30 * time.Second

// question is a command that is run in a pod, and what is to be said where it
// does not work.
type question struct {
	args []string
	what string // "asking for the CockroachDB nodes"
	// wait is how long it may take; 0: askDeadline.
	wait time.Duration
}

// through asks one of the first n pods, the next where one does not answer at
// all. What the database itself answers counts, be it an error.
func (u *up) through(ctx context.Context, n int, q question) (out string, err error) {
	if q.wait == 0 {
		q.wait = askDeadline
	}
	var last error
	for i := range n {
		limited, cancel := context.WithTimeoutCause(ctx, q.wait, fmt.Errorf("no end after %s", q.wait))
		var errOut string
		var code int
		out, errOut, code, last = u.inPod(limited, u.cluster.PodName(i), q.args)
		cancel()
		switch {
		case ctx.Err() != nil:
			return "", context.Cause(ctx)
		case last != nil:
			continue
		case code != 0:
			return "", &Error{
				Message: fmt.Sprintf("%s through %s: %s", q.what, u.cluster.PodName(i), cockroach.CommandFailure(out, errOut, code)),
				Next:    "crdb-kube status says how the database is; the same command goes on from here",
			}
		}
		return out, nil
	}
	return "", fmt.Errorf("%s: %w", q.what, last)
}

// members asks for all CockroachDB nodes.
func (u *up) members(ctx context.Context, through int) ([]cockroach.Member, error) {
	out, err := u.through(ctx, through, question{args: u.cluster.MembersCommand(), what: "asking for the CockroachDB nodes"})
	if err != nil {
		return nil, err
	}
	return cockroach.ParseMembers(out)
}

// roster says which CockroachDB nodes there are in which pod, of those that
// were not decommissioned, by the addresses that they gave themselves.
type roster struct {
	members []cockroach.Member
	cluster cockroach.Cluster
}

// at are the CockroachDB nodes of a pod: one, or none. There are more where a
// pod lost its data and joined anew.
func (r roster) at(ordinal int) []cockroach.Member {
	var all []cockroach.Member
	for _, one := range r.members {
		if one.Host == r.cluster.HostOf(ordinal) && one.Membership != cockroach.MemberDecommissioned {
			all = append(all, one)
		}
	}
	return all
}

// beyond are the CockroachDB nodes of the pods from an ordinal on, whether
// these pods are still there or not.
func (r roster) beyond(ordinal int) []cockroach.Member {
	var all []cockroach.Member
	for _, one := range r.members {
		if n, ok := r.ordinal(one); ok && n >= ordinal && one.Membership != cockroach.MemberDecommissioned {
			all = append(all, one)
		}
	}
	return all
}

// ordinal is that of the pod which a CockroachDB node runs in; false where its
// address is not that of a pod of this cluster.
func (r roster) ordinal(one cockroach.Member) (int, bool) {
	prefix, suffix := r.cluster.Name+"-", r.cluster.HostOf(0)[len(r.cluster.PodName(0)):]
	if len(one.Host) <= len(suffix) || one.Host[len(one.Host)-len(suffix):] != suffix {
		return 0, false
	}
	return ordinal(one.Host[:len(one.Host)-len(suffix)], prefix)
}

// unplaced are CockroachDB nodes of which nobody knows where they are: newer
// releases forget the address of one that is dead.
func (r roster) unplaced() []int {
	var all []int
	for _, one := range r.members {
		if _, ok := r.ordinal(one); !ok && one.Membership != cockroach.MemberDecommissioned {
			all = append(all, one.ID)
		}
	}
	return all
}

// dead are CockroachDB nodes below an ordinal that belong to the cluster and
// are not heard of.
func (r roster) dead(below int) []int {
	var all []int
	for _, one := range r.members {
		n, ok := r.ordinal(one)
		if ok && n < below && !one.Live && one.Membership != cockroach.MemberDecommissioned {
			all = append(all, one.ID)
		}
	}
	return all
}

func (r roster) membership(id int) cockroach.Membership {
	i := slices.IndexFunc(r.members, func(one cockroach.Member) bool { return one.ID == id })
	if i < 0 {
		return ""
	}
	return r.members[i].Membership
}

// complete refuses to go on with members of which not enough is known.
func (r roster) complete(below int) error {
	if lost := r.unplaced(); len(lost) > 0 {
		return givenUp(lost, "belongs to no pod of this cluster", "belong to no pods of this cluster")
	}
	if lost := r.dead(below); len(lost) > 0 {
		return givenUp(lost, "is dead, and still belongs to the cluster", "are dead, and still belong to the cluster")
	}
	return nil
}

// givenUp is said of members that stand in the way: only who knows what became
// of them can say that they will never come back.
func givenUp(ids []int, is, are string) error {
	names, verb := nodeIDs(ids), are
	if len(ids) == 1 {
		verb = is
	}
	return &Error{
		Message: names + " " + verb,
		Next:    "bring it back; or, if it is gone for good, cockroach node decommission " + strconv.Itoa(ids[0]) + " in a pod, by kubectl exec, and the same command again",
	}
}

// nodeIDs names CockroachDB nodes.
func nodeIDs(ids []int) string {
	var words []string
	for _, id := range slices.Sorted(slices.Values(ids)) {
		words = append(words, strconv.Itoa(id))
	}
	if len(ids) == 1 {
		return "CockroachDB node " + words[0]
	}
	return "CockroachDB nodes " + progress.And(words)
}
