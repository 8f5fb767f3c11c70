package kube

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
)

// Difference is what an apply would do to one object.
type Difference struct {
	Ref Ref // as it is; it does not Exist where it would be created
	// Fields would change, by path.
	Fields []FieldChange
	// Alone are what others have set and the apply would leave as it is.
	Alone []FieldValue
	// Conflicts are the fields for whose sake the server would turn the apply
	// down unless it is forced.
	Conflicts []Conflict
	// Would is the object as it would be, typed.
	Would runtime.Object
}

// Outcome is what the apply would do, in kubectl's words.
func (d Difference) Outcome() Outcome {
	switch {
	case !d.Ref.Exists():
		return Created
	case len(d.Fields) > 0:
		return Configured
	}
	return Unchanged
}

// Compare says what Apply would do, and does nothing: the server makes a dry
// run, and what it answers is compared with what there is, but for the status
// and what the server alone writes. Before an answer that is forced it is asked
// for one that is not, for the sake of the conflicts; so they are no error here.
func (c *Client) Compare(ctx context.Context, cfg runtime.ApplyConfiguration) (Difference, error) {
	_, ref := c.applier(cfg)
	live, err := c.live(ctx, ref)
	if err != nil {
		return Difference{}, err
	}
	d := Difference{Ref: ref}
	if live != nil {
		d.Ref = refOf(ref.Kind, live)
	}
	would, err := c.Preview(ctx, cfg, d.Ref, KeepOthers)
	if conflict := new(ConflictError); errors.As(err, &conflict) {
		d.Conflicts = conflict.Conflicts
		would, err = c.Preview(ctx, cfg, d.Ref, TakeOver)
	}
	if err != nil {
		return d, err
	}
	d.Would = would.Object
	after, ok := would.Object.(object)
	if !ok {
		return d, fmt.Errorf("%s: the server answers with %T", ref, would.Object)
	}
	if live == nil {
		return d, nil
	}
	if d.Fields, d.Alone, err = compareObjects(live, after); err != nil {
		return d, about(ref.String(), err)
	}
	return d, nil
}

// CompareAnew says which fields of an object that is there differ from those
// that an apply configuration names. It is for one that the server would not
// take as a change of the other, so that the server cannot be asked.
func (c *Client) CompareAnew(ctx context.Context, cfg runtime.ApplyConfiguration) (Difference, error) {
	_, ref := c.applier(cfg)
	live, err := c.live(ctx, ref)
	if err != nil || live == nil {
		return Difference{Ref: ref}, err
	}
	d := Difference{Ref: refOf(ref.Kind, live)}
	if d.Fields, err = compareNamed(live, cfg); err != nil {
		return d, about(ref.String(), err)
	}
	return d, nil
}

// live reads an object; nil: there is none.
func (c *Client) live(ctx context.Context, ref Ref) (object, error) {
	door, err := c.door(ref.Kind, ref.Namespace)
	if err != nil {
		return nil, err
	}
	var found object
	err = retry(ctx, ref.String(), func(ctx context.Context) (err error) {
		found, err = door.get(ctx, ref.Name)
		return err
	})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, c.explain(ctx, ref.String(), err)
	}
	return found, nil
}
