package kube

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
)

// Selection says which workload is meant.
type Selection struct {
	Namespace string
	Name      string // of the StatefulSet
	Selector  string // labels of its pods and claims
}

// Workload is a StatefulSet and what belongs to it, as last seen. Its objects are
// shared: they must not be changed.
type Workload struct {
	StatefulSet *appsv1.StatefulSet             // nil: there is none
	Pods        []*corev1.Pod                   // by ordinal, then name
	Claims      []*corev1.PersistentVolumeClaim // by ordinal, then name
	Events      []*corev1.Event                 // oldest first; only those about the objects above
	Seen        time.Time                       // when this snapshot was made
	Trouble     error                           // why the server is not heard at the moment; nil: it is
}

// Snapshot reads the workload once, by lists side by side. Events that may not be read
// are left out.
func (c *Client) Snapshot(ctx context.Context, sel Selection) (Workload, error) {
	sources, err := c.sources(sel)
	if err != nil {
		return Workload{}, err
	}
	lists := make([][]object, len(sources))
	err = sideBySide(len(sources), func(i int) error {
		source := sources[i]
		err := retry(ctx, source.resource, func(ctx context.Context) error {
			list, err := source.list(ctx, metav1.ListOptions{})
			if err != nil {
				return err
			}
			lists[i], err = objectsOf(list)
			return err
		})
		err = c.explain(ctx, source.resource, err)
		if source.optional && IsForbidden(err) {
			return nil
		}
		return err
	})
	if err != nil {
		return Workload{}, err
	}
	return assemble(slices.Concat(lists...), sel, time.Now())
}

// assemble sorts the objects of a workload into their places. It selects once more, for
// the clientset of tests does not.
func assemble(objects []object, sel Selection, now time.Time) (Workload, error) {
	selector, err := labels.Parse(sel.Selector)
	if err != nil {
		return Workload{}, fmt.Errorf("selector %q: %w", sel.Selector, err)
	}
	w := Workload{Seen: now}
	for _, obj := range objects {
		selected := selector.Matches(labels.Set(obj.GetLabels()))
		switch obj := obj.(type) {
		case *appsv1.StatefulSet:
			if obj.Name == sel.Name {
				w.StatefulSet = obj
			}
		case *corev1.Pod:
			if selected {
				w.Pods = append(w.Pods, obj)
			}
		case *corev1.PersistentVolumeClaim:
			if selected {
				w.Claims = append(w.Claims, obj)
			}
		}
	}
	slices.SortFunc(w.Pods, byOrdinal[*corev1.Pod])
	slices.SortFunc(w.Claims, byOrdinal[*corev1.PersistentVolumeClaim])
	subjects := w.subjects()
	for _, obj := range objects {
		if event, ok := obj.(*corev1.Event); ok && subjects.concern(event) {
			w.Events = append(w.Events, event)
		}
	}
	slices.SortStableFunc(w.Events, func(a, b *corev1.Event) int {
		return cmp.Or(EventTime(a).Compare(EventTime(b)), strings.Compare(a.Name, b.Name))
	})
	return w, nil
}

// byOrdinal sorts by the number at the end of the name, then by name.
func byOrdinal[T metav1.Object](a, b T) int {
	return cmp.Or(cmp.Compare(ordinal(a.GetName()), ordinal(b.GetName())), strings.Compare(a.GetName(), b.GetName()))
}

// ordinal is the number at the end of a name; -1: there is none.
func ordinal(name string) int {
	number, err := strconv.Atoi(name[strings.LastIndex(name, "-")+1:])
	if err != nil {
		return -1
	}
	return number
}

// subjects are the objects that events may be about.
type subjects map[subject]types.UID

type subject struct {
	kind Kind
	name string
}

func (w Workload) subjects() subjects {
	s := subjects{}
	if w.StatefulSet != nil {
		s[subject{StatefulSet, w.StatefulSet.Name}] = w.StatefulSet.UID
	}
	for _, pod := range w.Pods {
		s[subject{Pod, pod.Name}] = pod.UID
	}
	for _, claim := range w.Claims {
		s[subject{PersistentVolumeClaim, claim.Name}] = claim.UID
	}
	return s
}

// concern tells whether an event is about one of the objects, and not about an earlier
// one of the same name.
func (s subjects) concern(event *corev1.Event) bool {
	about := event.InvolvedObject
	uid, found := s[subject{Kind(about.Kind), about.Name}]
	return found && (about.UID == uid || about.UID == "")
}

// EventTime is when an event happened last.
func EventTime(event *corev1.Event) time.Time {
	if event.Series != nil && !event.Series.LastObservedTime.IsZero() {
		return event.Series.LastObservedTime.Time
	}
	for _, at := range []time.Time{event.LastTimestamp.Time, event.EventTime.Time, event.FirstTimestamp.Time} {
		if !at.IsZero() {
			return at
		}
	}
	return event.CreationTimestamp.Time
}
