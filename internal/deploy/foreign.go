package deploy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// obstacles refuses to go on over what is not ours or is being deleted.
func (s survey) obstacles(target Target, now time.Time) error {
	if err := s.foreign(target, now); err != nil {
		return err
	}
	if left := s.leftByRecipe(target); len(left) > 0 {
		return s.recipeError(left, now)
	}
	claims, volumes := s.going(now)
	if len(claims)+len(volumes) == 0 {
		return nil
	}
	var what []string
	if len(claims) > 0 {
		what = append(what, progress.Count(len(claims), "claim"))
	}
	if len(volumes) > 0 {
		what = append(what, progress.Count(len(volumes), "volume"))
	}
	next := "wait until they are gone, then the same command again"
	switch {
	case len(s.pods) == 0:
	case len(s.endangered(now)) > 0:
		next = "back up the data now, while the pods run: with the next restart of a pod its claim and its data are gone"
	default:
		next = "crdb-kube down, then crdb-kube up: the volumes are our own, keep the data, and are bound again"
	}
	return &Error{
		Kind:    Refused,
		Message: target.Name + ": " + progress.And(what) + " being deleted",
		Seen:    slices.Concat(claims, volumes),
		Next:    next,
	}
}

// going are the claims and volumes of our own that are being deleted.
func (s survey) going(now time.Time) (claims, volumes []string) {
	for i := range s.claims {
		claims = appendGoing(claims, kube.RefOf(kube.PersistentVolumeClaim, &s.claims[i]), now)
	}
	for i := range s.volumes {
		volumes = appendGoing(volumes, kube.RefOf(kube.PersistentVolume, &s.volumes[i]), now)
	}
	return claims, volumes
}

// endangered are the claims that are being deleted and take their data with
// them: a volume of our own stays, and is bound again by the next `up`.
func (s survey) endangered(now time.Time) []string {
	var lines []string
	for i := range s.claims {
		if !s.onOwnVolume(&s.claims[i]) {
			lines = appendGoing(lines, kube.RefOf(kube.PersistentVolumeClaim, &s.claims[i]), now)
		}
	}
	return lines
}

func (s survey) onOwnVolume(claim *corev1.PersistentVolumeClaim) bool {
	return slices.ContainsFunc(s.volumes, func(v corev1.PersistentVolume) bool {
		return v.Name == claim.Spec.VolumeName && v.DeletionTimestamp == nil
	})
}

func appendGoing(lines []string, ref kube.Ref, now time.Time) []string {
	if ref.Deleting.IsZero() {
		return lines
	}
	return append(lines, ref.String()+" is being deleted since "+roughly(now.Sub(ref.Deleting)))
}

// foreign refuses what stands under our names and neither is ours nor was
// left by the recipe.
func (s survey) foreign(target Target, now time.Time) error {
	var seen []string
	for _, ref := range s.sorted() {
		if !owned(target, ref) && !s.ofRecipe(target, ref) {
			seen = append(seen, ref.String()+whose(ref, now))
		}
	}
	if len(seen) == 0 {
		return nil
	}
	if next := s.relabel(target); next != "" {
		return &Error{Kind: Refused, Message: firstOf(seen) + " made by crdb-kube, but the labels are not those of this cluster any more", Seen: seen, Next: next}
	}
	return &Error{
		Kind:    Refused,
		Message: firstOf(seen) + " not made by crdb-kube, and it takes over nothing",
		Seen:    seen,
		Next:    "crdb-kube up --name " + target.Name + "-2 makes a cluster beside it, or delete what is in the way yourself",
	}
}

// whose says of an object under our names that is not ours whose it is.
func whose(ref kube.Ref, now time.Time) string {
	other := ref.Labels[cockroach.LabelInstance]
	switch {
	case ref.Labels[cockroach.LabelManagedBy] == cockroach.ManagedBy && other != "":
		return " belongs to cluster " + other
	case slices.Contains(ref.Managers, kube.FieldManager):
		others := slices.DeleteFunc(slices.Clone(ref.Managers), func(m string) bool { return m == kube.FieldManager })
		if len(others) == 0 {
			return " was made by crdb-kube, and its labels were changed since"
		}
		return " was made by crdb-kube, and its labels were changed by " + progress.And(others)
	}
	return " was not made by crdb-kube for this cluster" + madeBy(", but by ", ref, now)
}

// relabel is the command that gives objects of ours their labels back, where
// nothing else is in the way.
func (s survey) relabel(target Target) string {
	var lost []string
	for _, ref := range s.sorted() {
		switch {
		case owned(target, ref) || s.ofRecipe(target, ref):
		case slices.Contains(ref.Managers, kube.FieldManager) && ref.Labels[cockroach.LabelManagedBy] != cockroach.ManagedBy,
			slices.Contains(ref.Managers, kube.FieldManager) && ref.Labels[cockroach.LabelInstance] == "":
			lost = append(lost, ref.String())
		default:
			return ""
		}
	}
	if len(lost) == 0 {
		return ""
	}
	return fmt.Sprintf("kubectl label -n %s %s --overwrite %s=%s %s=%s puts them back", target.Namespace, strings.Join(lost, " "),
		cockroach.LabelManagedBy, cockroach.ManagedBy, cockroach.LabelInstance, target.Name)
}

// madeBy says who wrote an object and when, as far as that is known.
func madeBy(lead string, ref kube.Ref, now time.Time) string {
	if len(ref.Managers) == 0 {
		return ""
	}
	return lead + progress.And(ref.Managers) + " " + roughly(now.Sub(ref.Created)) + " ago"
}
