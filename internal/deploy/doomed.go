package deploy

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Scope is how much a deletion may take.
type Scope string

const (
	// KeepData: what `up` makes anew, nothing that holds data.
	KeepData Scope = "keep data"
	// Everything: claims, volumes of our own and settings too.
	Everything Scope = "everything"
	// Anew: everything but the Secrets and the settings, and what the recipe
	// left under our names. Whoever trusts the cluster, or knows its password,
	// goes on to; what was decided stays, whenever an interruption comes.
	Anew Scope = "anew"
)

// condemned is what is to be deleted, in the order in which it may go.
type condemned struct {
	set     *kube.Ref
	pods    []kube.Ref
	objects []kube.Ref
	// revisions are the set's ControllerRevisions.
	revisions []kube.Ref
	// data holds claims, volumes of our own, Secrets, and last the settings.
	data []kube.Ref
	// selectors find the pods, once the set is gone.
	selectors []string
}

// empty says whether there is nothing to delete. ControllerRevisions do not
// count: they go before the rest, unless the user may not delete them.
func (c condemned) empty() bool {
	return c.set == nil && len(c.pods)+len(c.objects)+len(c.data) == 0
}

// all but the data and the pods.
func (c condemned) all() []kube.Ref {
	if c.set == nil {
		return c.objects
	}
	return append([]kube.Ref{*c.set}, c.objects...)
}

// doomed decides what is deleted of a cluster. It is the only function that
// does, but for throw-away pods of our own and a StatefulSet that is made anew
// at once: nothing that does not carry our labels for this very cluster is ever
// in its answer but, where the scope is Anew, what the recipe left; and nothing
// that holds data unless the scope is Everything or Anew.
func doomed(s survey, target Target, scope Scope) condemned {
	c := condemned{selectors: []string{names(target).Selector()}}
	for _, ref := range s.sorted() {
		if !owned(target, ref) && (scope != Anew || !s.ofRecipe(target, ref)) {
			continue
		}
		switch ref.Kind {
		case kube.StatefulSet:
			c.set = &ref
		case kube.PersistentVolumeClaim, kube.ConfigMap, kube.Secret:
			// data, below
		default:
			c.objects = append(c.objects, ref)
		}
	}
	for _, pod := range s.pods {
		if owned(target, pod) {
			c.pods = append(c.pods, pod)
		}
	}
	foreign := func(ref kube.Ref) bool { return !owned(target, ref) }
	c.objects = append(c.objects, slices.DeleteFunc(slices.Clone(s.left), foreign)...)
	c.revisions = slices.DeleteFunc(slices.Clone(s.revisions), foreign)
	switch scope {
	case KeepData:
	case Everything:
		c.data = data(s, target)
	case Anew:
		if len(s.leftByRecipe(target)) > 0 {
			c.selectors = append(c.selectors, recipeSelector)
		}
		c.data = append(recipeData(s, target), slices.DeleteFunc(data(s, target), outlives)...)
		c.pods = append(c.pods, s.recipe.pods...)
		if s.recipe.job != nil {
			c.objects = append(c.objects, *s.recipe.job)
		}
	}
	return c
}

// recipeData is what the recipe keeps data in.
func recipeData(s survey, target Target) []kube.Ref {
	var all []kube.Ref
	for _, ref := range s.sorted() {
		if ref.Kind == kube.PersistentVolumeClaim && s.ofRecipe(target, ref) {
			all = append(all, ref)
		}
	}
	for i := range s.recipe.volumes {
		all = append(all, kube.RefOf(kube.PersistentVolume, &s.recipe.volumes[i]))
	}
	return all
}

// data is what a cluster keeps between down and up.
func data(s survey, target Target) []kube.Ref {
	var all, secrets, settings []kube.Ref
	for _, ref := range s.sorted() {
		switch {
		case !owned(target, ref):
		case ref.Kind == kube.PersistentVolumeClaim:
			all = append(all, ref)
		case ref.Kind == kube.Secret:
			secrets = append(secrets, ref)
		case ref.Kind == kube.ConfigMap:
			settings = append(settings, ref)
		}
	}
	for i := range s.volumes {
		ref := kube.RefOf(kube.PersistentVolume, &s.volumes[i])
		if owned(target, ref) {
			all = append(all, ref)
		}
	}
	return slices.Concat(all, secrets, settings)
}

func isSecret(ref kube.Ref) bool { return ref.Kind == kube.Secret }

// outlives says whether something is kept when a cluster is made anew.
func outlives(ref kube.Ref) bool { return isSecret(ref) || ref.Kind == kube.ConfigMap }

// kept says in words what stays.
func kept(s survey, target Target) []string {
	claims, settings, volumes := 0, 0, 0
	certificates, credentials := false, false
	size := ""
	for i := range s.claims {
		ref := kube.RefOf(kube.PersistentVolumeClaim, &s.claims[i])
		switch {
		case !owned(target, ref):
		case !ref.Deleting.IsZero():
			volumes++ // a claim that goes may leave a volume of our own
		default:
			claims++
			size = s.claims[i].Spec.Resources.Requests.Storage().String()
		}
	}
	for _, ref := range data(s, target) {
		switch ref.Kind {
		case kube.ConfigMap:
			settings++
		case kube.Secret:
			credentials = credentials || ref.Name == names(target).AppSecretName()
			certificates = certificates || ref.Name != names(target).AppSecretName()
		default:
		}
	}
	var words []string
	if claims > 0 {
		words = append(words, fmt.Sprintf("%s of %s", progress.Count(claims, "claim"), size))
	}
	if volumes > 0 {
		words = append(words, progress.Count(volumes, "volume")+" of our own")
	}
	if certificates {
		words = append(words, "certificates")
	}
	if credentials {
		words = append(words, "credentials")
	}
	if settings > 0 {
		words = append(words, "settings")
	}
	return words
}

// losing lists for the user what will die: the data, and all that is not ours.
func losing(s survey, target Target, c condemned) []string {
	var lines []string
	if n := len(c.pods); n > 0 {
		lines = append(lines, runs(n)+" now, and will be stopped")
	}
	for _, ref := range c.data {
		lines = append(lines, ref.String()+ofWhat(s, target, ref))
	}
	for _, ref := range c.all() {
		if !owned(target, ref) {
			lines = append(lines, ref.String()+", left by the recipe")
		}
	}
	return lines
}

// ofWhat is what a person needs to know of data before it is deleted: its
// size, whose it is, and what of it stays.
func ofWhat(s survey, target Target, ref kube.Ref) string {
	text := ""
	if i := slices.IndexFunc(s.claims, func(c corev1.PersistentVolumeClaim) bool {
		return ref.Kind == kube.PersistentVolumeClaim && c.Name == ref.Name
	}); i >= 0 {
		text = ", " + s.claims[i].Spec.Resources.Requests.Storage().String()
	}
	for i := range s.volumes {
		volume := &s.volumes[i]
		if ref.UID == volume.UID && s.record != nil && volume.Annotations[cockroach.AnnotationIncarnation] != s.record.Incarnation {
			text += ", of an earlier cluster"
		}
	}
	for i := range s.recipe.volumes {
		if ref.UID == s.recipe.volumes[i].UID {
			return ", left by the recipe; its directory " + s.recipe.volumes[i].Spec.HostPath.Path + " stays on the node"
		}
	}
	if !owned(target, ref) {
		text += ", left by the recipe"
	}
	return text
}
