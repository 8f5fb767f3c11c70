// Package release says which release the stand-in poses as, and which series of
// releases can follow each other on one store.
package release

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Default is the release that the stand-in's behaviour was recorded from.
const Default = "v21.1.2"

// Variable names the environment variable that lets it pose as another one.
const Variable = "STANDIN_RELEASE"

// Tag is the release that this process poses as.
func Tag() string {
	if tag := os.Getenv(Variable); tag != "" {
		return tag
	}
	return Default
}

// series are those that there were, in order. Each reads the stores of itself
// and of the one before it; those that skip an Innovation release are not among
// them.
func series() []string {
	return []string{"20.2", "21.1", "21.2", "22.1", "22.2", "23.1", "23.2", "24.1"}
}

// Series is the line that a release belongs to, "21.1" for "v21.1.2"; that of
// Default where the tag is empty, as in stores that were made before.
func Series(tag string) string {
	if tag == "" {
		tag = Default
	}
	parts := strings.SplitN(strings.TrimPrefix(tag, "v"), ".", 3)
	if len(parts) < 2 {
		return tag
	}
	return parts[0] + "." + parts[1]
}

// Compare orders two series.
func Compare(a, b string) int {
	all := series()
	return slices.Index(all, a) - slices.Index(all, b)
}

// Least is the oldest active version that a release of this series works at.
func Least(of string) string {
	all := series()
	if i := slices.Index(all, of); i > 0 {
		return all[i-1]
	}
	return of
}

// Known says whether the stand-in can pose as this release.
func Known(tag string) error {
	if !slices.Contains(series(), Series(tag)) {
		return fmt.Errorf("%s=%s: the stand-in knows releases of %s", Variable, tag, strings.Join(series(), ", "))
	}
	return nil
}

// Readable says whether a release can start on a store whose cluster works at a
// version, in the words of the sources.
//
// Source: pkg/kv/kvserver/stores.go of v21.1, SynthesizeClusterVersionFromEngines.
func Readable(tag, active, store string) error {
	own := Series(tag)
	switch {
	case Compare(active, own) > 0:
		return fmt.Errorf("cockroach version v%s is incompatible with data in store %s; use version v%s or later", own, store, active)
	case Compare(active, Least(own)) < 0:
		return fmt.Errorf("store %s, last used with cockroach version v%s, is too old for running version v%s (which requires data from v%s or later)",
			store, active, own, Least(own))
	}
	return nil
}
