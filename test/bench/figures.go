package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// figures are all that was measured, by what it was measured of.
type figures struct {
	names []string // in the order in which they came
	of    map[string]*series
}

// series are the runs of one way or command.
type series struct {
	wall, cpu, after, cluster []time.Duration
	memory                    []int64
	asked                     []requests
}

// add takes one run in.
func (f *figures) add(name string, c call, asked requests) {
	if f.of == nil {
		f.of = map[string]*series{}
	}
	s := f.of[name]
	if s == nil {
		s = &series{}
		f.of[name] = s
		f.names = append(f.names, name)
	}
	s.wall, s.cpu, s.memory = append(s.wall, c.wall), append(s.cpu, c.cpu), append(s.memory, c.memory)
	s.asked = append(s.asked, asked)
	if !asked.lastStatus.IsZero() {
		s.after = append(s.after, c.ended.Sub(asked.lastStatus))
		s.cluster = append(s.cluster, asked.cluster())
	}
}

// median is the middle one; of an even number the lower of the two.
func median[T int | int64 | time.Duration](all []T) T {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[(len(sorted)-1)/2]
}

func (s *series) requests() int {
	var totals []int
	for _, r := range s.asked {
		totals = append(totals, r.total)
	}
	return median(totals)
}

// ratio is how the wall time of one relates to that of another.
func (f *figures) ratio(name, to string) float64 {
	return float64(median(f.of[name].wall)) / float64(median(f.of[to].wall))
}

// kinds are the requests of the median run, the most frequent first.
func (s *series) kinds() string {
	want := s.requests()
	i := slices.IndexFunc(s.asked, func(r requests) bool { return r.total == want })
	kinds := s.asked[i].kinds
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if kinds[a] != kinds[b] {
			return kinds[b] - kinds[a]
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%d %s", kinds[name], name))
	}
	return strings.Join(parts, ", ")
}
