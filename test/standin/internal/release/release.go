// Package release is which release of CockroachDB the program poses as, and
// what follows from that for clusters of several releases. A series is the
// first two numbers of a release, and what a cluster's version is: "21.1".
package release

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Env names the variable that says which release the program poses as.
const Env = "STANDIN_RELEASE"

// Recorded is the release that was recorded, and what is posed as without Env.
const Recorded = Release("v21.1.2")

// Release is a release by its tag: v21.1.2.
type Release string

// series are all of them in their order. Innovations, which upgrades may leave
// out, end in a star.
const series = "20.1 20.2 21.1 21.2 22.1 22.2 23.1 23.2 24.1 24.2* 24.3 25.1* 25.2 25.3* 25.4 26.1* 26.2 26.3*"

// Parse reads a tag, or nothing.
func Parse(tag string) (Release, error) {
	if tag == "" {
		return Recorded, nil
	}
	r := Release(tag)
	if !regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`).MatchString(tag) || index(r.Series()) < 1 {
		return "", fmt.Errorf("the stand-in cannot pose as %q: vX.Y.Z, of the series %s", tag, strings.ReplaceAll(series, "*", ""))
	}
	return r, nil
}

// Series is that of the release.
func (r Release) Series() string {
	parts := strings.SplitN(strings.TrimPrefix(string(r), "v"), ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// Oldest is the oldest cluster version that the release takes data of: the
// series before its own; where that is an innovation, the one before that.
func (r Release) Oldest() string {
	all := strings.Fields(series)
	i := index(r.Series()) - 1
	for i > 0 && strings.HasSuffix(all[i], "*") {
		i--
	}
	return strings.TrimSuffix(all[max(0, i)], "*")
}

// From says whether the release is of that series or of a newer one.
func (r Release) From(first string) bool { return Compare(r.Series(), first) >= 0 }

// Compare orders two series by their numbers; what is none comes first.
func Compare(a, b string) int {
	var numbers [2][2]int
	for i, s := range []string{a, b} {
		_, _ = fmt.Sscanf(s, "%d.%d", &numbers[i][0], &numbers[i][1])
	}
	return slices.Compare(numbers[0][:], numbers[1][:])
}

// index is the place of a series; below 0 for what is none.
func index(s string) int {
	return slices.IndexFunc(strings.Fields(series), func(of string) bool { return strings.TrimSuffix(of, "*") == s })
}
