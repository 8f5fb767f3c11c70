//go:build long

package e2e

import (
	"slices"
	"testing"
	"time"
)

// On volumes of our own the first pods that need the image are those that make
// the directories.
func TestUp_namesAnImageThatCannotBePulledOnVolumesOfOurOwn(t *testing.T) {
	p := arriveEarly(t, ownVolumes)
	up := p.up(p.small("--image", noImage)...)

	p.step("up --timeout ends in time and says which pods wait for what", func(p place) {
		got := p.crdb(slices.Concat(up, []string{"--timeout", "5s"})...).
			fails(3, "cockroachdb-0-make", "cockroachdb-1-make", "cockroachdb-2-make", noImage)
		if got.took > 8*time.Second {
			p.t.Errorf("took %s", got.took)
		}
	})
	p.step("up ends with the cause after its grace", func(p place) {
		p.idle(func() {
			p.crdb(slices.Concat(up, []string{"--timeout", "2m"})...).fails(1, "cannot pull image "+noImage, "REGISTRY_UNREACHABLE")
		})
	})
	p.step("up with an image that exists goes on to ready", func(p place) {
		p.crdb("up", "--image", p.suite.image).ok("ready in", "3 pods")
		p.oneCluster(3)
	})
}
