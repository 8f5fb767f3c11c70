package deploy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// talk writes down a request to a pod.
func (w *world) talk(kind string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.talked = append(w.talked, kind)
}

// ask gives what was asked of the API server since it was last called, by verb
// and resource. A list that begins a watch is part of it, as it is on a server
// of these days.
func (w *world) ask() string {
	counts := map[string]int{}
	for _, action := range w.api.Actions() {
		resource := action.GetResource().Resource
		if sub := action.GetSubresource(); sub != "" {
			resource += "/" + sub
		}
		counts[action.GetVerb()+" "+resource]++
		if action.GetVerb() == "watch" {
			counts["list "+resource]--
		}
	}
	w.api.ClearActions()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, kind := range w.talked {
		counts[kind]++
	}
	w.talked = nil
	var lines []string
	all := 0
	for kind, n := range counts {
		if all += n; n > 0 {
			lines = append(lines, fmt.Sprintf("%3d %s", n, kind))
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[4:], b[4:]) })
	return fmt.Sprintf("%3d in all\n%s\n", all, strings.Join(lines, "\n"))
}

// TestRequests_areWhatTheyWere holds what each command asks of the API server:
// one request more is one that somebody has to want.
func TestRequests_areWhatTheyWere(t *testing.T) {
	w := newWorld(t)
	w.ask()
	for _, verb := range []struct {
		name string
		run  func() error
	}{
		{"up on nothing", func() error { _, err := w.up(); return err }},
		{"up, nothing to change", func() error { _, err := w.up(); return err }},
		{"status", func() error { _, err := w.status(); return err }},
		{"down", func() error { _, err := w.down(Unasked); return err }},
		{"up after down", func() error { _, err := w.up(); return err }},
		{"down with data", func() error { _, err := w.down(Given); return err }},
	} {
		wantNoError(t, verb.run())
		golden(t, "requests/"+strings.ReplaceAll(strings.ReplaceAll(verb.name, ",", ""), " ", "-")+".txt", w.ask())
	}
}
