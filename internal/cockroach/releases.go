package cockroach

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Series is a line of releases that share what they write to disk: 24.1 holds
// v24.1.0, v24.1.1 and so on. The zero value is none.
type Series struct{ Major, Minor int }

// String is the series as the database writes its own version: "24.1".
func (s Series) String() string { return fmt.Sprintf("%d.%d", s.Major, s.Minor) }

// Series is the line that the release belongs to.
func (v Version) Series() Series { return Series{v.Major, v.Minor} }

// ParseActive reads the version that the cluster works at, from the answer to
// ActiveVersion. settled: no upgrade from it to another one is under way, of
// which the database tells by more than two numbers.
func ParseActive(answer string) (active Series, settled bool, err error) {
	match := regexp.MustCompile(`^(\d{2})\.(\d{1,2})(-\S+)?$`).FindStringSubmatch(strings.TrimSpace(answer))
	if match == nil {
		return Series{}, false, fmt.Errorf("version of the cluster: %q is none", strings.TrimSpace(answer))
	}
	major, _ := strconv.Atoi(match[1]) // digits, by the pattern
	minor, _ := strconv.Atoi(match[2])
	return Series{major, minor}, match[3] == "", nil
}

// kindOfSeries says whether a series may be skipped.
type kindOfSeries string

const (
	regular    kindOfSeries = "regular"
	innovation kindOfSeries = "innovation" // optional: the one before goes on to the one after
)

// released is one row of the table of series.
type released struct {
	Series
	kind kindOfSeries
}

// table are all series that can be deployed, in their order.
//
// Source: the makers' release pages and upgrade pages ("Types of upgrades",
// "Major releases"): one series at a time; as of 2024 every second one is an
// Innovation release, which may be skipped, and from which only the next
// Regular release follows.
func table() []released {
	return []released{
		{Series{21, 1}, regular},
		{Series{21, 2}, regular},
		{Series{22, 1}, regular},
		{Series{22, 2}, regular},
		{Series{23, 1}, regular},
		{Series{23, 2}, regular},
		{Series{24, 1}, regular},
		{Series{24, 2}, innovation},
		{Series{24, 3}, regular},
		{Series{25, 1}, innovation},
		{Series{25, 2}, regular},
		{Series{25, 3}, innovation},
		{Series{25, 4}, regular},
		{Series{26, 1}, innovation},
		{Series{26, 2}, regular},
		{Series{26, 3}, innovation},
		{Series{26, 4}, regular},
	}
}

// After are the series that can follow s, the nearest first; none where this
// program knows of none.
func (s Series) After() []Series {
	all := table()
	at := slices.IndexFunc(all, func(r released) bool { return r.Series == s })
	if at < 0 || at+1 == len(all) {
		return nil
	}
	next := all[at+1:]
	if next[0].kind == innovation && len(next) > 1 {
		return []Series{next[0].Series, next[1].Series}
	}
	return []Series{next[0].Series}
}

// Upgrade is what going from one release to another takes.
type Upgrade string

const (
	// NoUpgrade: it is the same release.
	NoUpgrade Upgrade = "none"
	// PatchUpgrade stays within a series: nothing is to be finalised, and the
	// way back is open.
	PatchUpgrade Upgrade = "patch"
	// ReleaseUpgrade goes to another series, and the way back is open until it
	// is finalised.
	ReleaseUpgrade Upgrade = "release"
)

// UpgradePath says what leads from one release to another. The error is a
// *NoPath.
func UpgradePath(from, to Version) (Upgrade, error) {
	after := from.Series().After()
	switch {
	case from == to:
		return NoUpgrade, nil
	case to.Before(from) && to.Series() == from.Series():
		return "", &NoPath{from, to, "it is an older release of the same series", nil}
	case to.Before(from):
		return "", &NoPath{from, to, "it is older, and would not read what the newer one has written", nil}
	case from.Series() == to.Series():
		return PatchUpgrade, nil
	case slices.Contains(after, to.Series()):
		return ReleaseUpgrade, nil
	case len(after) == 0:
		return "", &NoPath{from, to, fmt.Sprintf("this crdb-kube knows of no series after %s", from.Series()), nil}
	}
	return "", &NoPath{from, to, "a series between cannot be skipped", after}
}

// NoPath is why one release cannot follow another.
type NoPath struct {
	From, To Version
	Why      string
	// After are the series that could; nil where that is not the matter.
	After []Series
}

func (e *NoPath) Error() string {
	return fmt.Sprintf("%s cannot follow %s: %s", e.To, e.From, e.Why)
}

// WithVersion is the image with another release in the same repository. A
// digest, which names one release only, is dropped.
func WithVersion(image string, version Version) string {
	ref := parseImage(image)
	tag := version.String()
	if ref.tag != "" && !strings.HasPrefix(ref.tag, "v") {
		tag = strings.TrimPrefix(tag, "v")
	}
	return ref.name + ":" + tag
}

// ParseVersion reads a release as users write it, with or without its v.
func ParseVersion(text string) (Version, bool) {
	if strings.ContainsAny(text, "/:@ ") {
		return Version{}, false
	}
	return VersionOf("image:" + text)
}

// Licensed says whether going to this release asks for a licence, where the
// cluster has several nodes, and telemetry with a free one.
//
// Source: the makers' upgrade page: a release upgrade to v24.3 and later wants a
// licence key, and finalising with a Free or Trial one wants
// diagnostics.reporting.enabled.
func (v Version) Licensed() bool { return v.atLeast(24, 3) }
