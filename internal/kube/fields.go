package kube

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/value"
)

// FieldChange is one field that differs. A field that is not there is nil.
type FieldChange struct {
	// Path is as in spec.template.spec.containers[name=cockroachdb].image; the
	// name of a label or annotation stands in brackets.
	Path     string
	From, To any
	// Manager has set the value that is there, Since then; empty: nobody, or the
	// server does not tell.
	Manager string
	Since   time.Time
}

// FieldValue is one field as it is, and who has set it.
type FieldValue struct {
	Path    string
	Value   any
	Manager string
	Since   time.Time
}

// changesAt are the fields of a set with their values before and after, sorted by
// path. Of lists and maps that the server takes as a whole only what is different
// in them is told.
func changesAt(set *fieldpath.Set, from, to map[string]any, who owners) []FieldChange {
	var changes []FieldChange
	for _, path := range telling(set) {
		by := who.of(path)
		changes = append(changes, narrow(FieldChange{
			Path: pathText(path), From: valueAt(from, path), To: valueAt(to, path), Manager: by.manager, Since: by.since(),
		})...)
	}
	slices.SortStableFunc(changes, func(a, b FieldChange) int { return strings.Compare(a.Path, b.Path) })
	return changes
}

// telling are the members of a set without those that others say already: a map
// is told by what is in it, and an item of a list stands for what is in it.
func telling(set *fieldpath.Set) []fieldpath.Path {
	var all []fieldpath.Path
	set.Iterate(func(path fieldpath.Path) {
		for i := range path[:len(path)-1] {
			if path[i].FieldName == nil && set.Has(path[:i+1]) {
				return
			}
		}
		if path[len(path)-1].FieldName == nil || below(set, path).Empty() {
			all = append(all, path.Copy())
		}
	})
	return all
}

// below are the members of a set that lie in a field.
func below(set *fieldpath.Set, path fieldpath.Path) *fieldpath.Set {
	for _, element := range path {
		set = set.WithPrefix(element)
	}
	return set
}

// narrow takes a change apart where both sides are maps, or lists of one length.
func narrow(c FieldChange) []FieldChange {
	if reflect.DeepEqual(c.From, c.To) {
		return nil
	}
	var all []FieldChange
	part := func(suffix string, from, to any) {
		all = append(all, narrow(FieldChange{Path: c.Path + suffix, From: from, To: to, Manager: c.Manager, Since: c.Since})...)
	}
	switch from := c.From.(type) {
	case map[string]any:
		to, ok := c.To.(map[string]any)
		if !ok {
			break
		}
		both := maps.Clone(from)
		maps.Copy(both, to)
		for _, name := range slices.Sorted(maps.Keys(both)) {
			part(nameText(name), from[name], to[name])
		}
		return all
	case []any:
		to, ok := c.To.([]any)
		if !ok || len(from) != len(to) {
			break
		}
		for i := range from {
			part(fmt.Sprintf("[%d]", i), from[i], to[i])
		}
		return all
	}
	return []FieldChange{c}
}

// valueAt finds what a path leads to; nil: nothing.
func valueAt(at any, path fieldpath.Path) any {
	for _, element := range path {
		switch {
		case element.FieldName != nil:
			fields, _ := at.(map[string]any)
			at = fields[*element.FieldName]
		case element.Index != nil:
			list, _ := at.([]any)
			if *element.Index < 0 || *element.Index >= len(list) {
				return nil
			}
			at = list[*element.Index]
		default:
			list, _ := at.([]any)
			i := slices.IndexFunc(list, func(item any) bool { return chosen(element, item) })
			if i < 0 {
				return nil
			}
			at = list[i]
		}
	}
	return at
}

// chosen tells whether an item of a list is the one that an element of a path names.
func chosen(element fieldpath.PathElement, item any) bool {
	if element.Value != nil {
		return reflect.DeepEqual((*element.Value).Unstructured(), item)
	}
	fields, ok := item.(map[string]any)
	return ok && !slices.ContainsFunc(*element.Key, func(key value.Field) bool {
		have, there := fields[key.Name]
		return there && fmt.Sprint(have) != fmt.Sprint(key.Value.Unstructured())
	})
}

func pathText(path fieldpath.Path) string {
	var b strings.Builder
	for _, element := range path {
		switch {
		case element.FieldName != nil:
			b.WriteString(nameText(*element.FieldName))
		case element.Index != nil:
			fmt.Fprintf(&b, "[%d]", *element.Index)
		case element.Value != nil:
			fmt.Fprintf(&b, "[=%v]", (*element.Value).Unstructured())
		case element.Key != nil:
			var keys []string
			for _, key := range *element.Key {
				keys = append(keys, fmt.Sprintf("%s=%v", key.Name, key.Value.Unstructured()))
			}
			b.WriteString("[" + strings.Join(keys, ",") + "]")
		}
	}
	return strings.TrimPrefix(b.String(), ".")
}

// nameText is the name of a field behind the path to it. One that would be read
// as several stands in brackets.
func nameText(name string) string {
	if strings.ContainsAny(name, "./") {
		return "[" + name + "]"
	}
	return "." + name
}
