package deploy

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

const (
	// dismissDeadline is how long the end of a decommissioning may take once no
	// replica is left.
	dismissDeadline = 60 * time.Second
	// fullStore is how full the database fills a store when it moves replicas, in
	// hundredths of its file system.
	//
	// Source: pkg/kv/kvserver/allocator: maxFractionUsedThreshold is 0.95, and
	// rebalancing ends at 0.925.
	fullStore = 0.925
)

// stays is a pod that is waited for: one that leaves may be in whatever state.
func (u *up) stays(finished func(diagnose.Pod) bool) func(diagnose.Pod) bool {
	if u.course.stay == 0 {
		return finished
	}
	return func(p diagnose.Pod) bool {
		n, ok := ordinal(p.Name, u.cluster.Name+"-")
		return ok && n >= u.course.stay || finished(p)
	}
}

// decommission lets the pods beyond those that stay hand over what they hold.
// Nothing is taken away here, and until the very end all of it can be undone.
func (u *up) decommission(ctx context.Context) (ending, error) {
	if _, err := u.watchPods(ctx, u.stays(diagnose.Pod.IsReady)); err != nil {
		return ending{}, err
	}
	r, err := u.roster(ctx)
	if err != nil {
		return ending{}, err
	}
	leaving := r.beyond(u.course.stay)
	if len(leaving) == 0 {
		return skipped("no CockroachDB node of the pods that go belongs to the cluster"), u.markLeaving(ctx, r)
	}
	if err := r.complete(u.course.stay); err != nil {
		return ending{}, err
	}
	if err := u.roomWithout(ctx); err != nil {
		return ending{}, err
	}
	// From here on a command that is run again knows what was begun.
	if err := u.saveSettings(ctx); err != nil {
		return ending{}, err
	}
	if err := u.markLeaving(ctx, r); err != nil {
		return ending{}, err
	}
	ids := idsOf(leaving)
	u.r.waiting(0, 0, "%s: leaving", nodeIDs(ids))
	if _, err := u.through(ctx, u.course.stay, question{args: u.cluster.DecommissionCommand(ids), what: "decommissioning " + nodeIDs(ids)}); err != nil {
		return ending{}, err
	}
	if err := u.handOver(ctx, ids); err != nil {
		return ending{}, err
	}
	return done("%s decommissioned, with no replicas left", nodeIDs(ids)), nil
}

func (u *up) roster(ctx context.Context) (roster, error) {
	members, err := u.members(ctx, max(1, u.course.stay))
	return roster{members, u.cluster}, err
}

func idsOf(members []cockroach.Member) []int {
	var ids []int
	for _, one := range members {
		ids = append(ids, one.ID)
	}
	return ids
}

// markLeaving writes onto each claim that is to go, and onto its volume where
// that is our own, which CockroachDB node it holds.
func (u *up) markLeaving(ctx context.Context, r roster) error {
	end := u.cluster.Nodes
	for _, one := range r.beyond(u.course.stay) {
		n, _ := r.ordinal(one)
		end = max(end, n+1) // somebody else had added pods, and taken them away
	}
	for i := u.course.stay; i < end; i++ {
		mark := cockroach.NeverJoined
		if ids := idsOf(r.at(i)); len(ids) > 0 {
			mark = strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ","), "[]")
		}
		if err := u.mark(ctx, i, mark); err != nil {
			return err
		}
	}
	return nil
}

// mark writes AnnotationLeaving where another one stands. A mark of a node is
// not replaced by the word that there is none: it is decommissioned by then.
func (u *up) mark(ctx context.Context, ordinal int, mark string) error {
	for _, ref := range u.seen.holders(u.cluster, ordinal) {
		was := ref.Annotations[cockroach.AnnotationLeaving]
		if was == mark || (mark == cockroach.NeverJoined && was != "") {
			continue
		}
		if err := u.client.Annotate(ctx, ref, map[string]string{cockroach.AnnotationLeaving: mark}); err != nil {
			return err
		}
	}
	return nil
}

// holders are the claim of a pod, and its volume where that is our own.
func (s survey) holders(c cockroach.Cluster, ordinal int) []kube.Ref {
	var all []kube.Ref
	for i := range s.claims {
		if s.claims[i].Name == c.ClaimName(ordinal) {
			all = append(all, kube.RefOf(kube.PersistentVolumeClaim, &s.claims[i]))
		}
	}
	for i := range s.volumes {
		volume := &s.volumes[i]
		if volume.Annotations[cockroach.AnnotationIncarnation] == c.Incarnation && volume.Annotations[cockroach.AnnotationOrdinal] == strconv.Itoa(ordinal) {
			all = append(all, kube.RefOf(kube.PersistentVolume, volume))
		}
	}
	return all
}

// handOver waits until nothing is left on CockroachDB nodes that leave, and
// ends their membership.
func (u *up) handOver(ctx context.Context, ids []int) error {
	progressing := steady{}
	first := int64(-1)
	return kube.Await(ctx, nil, func(ctx context.Context) (kube.Verdict, error) {
		members, err := u.members(ctx, u.course.stay)
		if err != nil {
			return kube.Verdict{}, err
		}
		r := roster{members, u.cluster}
		left, gone := u.leftOn(ctx, r, ids)
		switch {
		case gone:
			return kube.Verdict{Done: true}, nil
		case left == 0:
			u.r.waiting(0, 0, "%s: no replicas left, ending the membership", nodeIDs(ids))
			return kube.Verdict{Why: nodeIDs(ids) + " to be decommissioned", Again: gateEvery}, u.dismiss(ctx, ids)
		}
		first = max(first, left)
		why := fmt.Sprintf("%s: %s of %d still to move", nodeIDs(ids), progress.Count(int(left), "replica"), first)
		u.r.waiting(int(first-left), int(first), "%s", why)
		if _, stalled := progressing.see(why, u.opts.Now()); stalled {
			return kube.Verdict{}, u.stalled(why)
		}
		return kube.Verdict{Why: why, Again: gateEvery}, nil
	})
}

// leftOn is how many replicas these CockroachDB nodes hold, as their pods say
// it, or where they do not, as the others have heard. gone: all of them are
// decommissioned.
func (u *up) leftOn(ctx context.Context, r roster, ids []int) (left int64, gone bool) {
	said := map[int64]cockroach.Count{}
	for _, one := range readVars(ctx, u.client, u.cluster, u.podNames()) {
		if one.err == nil && one.vars.NodeID.Known {
			said[one.vars.NodeID.Value] = one.vars.Replicas
		}
	}
	gone = true
	for _, one := range r.members {
		if !slices.Contains(ids, one.ID) || one.Membership == cockroach.MemberDecommissioned {
			continue
		}
		gone = false
		count := said[int64(one.ID)]
		if !count.Known {
			count = one.Replicas
		}
		if !count.Known {
			count.Value = 1 // unknown is not none
		}
		left += count.Value
	}
	return left, gone
}

// dismiss ends the membership. That it takes its time is seen by the members.
func (u *up) dismiss(ctx context.Context, ids []int) error {
	_, err := u.through(ctx, u.course.stay, question{args: u.cluster.DismissCommand(ids), what: "decommissioning " + nodeIDs(ids), wait: dismissDeadline})
	return err
}

func (u *up) stalled(why string) error {
	return &Error{
		Message: fmt.Sprintf("%s, and none has moved for %s", why, progress.Duration(gateStall)),
		Seen:    []string{"a range stays where the rules for its copies (zone configurations) leave it no other place, or where the others have no room"},
		Next:    fmt.Sprintf("crdb-kube scale %d calls the CockroachDB nodes back; crdb-kube scale %d goes on", u.cluster.Nodes, u.course.stay),
	}
}

// roomWithout refuses where what the leaving pods hold does not fit onto the
// others.
func (u *up) roomWithout(ctx context.Context) error {
	readings := readVars(ctx, u.client, u.cluster, u.podNames())
	need, free := int64(0), int64(0)
	for i := range u.cluster.Nodes {
		one := readings[u.cluster.PodName(i)]
		vars := one.vars
		switch {
		case i >= u.course.stay:
			need += vars.CapacityUsed.Value // of one that is gone nothing is known, nor lost
		case one.err != nil || !vars.Capacity.Known || !vars.CapacityAvailable.Known:
			return &Error{Message: u.cluster.PodName(i) + ": does not say how much room it has", Next: "the same command again; crdb-kube status says how it is"}
		default:
			free += max(0, int64(fullStore*float64(vars.Capacity.Value))-(vars.Capacity.Value-vars.CapacityAvailable.Value))
		}
	}
	if need <= free {
		return nil
	}
	return &Error{
		Kind:    Refused,
		Message: fmt.Sprintf("%s: the pods that would go hold %s, and the others have room for %s", u.cluster.Name, mebibytes(need), mebibytes(free)),
		Next:    "give the claims more room first: crdb-kube up --storage SIZE, where their class lets them grow",
	}
}
