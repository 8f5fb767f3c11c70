package deploy

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// The recipe is how CockroachDB was run on Kubernetes before: a StatefulSet,
// its Services and its budget by fixed names, marked with one label and
// nothing else, in the Kubernetes examples of 2016 together with a script that
// also made claims and hostPath volumes, and in the makers' own manifests to
// this day.
//
// Source: kubernetes/examples _archived/cockroachdb, and the manifests of
// cockroachdb/docs for "Deploy CockroachDB in a single Kubernetes cluster".
const (
	recipeLabel    = "app"
	recipeSelector = "app=cockroachdb"
	recipeInit     = "cluster-init"
)

// recipe is what the recipe left besides objects under our own names.
type recipe struct {
	pods []kube.Ref
	// job is the one that initialises: left to itself it would initialise a
	// new cluster a second time, since it looks for a pod by name.
	job *kube.Ref
	// volumes are those that the script made, each for a claim of this
	// namespace or for none.
	volumes []corev1.PersistentVolume
}

// ofRecipe says whether an object under one of our names was left by the
// recipe. It carries the recipe's label, and nobody looks after it.
func (s survey) ofRecipe(target Target, ref kube.Ref) bool {
	if target.Name != cockroach.DefaultName || len(ref.Owners) > 0 || ref.Labels[cockroach.LabelManagedBy] != "" {
		return false
	}
	switch ref.Kind {
	case kube.StatefulSet: // newer ones have no labels of their own
		selector := s.set.Spec.Selector
		return selector != nil && len(selector.MatchExpressions) == 0 &&
			len(selector.MatchLabels) == 1 && selector.MatchLabels[recipeLabel] == "cockroachdb"
	case kube.Service, kube.PodDisruptionBudget, kube.PersistentVolumeClaim:
		return ref.Labels[recipeLabel] == "cockroachdb"
	default:
		return false
	}
}

// leftByRecipe is everything that the recipe left, as far as it was looked for.
func (s survey) leftByRecipe(target Target) []kube.Ref {
	var left []kube.Ref
	for _, ref := range s.sorted() {
		switch {
		case !s.ofRecipe(target, ref):
		case ref.Kind == kube.StatefulSet: // what a person knows it by
			left = slices.Insert(left, 0, ref)
		default:
			left = append(left, ref)
		}
	}
	if s.recipe.job != nil {
		left = append(left, *s.recipe.job)
	}
	left = append(left, s.recipe.pods...)
	for i := range s.recipe.volumes {
		left = append(left, kube.RefOf(kube.PersistentVolume, &s.recipe.volumes[i]))
	}
	return left
}

// lookRecipe looks for the rest of the recipe where a part of it was seen.
func (s *survey) lookRecipe(ctx context.Context, client *kube.Client, target Target) error {
	if len(s.leftByRecipe(target)) == 0 {
		return nil
	}
	pods, err := client.List(ctx, target.Namespace, recipeSelector, kube.Pod)
	if err != nil {
		return err
	}
	s.recipe.pods = slices.DeleteFunc(pods, func(pod kube.Ref) bool { return !recipePod(target, pod) })
	jobs, err := client.Lookup(ctx, kube.Ref{Kind: kube.Job, Namespace: target.Namespace, Name: recipeInit})
	if err = unlessForbidden(err); err != nil {
		return err
	}
	for _, job := range jobs {
		if job.Exists() && job.Labels[recipeLabel] == "cockroachdb" && len(job.Owners) == 0 {
			s.recipe.job = &job
		}
	}
	volumes, err := client.Volumes(ctx, recipeSelector)
	if err = unlessForbidden(err); err != nil {
		return err
	}
	s.recipe.volumes = slices.DeleteFunc(volumes, func(v corev1.PersistentVolume) bool { return !recipeVolume(target, v) })
	return nil
}

// recipePod says whether a pod with the recipe's label is one of its database.
func recipePod(target Target, pod kube.Ref) bool {
	_, ok := ordinal(pod.Name, target.Name+"-")
	return ok && !owned(target, pod)
}

// recipeVolume says whether a volume is one that the script made and that
// nobody else has: bound to a claim of this cluster's name and namespace, or
// by the script's very name and path to no claim at all.
func recipeVolume(target Target, volume corev1.PersistentVolume) bool {
	if volume.Labels["type"] != "local" || volume.Spec.HostPath == nil || volume.Labels[cockroach.LabelManagedBy] != "" {
		return false
	}
	if claim := volume.Spec.ClaimRef; claim != nil {
		_, ours := ordinal(claim.Name, claimPrefix+target.Name+"-")
		return ours && claim.Namespace == target.Namespace
	}
	match := regexp.MustCompile(`^pv([0-3])$`).FindStringSubmatch(volume.Name)
	return match != nil && volume.Spec.HostPath.Path == "/tmp/"+match[1]
}

// recipeError explains what the recipe left and what can be done about it.
func (s survey) recipeError(left []kube.Ref, now time.Time) error {
	var seen []string
	for _, ref := range left {
		line := ref.String() + " was left by the recipe" + madeBy(", made by ", ref, now)
		if !ref.Deleting.IsZero() {
			line += "; it is being deleted since " + roughly(now.Sub(ref.Deleting))
		}
		seen = append(seen, line)
	}
	seen = append(seen, s.recipeData())
	return &Error{
		Kind:    Refused,
		Message: firstOf(seen[:len(left)]) + " left by the recipe that crdb-kube replaces, and it cannot take over what that made",
		Seen:    seen,
		Next:    "crdb-kube up --fresh deletes all of it with the data, after a list and a yes; crdb-kube up --name cockroachdb-2 makes a cluster beside it",
	}
}

// recipeData says what the recipe's data is still good for.
func (s survey) recipeData() string {
	image := ""
	if s.set != nil && len(s.set.Spec.Template.Spec.Containers) > 0 {
		image = s.set.Spec.Template.Spec.Containers[0].Image
	}
	switch version, ok := cockroach.VersionOf(image); {
	case ok && !version.Deployable():
		return fmt.Sprintf("its data was written by CockroachDB %s, too old for any release that could read it here", version)
	case image != "":
		return fmt.Sprintf("its data was written by %s: if it is wanted, move it with BACKUP and RESTORE first", image)
	}
	return "its StatefulSet is gone: which release wrote its data is not known"
}

// firstOf is "a and 3 more objects were" or "a was", for a sentence about
// objects that stand at the beginning of these lines.
func firstOf(lines []string) string {
	first, _, _ := strings.Cut(lines[0], " ")
	if len(lines) == 1 {
		return first + ": was"
	}
	return first + " and " + progress.Count(len(lines)-1, "more object") + ": were"
}
