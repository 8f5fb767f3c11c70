package deploy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// Scope is how much a deletion may take.
type Scope string

const (
	// KeepData: what `up` makes anew, nothing that holds data.
	KeepData Scope = "keep data"
	// Everything: claims, volumes of our own and settings too.
	Everything Scope = "everything"
)

// condemned is what is to be deleted, in the order in which it may go.
type condemned struct {
	set     *kube.Ref
	pods    []kube.Ref
	objects []kube.Ref
	// revisions are the set's ControllerRevisions.
	revisions []kube.Ref
	// data holds claims, volumes of our own, and last the settings.
	data []kube.Ref
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
// at once: nothing that does not carry our labels for this very cluster is ever in its answer,
// and nothing that holds data unless the scope is Everything.
func doomed(s survey, target Target, scope Scope) condemned {
	var c condemned
	for _, ref := range s.sorted() {
		if !owned(target, ref) {
			continue
		}
		switch ref.Kind {
		case kube.StatefulSet:
			c.set = &ref
		case kube.PersistentVolumeClaim, kube.ConfigMap:
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
	if scope == Everything {
		c.data = data(s, target)
	}
	return c
}

// data is what a cluster keeps between down and up.
func data(s survey, target Target) []kube.Ref {
	var all, settings []kube.Ref
	for _, ref := range s.sorted() {
		switch {
		case !owned(target, ref):
		case ref.Kind == kube.PersistentVolumeClaim:
			all = append(all, ref)
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
	return append(all, settings...)
}

// kept says in words what stays.
func kept(s survey, target Target) []string {
	claims, settings := 0, 0
	size := ""
	for i := range s.claims {
		ref := kube.RefOf(kube.PersistentVolumeClaim, &s.claims[i])
		if owned(target, ref) {
			claims++
			size = s.claims[i].Spec.Resources.Requests.Storage().String()
		}
	}
	for _, ref := range data(s, target) {
		if ref.Kind == kube.ConfigMap {
			settings++
		}
	}
	var words []string
	if claims > 0 {
		words = append(words, fmt.Sprintf("%s of %s", count(claims, "claim"), size))
	}
	if settings > 0 {
		words = append(words, "settings")
	}
	return words
}

// losing lists for the user what will die with the data.
func losing(s survey, c condemned) []string {
	var lines []string
	for _, ref := range c.data {
		var line strings.Builder
		line.WriteString(ref.String())
		for i := range s.claims {
			if ref.Kind == kube.PersistentVolumeClaim && s.claims[i].Name == ref.Name {
				line.WriteString(", " + s.claims[i].Spec.Resources.Requests.Storage().String())
			}
		}
		lines = append(lines, line.String())
	}
	return lines
}
