package deploy

import (
	"context"
	"fmt"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// decide fills in what the cluster will be: as recorded, as wished, else
// as fits.
func (u *up) decide(ctx context.Context) error {
	if u.opts.Fresh == Given {
		return u.decideAnew(ctx)
	}
	id, err := u.seen.clusterID(u.target)
	if err != nil {
		return err
	}
	if u.seen.record == nil && (id != "" || len(u.seen.claims) > 0) {
		if err := u.restore(ctx); err != nil {
			return err
		}
	}
	u.fresh = u.seen.record == nil
	if u.fresh {
		u.cluster, err = u.design(ctx)
	} else {
		u.cluster, err = u.redesign(id)
	}
	if err != nil {
		return err
	}
	if err := u.judge(ctx); err != nil {
		return err
	}
	return u.needsMore(u.cluster.Validate())
}

// needsMore is about a release that wants larger pods than the last one did.
func (u *up) needsMore(err error) error {
	for _, fault := range cockroach.Faults(err) {
		if fault.Field == "memory" && u.course.upgrades && u.opts.Wish.Memory == nil {
			least := cockroach.LeastMemory(u.cluster.Image)
			return &Error{
				Message: fmt.Sprintf("%s: %s wants pods of %s at least, and they have %s", u.cluster.Name, versionWord(u.cluster.Image), least.String(), u.cluster.Memory.String()),
				Next:    "crdb-kube up --memory " + least.String() + ", then the same command again",
			}
		}
	}
	return unfitting(err)
}

// unfitting is what is wrong with what was decided: only now is known what the
// flags are to go with, or what somebody wrote into the settings.
func unfitting(err error) error {
	faults := cockroach.Faults(err)
	if len(faults) == 0 {
		return err
	}
	e := &Error{Message: faults[0].Error(), Next: faults[0].Hint}
	for _, fault := range faults[1:] {
		e.Seen = append(e.Seen, "also "+fault.Error())
	}
	if e.Next == "" {
		e.Next = "crdb-kube up --help lists what can be said otherwise"
	}
	return e
}

// redesign is what a recorded cluster becomes by this command.
func (u *up) redesign(id string) (cockroach.Cluster, error) {
	was, wish := *u.seen.record, u.opts.Wish
	was.ClusterID = id
	if wish.Storage != nil && u.seen.allOf(wish.Storage.String()) {
		was.Storage = *wish.Storage // the claims were made larger; the record follows
	}
	if err := u.refuse(u.notToShrink(was)); err != nil {
		return was, err
	}
	now := situation{
		initialised: id != "",
		claimed:     len(u.seen.claims) > 0,
		running:     len(u.seen.pods) > 0,
		expandable:  expandable(u.classes, was.StorageClass),
	}
	will, err := change(was, wish, now)
	if err != nil {
		return will, err
	}
	if err := u.seen.unfit(will, now.expandable); err != nil {
		return will, err
	}
	if will, err = u.plotted(was, will, now); err != nil {
		return will, err
	}
	if wish.Image == nil {
		u.mentionDefault(was.Image)
	}
	u.mentionInitSQL(will)
	return will, u.checkLoss(was)
}

// plotted is the cluster as it is to be until the database has agreed to more.
func (u *up) plotted(was, will cockroach.Cluster, now situation) (cockroach.Cluster, error) {
	if will.Image != was.Image {
		will.Previous = was.Image
	}
	if !now.initialised {
		return will, nil
	}
	u.was = was
	var err error
	if now.running || was.ScalingTo > 0 {
		u.course, err = plot(was, will, u.opts.Wish)
	}
	will.ScalingTo = u.course.stay
	if u.course.stay > 0 {
		will.Nodes = was.Nodes
	}
	return will, err
}

// notToShrink refuses to take back pods that somebody else added by scaling
// the set: they are part of the database by now, and hold its data.
func (u *up) notToShrink(was cockroach.Cluster) *Error {
	set, will := u.seen.set, u.opts.Wish.onto(was).Nodes
	if set == nil || set.Spec.Replicas == nil || was.ClusterID == "" || len(u.seen.pods) == 0 || int(*set.Spec.Replicas) <= max(will, was.Nodes) {
		return nil
	}
	return &Error{
		Kind:    Refused,
		Message: fmt.Sprintf("statefulset/%s: was scaled to %d pods by somebody else, and going back to %d would lose what only the others hold", was.Name, *set.Spec.Replicas, will),
		Next:    fmt.Sprintf("crdb-kube up --nodes %d takes them as they are", *set.Spec.Replicas),
	}
}

// mentionDefault says that a newer release would be had for the asking: what
// was decided once stays, whatever this program's default is.
func (u *up) mentionDefault(image string) {
	runs, known := cockroach.VersionOf(image)
	byDefault, ok := cockroach.VersionOf(u.opts.DefaultImage)
	if known && ok && runs.Before(byDefault) {
		u.remark("it stays at %s; new clusters get %s by default", runs, byDefault)
	}
}

// decideAnew is for a cluster that will have nothing of an earlier one but
// its settings: what is not named stays as it is, even then.
func (u *up) decideAnew(ctx context.Context) (err error) {
	u.fresh = true
	if u.seen.record == nil {
		u.cluster, err = u.design(ctx)
	} else {
		u.cluster, err = u.renew(*u.seen.record)
	}
	if err != nil {
		return err
	}
	return unfitting(u.cluster.Validate())
}

// renew is the recorded cluster without its data.
func (u *up) renew(c cockroach.Cluster) (cockroach.Cluster, error) {
	wish := u.opts.Wish
	c.Incarnation, c.ClusterID, c.Served, c.InitSQL = u.incarnation(), "", 0, cockroach.InitSQLNone
	if wish.HostPath != nil || wish.StorageClass != nil {
		storage, err := chooseStorage(wish, u.classes, u.notListed, u.nodes)
		if err != nil {
			return c, err
		}
		c.StorageClass, c.HostPath = storage.class, storage.hostPath
	}
	return wish.onto(c), nil
}

// unrecorded refuses claims of ours without the settings that go with them:
// their size, class and identity would be a guess.
func (u *up) unrecorded() error {
	c := names(u.target)
	return &Error{
		Kind:    Refused,
		Message: fmt.Sprintf("%s: has %s, but configmap/%s with its settings is gone", c.Name, progress.Count(len(u.seen.claims), "claim"), c.SettingsName()),
		Next:    "crdb-kube up --nodes N --image IMAGE, with what they were, takes the claims up again; crdb-kube up --fresh deletes them with their data",
	}
}
