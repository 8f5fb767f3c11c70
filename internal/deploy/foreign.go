package deploy

import (
	"slices"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/kube"
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
		what = append(what, count(len(claims), "claim"))
	}
	if len(volumes) > 0 {
		what = append(what, count(len(volumes), "volume"))
	}
	next := "wait until they are gone, then the same command again"
	if len(s.pods) > 0 {
		next = "back up the data now, while the pods run: with the next restart of a pod its claim and its data are gone"
	}
	return &Error{
		Kind:    Refused,
		Message: target.Name + ": " + and(what) + " being deleted",
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
			seen = append(seen, ref.String()+" was not made by crdb-kube for this cluster"+madeBy(", but by ", ref, now))
		}
	}
	if len(seen) == 0 {
		return nil
	}
	return &Error{
		Kind:    Refused,
		Message: firstOf(seen) + " not made by crdb-kube, and it takes over nothing",
		Seen:    seen,
		Next:    "crdb-kube up --name " + target.Name + "-2 makes a cluster beside it, or delete what is in the way yourself",
	}
}

// madeBy says who wrote an object and when, as far as that is known.
func madeBy(lead string, ref kube.Ref, now time.Time) string {
	if len(ref.Managers) == 0 {
		return ""
	}
	return lead + and(ref.Managers) + " " + roughly(now.Sub(ref.Created)) + " ago"
}
