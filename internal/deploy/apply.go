package deploy

import (
	"context"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// apply makes the Services, the budget and the StatefulSet what they should be.
func (u *up) apply(ctx context.Context) (ending, error) {
	objects, err := u.cluster.Objects()
	if err != nil {
		return ending{}, err
	}
	tally := map[kube.Outcome]int{}
	for _, object := range objects {
		if kube.RefTo(object).Kind == kube.ConfigMap {
			continue // the settings were written before the claims
		}
		applied, err := u.applyOne(ctx, object)
		if err != nil {
			return ending{}, err
		}
		tally[applied.Outcome]++
		if set, ok := applied.Object.(*appsv1.StatefulSet); ok {
			u.generation = set.Generation
		}
	}
	return done("%s", outcomeWords(tally)), nil
}

func (u *up) applyOne(ctx context.Context, object cockroach.Object) (kube.Applied, error) {
	ref := kube.RefTo(object)
	before := u.seen.ref(ref.Kind, ref.Name)
	applied, err := u.client.Apply(ctx, object, before, u.opts.Conflicts)
	if ref.Kind == kube.StatefulSet && before.Exists() && apierrors.IsInvalid(err) {
		applied, err = u.remake(ctx, object, before)
	}
	if err != nil {
		return applied, explainConflict(err)
	}
	if applied.Outcome != kube.Unchanged {
		u.changed.Add(1)
	}
	u.r.object(applied.Ref, outcomeState(applied.Outcome))
	return applied, nil
}

// remake deletes a StatefulSet whose immutable fields differ from around its
// pods, waits until that very object is gone, and makes it anew: an apply
// before that could answer well and still be lost with the old object.
func (u *up) remake(ctx context.Context, object cockroach.Object, old kube.Ref) (kube.Applied, error) {
	u.r.waiting(0, 0, "making %s again around its pods", old)
	if err := u.client.Delete(ctx, old, kube.DeleteOptions{Propagation: metav1.DeletePropagationOrphan}); err != nil {
		return kube.Applied{}, err
	}
	if err := awaitGone(ctx, u.client, u.r, []kube.Ref{old}); err != nil {
		return kube.Applied{}, err
	}
	return u.client.Apply(ctx, object, kube.Ref{}, u.opts.Conflicts)
}

// outcomeWords counts outcomes in the order in which they matter.
func outcomeWords(tally map[kube.Outcome]int) string {
	var parts []string
	for _, outcome := range []kube.Outcome{kube.Created, kube.Configured, kube.Unchanged} {
		if n := tally[outcome]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", count(n, "object"), outcome))
		}
	}
	return strings.Join(parts, ", ")
}
