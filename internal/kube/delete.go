package kube

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// errNoUID: without a UID whatever stands under the name would be deleted or changed.
var errNoUID = errors.New("its UID is not known")

// DeleteOptions says how an object is deleted.
type DeleteOptions struct {
	Grace       *int64                     // seconds; nil: the object's own
	Propagation metav1.DeletionPropagation // empty: the server's default
}

// Delete deletes exactly the object that ref names by UID. That it is gone already, or
// that another object stands under its name now, is success. It does not wait until the
// object is gone.
func (c *Client) Delete(ctx context.Context, ref Ref, opts DeleteOptions) error {
	if ref.UID == "" {
		return about(ref.String(), errNoUID)
	}
	door, err := c.door(ref.Kind, ref.Namespace)
	if err != nil {
		return err
	}
	request := metav1.DeleteOptions{
		GracePeriodSeconds: opts.Grace,
		Preconditions:      metav1.NewUIDPreconditions(string(ref.UID)),
	}
	if opts.Propagation != "" {
		request.PropagationPolicy = &opts.Propagation
	}
	err = retry(ctx, ref.String(), func(ctx context.Context) error { return door.remove(ctx, ref.Name, request) })
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return c.explain(ctx, ref.String(), err)
}

// Remaining gives those of refs that still exist, with the same UID, as they are now and
// in the order asked.
func (c *Client) Remaining(ctx context.Context, refs []Ref) ([]Ref, error) {
	now, err := c.Lookup(ctx, refs...)
	if err != nil {
		return nil, err
	}
	var remaining []Ref
	for i := range now {
		if now[i].Exists() && now[i].UID == refs[i].UID {
			remaining = append(remaining, now[i])
		}
	}
	return remaining, nil
}
