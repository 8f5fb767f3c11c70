package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// applySet applies the StatefulSet as planSet says. An apply that would do
// nothing is not made.
func (u *up) applySet(ctx context.Context) (kube.Applied, error) {
	before := u.seen.ref(kube.StatefulSet, u.cluster.Name)
	plan, err := u.planSet(ctx, u.opts.Conflicts)
	switch {
	case err != nil:
		return kube.Applied{}, err
	case plan.way == again:
		return u.remake(ctx, before)
	case plan.way == notAtAll:
		return kube.Applied{Ref: before, Outcome: kube.Unchanged, Object: u.seen.set}, nil
	}
	applied, err := u.putSet(ctx, before, plan.partition)
	if before.Exists() && immutable(err) {
		return u.remake(ctx, before)
	}
	return applied, err
}

// setPlan is how the StatefulSet is to be applied.
type setPlan struct {
	way       way
	partition int
}

// way is how an object gets what it should be.
type way string

const (
	inPlace  way = ""           // by an apply
	notAtAll way = "not at all" // it is so already
	again    way = "again"      // by making it again around its pods
)

// planSet decides how the StatefulSet is to be applied. Where its pods hold a
// live database it asks the server what an apply would do: another pod template
// would replace all pods at once, without a look at the data, so it goes out
// with a partition that keeps every pod as it is.
func (u *up) planSet(ctx context.Context, conflicts kube.Force) (setPlan, error) {
	if u.seen.set == nil || !u.live() {
		return setPlan{}, nil
	}
	would, err := u.preview(ctx, u.seen.ref(kube.StatefulSet, u.cluster.Name), conflicts)
	switch was := u.seen.set; {
	case immutable(err):
		return setPlan{way: again}, nil
	case err != nil:
		return setPlan{}, err
	case u.holdBack(would):
		return setPlan{partition: u.cluster.Nodes}, nil
	case equality.Semantic.DeepEqual(would.Spec, was.Spec) && maps.Equal(would.Labels, was.Labels) && maps.Equal(would.Annotations, was.Annotations):
		return setPlan{way: notAtAll}, nil
	}
	return setPlan{}, nil
}

// live says whether pods hold a database.
func (u *up) live() bool { return u.cluster.ClusterID != "" && len(u.seen.pods) > 0 }

// immutable says whether the server would take the object, but not as a change
// of the one that is there. Whatever else is wrong with it would be wrong with
// a new one as well, and by then the old one would be gone.
func immutable(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || !apierrors.IsInvalid(err) || status.Status().Details == nil {
		return false
	}
	causes := status.Status().Details.Causes
	return len(causes) > 0 && !slices.ContainsFunc(causes, func(cause metav1.StatusCause) bool {
		whole := cause.Type == metav1.CauseType(field.ErrorTypeForbidden) && cause.Field == "spec"
		// Since v1.37 each field is named.
		one := strings.HasPrefix(cause.Field, "spec.") && strings.HasSuffix(cause.Message, validation.FieldImmutableErrorMsg)
		return !whole && !one
	})
}

func (u *up) putSet(ctx context.Context, before kube.Ref, partition int) (kube.Applied, error) {
	set, err := u.cluster.StatefulSet(partition)
	if err != nil {
		return kube.Applied{}, err
	}
	return u.client.Apply(ctx, set, before, u.opts.Conflicts)
}

// preview is the StatefulSet that an apply would make.
func (u *up) preview(ctx context.Context, before kube.Ref, conflicts kube.Force) (*appsv1.StatefulSet, error) {
	set, err := u.cluster.StatefulSet(0)
	if err != nil {
		return nil, err
	}
	would, err := u.client.Preview(ctx, set, before, conflicts)
	if err != nil {
		return nil, err
	}
	typed, ok := would.Object.(*appsv1.StatefulSet)
	if !ok {
		return nil, fmt.Errorf("%s: the server answers with %T", before, would.Object)
	}
	return typed, nil
}

// holdBack says whether pods would be replaced: because the template would
// change, or because an earlier change of it has not come to all of them yet.
func (u *up) holdBack(would *appsv1.StatefulSet) bool {
	status := u.seen.set.Status
	changes := !equality.Semantic.DeepEqual(would.Spec.Template, u.seen.set.Spec.Template)
	unfinished := status.CurrentRevision != status.UpdateRevision
	u.heldBack = changes || unfinished
	if u.heldBack && !u.course.rolls {
		u.r.note("the pods keep the template that they were started with; crdb-kube restart gives it to them one by one")
	}
	return u.heldBack
}

// remake deletes a StatefulSet whose immutable fields differ from around its
// pods, waits until that very object is gone, and makes it anew: an apply
// before that could answer well and still be lost with the old object.
func (u *up) remake(ctx context.Context, old kube.Ref) (kube.Applied, error) {
	u.r.waiting(0, 0, "making %s again around its pods", old)
	if err := u.client.Delete(ctx, old, kube.DeleteOptions{Propagation: metav1.DeletePropagationOrphan}); err != nil {
		return kube.Applied{}, err
	}
	if err := awaitGone(ctx, u.client, u.r, []kube.Ref{old}); err != nil {
		return kube.Applied{}, err
	}
	partition := 0
	if u.live() {
		would, err := u.preview(ctx, kube.Ref{Kind: old.Kind, Namespace: old.Namespace, Name: old.Name}, u.opts.Conflicts)
		if err != nil {
			return kube.Applied{}, err
		}
		if u.holdBack(would) {
			partition = u.cluster.Nodes
		}
	}
	u.r.note("%s was made again around its pods: fields of it that cannot be changed were different", old)
	return u.putSet(ctx, kube.Ref{}, partition)
}
