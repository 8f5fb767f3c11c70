package deploy

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// Diff is what `up` would change.
type Diff struct {
	Cluster cockroach.Cluster
	// Objects are all that `up` looks after, in the order in which it applies them.
	Objects []DiffObject
	// Refusal is why `up` would change nothing all the same; nil: it would not
	// refuse, but for conflicts.
	Refusal *Error
	// Notes are what `up` would say besides.
	Notes []string
	Seen  time.Time
}

// Action is what `up` would do with an object.
type Action string

// The actions. In a conflict it would be configured, but for fields that others
// have set: `up` refuses, unless it is to take them over.
const (
	ActionCreated    Action = "created"
	ActionConfigured Action = "configured"
	ActionRecreated  Action = "recreated"
	ActionUnchanged  Action = "unchanged"
	ActionConflict   Action = "conflict"
)

// DiffObject is one object.
type DiffObject struct {
	Ref    kube.Ref
	Action Action
	// Fields would change. One that would be created has none.
	Fields []Change
	// Alone are fields that others have set and `up` leaves as they are.
	Alone []kube.FieldValue
}

// Change is a field that would change. Of a Secret no value is told.
type Change struct {
	kube.FieldChange
	Way ChangeWay
}

// ChangeWay is how a field would change.
type ChangeWay string

// The ways.
const (
	FieldAdded   ChangeWay = "added"
	FieldChanged ChangeWay = "changed"
	FieldRemoved ChangeWay = "removed"
)

// Differs says whether `up` would change anything.
func (d Diff) Differs() bool {
	return slices.ContainsFunc(d.Objects, func(o DiffObject) bool { return o.Action != ActionUnchanged })
}

// Conflicts says whether somebody else holds what would change.
func (d Diff) Conflicts() bool {
	return slices.ContainsFunc(d.Objects, func(o DiffObject) bool { return o.Action == ActionConflict })
}

// GetDiff decides what the cluster will be as Up does, asks the server by dry
// runs what that would change, and writes nothing.
func GetDiff(ctx context.Context, client *kube.Client, target Target, opts UpOptions) (Diff, error) {
	u, pieces, notes, err := lookAhead(ctx, client, target, opts, comparing)
	if err != nil {
		return Diff{}, err
	}
	d := Diff{Cluster: u.cluster, Refusal: u.refusal, Notes: notes, Seen: u.serverTime()}
	if u.homeless {
		d.Objects = append(d.Objects, DiffObject{Ref: kube.Ref{Kind: kube.Namespace, Name: target.Namespace}, Action: ActionCreated})
	}
	all := make([]DiffObject, len(pieces))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, one := range pieces {
		group.Go(func() (err error) {
			all[i], err = u.compare(ctx, one)
			return err
		})
	}
	err = group.Wait()
	d.Objects = append(d.Objects, all...)
	return d, err
}

// atOnce is how many objects are compared side by side.
const atOnce = 8

// compare says what would become of one object.
func (u *up) compare(ctx context.Context, want piece) (DiffObject, error) {
	ref := kube.RefTo(want.object)
	switch {
	case u.homeless: // no server makes a dry run where there is no namespace
		return DiffObject{Ref: ref, Action: ActionCreated}, nil
	case want.asItIs:
		return DiffObject{Ref: want.seen, Action: ActionUnchanged}, nil
	}
	found, err := u.client.Compare(ctx, want.object)
	action := u.actionOf(found)
	if found.Ref.Exists() && ref.Kind == kube.StatefulSet && immutable(err) {
		action = ActionRecreated
		if u.clash(found) {
			action = ActionConflict
		}
		found, err = u.compareAnew(ctx, want.object)
	}
	if err != nil {
		return DiffObject{}, err
	}
	object := DiffObject{Ref: found.Ref, Action: action, Alone: found.Alone}
	for _, field := range found.Fields {
		object.Fields = append(object.Fields, changeOf(field, ref.Kind))
	}
	if ref.Kind == kube.Secret {
		for i := range object.Alone {
			object.Alone[i].Value = nil
		}
	}
	return u.withBinding(object), nil
}

func (u *up) actionOf(d kube.Difference) Action {
	outcome := d.Outcome()
	switch {
	case outcome == kube.Created:
		return ActionCreated
	case outcome == kube.Unchanged:
		return ActionUnchanged
	case u.clash(d):
		return ActionConflict
	}
	return ActionConfigured
}

// clash says whether `up` would refuse for the sake of others' fields. The
// settings are ours alone, whoever brought them back.
func (u *up) clash(d kube.Difference) bool {
	return len(d.Conflicts) > 0 && u.opts.Conflicts != kube.TakeOver && d.Ref.Kind != kube.ConfigMap
}

// compareAnew is for the StatefulSet that would be made again. It gets a partition
// only where its pods have another template.
func (u *up) compareAnew(ctx context.Context, set cockroach.Object) (kube.Difference, error) {
	found, err := u.client.CompareAnew(ctx, set)
	if !slices.ContainsFunc(found.Fields, func(f kube.FieldChange) bool { return strings.HasPrefix(f.Path, "spec.template.") }) {
		found.Fields = slices.DeleteFunc(found.Fields, func(f kube.FieldChange) bool { return f.Path == "spec.updateStrategy.rollingUpdate.partition" })
	}
	return found, err
}

func changeOf(field kube.FieldChange, kind kube.Kind) Change {
	c := Change{field, FieldChanged}
	switch {
	case field.From == nil:
		c.Way = FieldAdded
	case field.To == nil:
		c.Way = FieldRemoved
	}
	if kind == kube.Secret {
		c.From, c.To = nil, nil
	}
	return c
}

// withBinding adds that a volume of our own which lost its claim is bound again.
func (u *up) withBinding(object DiffObject) DiffObject {
	for i := range u.seen.volumes {
		volume := &u.seen.volumes[i]
		if object.Ref.Kind != kube.PersistentVolume || volume.Name != object.Ref.Name || !u.released(volume) || volume.Spec.ClaimRef == nil {
			continue
		}
		object.Fields = append(object.Fields, Change{
			FieldChange: kube.FieldChange{Path: "spec.claimRef.uid", From: string(volume.Spec.ClaimRef.UID)}, Way: FieldRemoved,
		})
		if object.Action == ActionUnchanged {
			object.Action = ActionConfigured
		}
	}
	return object
}
