package deploy

import (
	"context"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// apply makes the Services, the budget and the StatefulSet what they should be.
func (u *up) apply(ctx context.Context) (ending, error) {
	objects, err := u.cluster.Objects()
	if err != nil {
		return ending{}, err
	}
	tally := map[kube.Outcome]int{}
	if err := u.applySecrets(ctx, tally); err != nil {
		return ending{}, err
	}
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
			u.applied = set
		}
	}
	return done("%s", outcomeWords(tally)), nil
}

func (u *up) applyOne(ctx context.Context, object cockroach.Object) (kube.Applied, error) {
	ref := kube.RefTo(object)
	var applied kube.Applied
	var err error
	if ref.Kind == kube.StatefulSet {
		applied, err = u.applySet(ctx)
	} else {
		applied, err = u.client.Apply(ctx, object, u.seen.ref(ref.Kind, ref.Name), u.opts.Conflicts)
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

// outcomeWords counts outcomes in the order in which they matter.
func outcomeWords(tally map[kube.Outcome]int) string {
	var parts []string
	for _, outcome := range []kube.Outcome{kube.Created, kube.Configured, kube.Unchanged} {
		if n := tally[outcome]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", progress.Count(n, "object"), outcome))
		}
	}
	return strings.Join(parts, ", ")
}
