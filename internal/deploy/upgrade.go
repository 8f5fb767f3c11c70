package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// judge says whether another image may follow what runs, before anything is
// written: the path from release to release, and where that goes to another
// series, whether the last upgrade was finished and nobody is missing.
func (u *up) judge(ctx context.Context) error {
	if !u.course.upgrades {
		return nil
	}
	if u.back {
		u.cluster.Previous = ""
		return nil
	}
	to, ok := cockroach.VersionOf(u.cluster.Image)
	if !ok {
		return &Error{
			Kind:    Refused,
			Message: "image " + u.cluster.Image + ": its tag names no release, and whether it may follow what runs cannot be told",
			Next:    "name the release: " + cockroach.WithVersion(u.cluster.Image, cockroach.Version{Major: 26, Minor: 2, Patch: 5}),
		}
	}
	runs := u.releases(ctx)
	if len(runs) == 0 {
		return &Error{
			Message: u.cluster.Name + ": no pod says which release it runs",
			Next:    "crdb-kube status says how it is",
		}
	}
	for _, from := range runs {
		kind, err := cockroach.UpgradePath(from, to)
		if err != nil {
			return u.noPath(err)
		}
		if u.kind == "" || kind == cockroach.ReleaseUpgrade {
			u.kind = kind
		}
	}
	lowest := runs[0]
	if before, ok := cockroach.VersionOf(u.was.Previous); ok && before == lowest {
		u.cluster.Previous = u.was.Previous // what followed it never came up
	}
	if u.kind == cockroach.ReleaseUpgrade && u.purpose == making {
		return u.judgeRelease(ctx, lowest, to)
	}
	return nil
}

// releases are those that run, the oldest first; that of the recorded image
// where no pod says it.
func (u *up) releases(ctx context.Context) []cockroach.Version {
	var all []cockroach.Version
	var readings map[string]reading
	if u.purpose == making { // else nobody is asked: whoever only compares need not be allowed to
		readings = readVars(ctx, u.client, u.cluster, u.podNames())
	}
	for _, one := range readings {
		if version, ok := cockroach.ParseVersion(one.vars.Version); ok && one.err == nil {
			all = append(all, version)
		}
	}
	if version, ok := cockroach.VersionOf(u.was.Image); ok && len(all) == 0 {
		all = append(all, version)
	}
	slices.SortFunc(all, func(a, b cockroach.Version) int {
		switch {
		case a.Before(b):
			return -1
		case b.Before(a):
			return 1
		}
		return 0
	})
	return slices.Compact(all)
}

func (u *up) noPath(err error) error {
	refused := &Error{Kind: Refused, Message: u.cluster.Name + ": " + err.Error(), Next: "leave the release as it is, or name a later one"}
	none := new(cockroach.NoPath)
	if !errors.As(err, &none) {
		return err
	}
	if before, ok := cockroach.VersionOf(u.was.Previous); ok && before == none.To {
		refused.Next = "crdb-kube upgrade --rollback goes back to it, as long as the upgrade is not finalised"
	}
	var after []string
	for _, series := range none.After {
		after = append(after, "v"+series.String())
	}
	if len(after) > 0 {
		refused.Next = "crdb-kube upgrade to a release of " + joined(after, "or") + " first"
	}
	return refused
}

func joined(words []string, by string) string {
	if len(words) == 2 {
		return words[0] + " " + by + " " + words[1]
	}
	return progress.And(words)
}

// judgeRelease is for an upgrade to another series.
func (u *up) judgeRelease(ctx context.Context, from, to cockroach.Version) error {
	active, settled, err := u.active(ctx)
	if err != nil {
		return err
	}
	if active != from.Series() || !settled {
		return &Error{
			Kind:    Refused,
			Message: fmt.Sprintf("%s: runs %s and works at %s: the last upgrade was not finalised, and %s cannot follow before that", u.cluster.Name, from, active, to),
			Next:    "crdb-kube upgrade --finalize, then the same command again",
		}
	}
	members, err := u.members(ctx, u.cluster.Nodes)
	if err != nil {
		return err
	}
	if err := (roster{members, u.cluster}).complete(u.cluster.Nodes); err != nil {
		return err
	}
	for _, one := range members {
		if one.Membership != cockroach.MemberDecommissioned && one.Build != from.String() && one.Build != to.String() {
			return &Error{
				Message: fmt.Sprintf("CockroachDB node %d: runs %s, and others %s: all must run the same before an upgrade", one.ID, one.Build, from),
				Next:    "crdb-kube restart brings the pods to one release",
			}
		}
	}
	if to.Licensed() && u.cluster.Nodes > 1 {
		u.remark("going to v%s wants a licence key in the cluster (SET CLUSTER SETTING enterprise.license); with a Free or Trial one, finalising wants diagnostics.reporting.enabled", to.Series())
	}
	return nil
}

// active asks at which version the cluster works.
func (u *up) active(ctx context.Context) (cockroach.Series, bool, error) {
	out, err := u.through(ctx, u.cluster.Nodes, question{args: u.cluster.ActiveVersion(), what: "asking for the version of the cluster"})
	if err != nil {
		return cockroach.Series{}, false, err
	}
	value, err := cockroach.FirstValue(out)
	if err != nil {
		return cockroach.Series{}, false, err
	}
	return cockroach.ParseActive(value)
}

// hold keeps the way back open: the database must not finalise by itself once
// all its nodes run the new release.
func (u *up) hold(ctx context.Context) (ending, error) {
	from := u.releases(ctx)
	if len(from) == 0 {
		return ending{}, &Error{Message: u.cluster.Name + ": no pod says which release it runs", Next: "the same command again"}
	}
	_, err := u.through(ctx, u.cluster.Nodes, question{
		args: u.cluster.KeepWayBack(from[0], from[0].Series()), what: "keeping the way back open",
	})
	return done("finalising waits for crdb-kube upgrade --finalize"), err
}

// rolled gives the pods their new template, one by one.
func (u *up) rolled(ctx context.Context) (ending, error) {
	n, err := u.roll(ctx)
	if err != nil {
		return ending{}, err
	}
	u.rolledPods = n
	u.sayWhereItIs(ctx)
	return done("%s", rolledWords(n)), nil
}

// sayWhereItIs tells what is left to do after an upgrade, and what runs if that
// is not what the image's tag says.
func (u *up) sayWhereItIs(ctx context.Context) {
	to, known := cockroach.VersionOf(u.cluster.Image)
	runs := u.releases(ctx)
	switch {
	case u.cluster.Previous == "" || !known || len(runs) == 0:
		return
	case len(runs) > 1 || runs[0] != to:
		u.r.note("the tag of %s says %s, and what runs says %s", u.cluster.Image, to, runs[0])
	}
	before, _ := cockroach.VersionOf(u.cluster.Previous)
	switch {
	case before.Series() == to.Series():
		u.r.note("a patch upgrade needs no finalising; crdb-kube upgrade --rollback goes back to %s", before)
	default:
		u.r.note("not finalised: crdb-kube upgrade --rollback goes back to %s; crdb-kube upgrade --finalize finishes, and there is no way back from that", before)
	}
}
