package cockroach

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// Version is a release of CockroachDB.
type Version struct {
	Major, Minor, Patch int
	// Suffix is what follows the numbers, with its dash: "-rc.1"; mostly empty.
	Suffix string
}

// String is the release as its makers write it: "v26.2.5".
func (v Version) String() string {
	return fmt.Sprintf("v%d.%d.%d%s", v.Major, v.Minor, v.Patch, v.Suffix)
}

// atLeast compares release series only: a release candidate behaves like the
// release that it precedes.
func (v Version) atLeast(major, minor int) bool {
	return v.Major > major || (v.Major == major && v.Minor >= minor)
}

// VersionOf reads the release from the image's tag; false where the tag is not
// a release or there is none.
func VersionOf(image string) (Version, bool) {
	tag := parseImage(image).tag
	match := regexp.MustCompile(`^v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})(-[0-9A-Za-z.-]+)?$`).FindStringSubmatch(tag)
	if match == nil {
		return Version{}, false
	}
	number := func(i int) int { n, _ := strconv.Atoi(match[i]); return n }
	return Version{Major: number(1), Minor: number(2), Patch: number(3), Suffix: match[4]}, true
}

// Before says whether v is an older release than other. Suffixes are not
// compared: a release candidate counts as the release that it precedes.
func (v Version) Before(other Version) bool {
	return cmp.Or(cmp.Compare(v.Major, other.Major), cmp.Compare(v.Minor, other.Minor), cmp.Compare(v.Patch, other.Patch)) < 0
}

// The table of what differs by release. Everything else that this package
// uses exists, unchanged, since v21.1: the oldest release that can be deployed.

// Deployable says whether clusters of this release can be made here: start
// flags, commands and metrics were recorded from v21.1.2; older releases lack
// some of them and were not looked at.
func (v Version) Deployable() bool { return v.atLeast(21, 1) }

// guardsInternals says whether functions of crdb_internal want a session
// variable to be set first. Older releases do not know the variable and fail.
// An image without a release in its tag is taken for a newer one.
//
// Source: the documentation of crdb_internal and of session variables: there
// since v25.4, off by default since v26.1.
func (v Version) guardsInternals() bool { return v.atLeast(25, 4) }

// readsGroupKeys says whether programs of this release take a key file that
// belongs to root and that their group may read (0440), which is how the kubelet
// hands out a Secret to pods that do not run as root. Others get a copy of their
// own. An image without a release in its tag gets one, too: the copy serves all.
//
// Source: cockroachdb/cockroach PR 68182 (the server's own check, v21.2.0) and
// PRs 81951 and 82374 (the SQL client's, in v22.1.1 or .2 and all of v22.2).
func (v Version) readsGroupKeys() bool { return v.atLeast(22, 2) }

// throttles says whether a cluster without a licence is slowed down.
//
// Source: Licensing FAQs of CockroachDB and pkg/server/license/enforcer.go:
// v24.3.0 and later, and the patch releases of older series named there.
func (v Version) throttles() bool {
	switch (Version{Major: v.Major, Minor: v.Minor}) {
	case Version{Major: 23, Minor: 1}:
		return v.Patch >= 29
	case Version{Major: 23, Minor: 2}:
		return v.Patch >= 15
	case Version{Major: 24, Minor: 1}:
		return v.Patch >= 7
	case Version{Major: 24, Minor: 2}:
		return v.Patch >= 5
	}
	return v.atLeast(24, 3)
}

// LeastMemory is the least that a pod of this image starts and serves with.
//
// Source: v21.1 was run with 1Gi. For newer ones the makers' production
// checklist calls 2Gi per CPU fit for tests only; less was not tried. An image
// without a release in its tag is taken for a newer one.
func LeastMemory(image string) resource.Quantity {
	if version, ok := VersionOf(image); ok && !version.atLeast(21, 2) {
		return resource.MustParse("1Gi")
	}
	return resource.MustParse("2Gi")
}

// imageRef is an image reference in its parts.
type imageRef struct{ name, tag, digest string }

func parseImage(image string) imageRef {
	ref := imageRef{name: image}
	if name, digest, ok := strings.Cut(ref.name, "@"); ok {
		ref.name, ref.digest = name, digest
	}
	// A colon before the last slash belongs to the registry's port.
	slash := strings.LastIndex(ref.name, "/")
	if colon := strings.LastIndex(ref.name, ":"); colon > slash {
		ref.name, ref.tag = ref.name[:colon], ref.name[colon+1:]
	}
	return ref
}
