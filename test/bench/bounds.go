package main

import (
	"errors"
	"fmt"
	"time"
)

// bound is the worst that a figure may be. What depends on the machine is held
// to what is measured beside it in the same run.
type bound struct {
	what       string
	limit, got float64
	format     func(float64) string
}

// bounds are all of them, where they were measured.
func (f *figures) bounds() []bound {
	times := func(v float64) string { return fmt.Sprintf("%.2f ×", v) }
	number := func(v float64) string { return fmt.Sprintf("%.0f", v) }
	duration := func(v float64) string { return seconds(time.Duration(v)) }
	megabytes := func(v float64) string { return fmt.Sprintf("%.0f MB", v) }
	var all []bound
	ratio := func(name, to string, limit float64) {
		if f.of[name] != nil && f.of[to] != nil {
			all = append(all, bound{fmt.Sprintf("`%s` against %s", name, to), limit, f.ratio(name, to), times})
		}
	}
	// Both wait for the same cluster; the rest is what its second-long polls
	// and probes make of it from run to run.
	ratio(oursTLS, expert, 1.3)
	ratio(oursInsecure, expert, 1.2)
	ratio(ourHelp, kubeHelp, 0.8)
	ratio(statusOf(3), getPodsOf(3), 1.2)
	ratio(statusOf(10), getPodsOf(10), 1.5) // it asks every pod
	if ours := f.of[oursTLS]; ours != nil {
		all = append(all,
			bound{"API requests of `crdb-kube up`", 54, float64(ours.requests()), number},
			bound{"CPU of `crdb-kube up`", float64(300 * time.Millisecond), float64(median(ours.cpu)), duration},
			bound{"memory of `crdb-kube up`", 60, float64(median(ours.memory)) / 1e6, megabytes},
			bound{"`crdb-kube up` is back after the last pod's status", float64(200 * time.Millisecond), float64(median(ours.after)), duration},
		)
	}
	if down := f.of[ourDown]; down != nil {
		all = append(all, bound{"`crdb-kube down`", float64(10 * time.Second), float64(median(down.wall)), duration})
	}
	return all
}

// check is an error that names every bound that is not kept.
func (f *figures) check() error {
	var failed []error
	for _, b := range f.bounds() {
		if b.got > b.limit {
			failed = append(failed, fmt.Errorf("%s: %s, and at most %s is wanted", b.what, b.format(b.got), b.format(b.limit)))
		}
	}
	return errors.Join(failed...)
}
