//go:build long

package e2e

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Volumes have no namespace, and the recipe of 2016 marks them alike everywhere:
// those of somebody else live on.

func TestUp_explainsAndDeletesWhatTheRecipeOf2016Left(t *testing.T) {
	p := arrive(t, ownVolumes)
	if p.cluster.dir == "" {
		leaveOut(t, "the recipe's volumes have the same names wherever it is used")
	}
	other := p
	other.namespace += "-other"
	p.kubectl("create", "namespace", other.namespace)
	t.Cleanup(other.leave)
	other.recipe2016(4) // first, so that each namespace's claims take its own volumes
	p.recipe2016(0)
	theirs := other.lookStill()

	p.refuseRecipe("v1.0.3, too old", "persistentvolumeclaim/datadir-cockroachdb-3", "persistentvolume/pv0", "persistentvolume/pv3")
	p.wipeRecipe("persistentvolumeclaim/datadir-cockroachdb-3", "persistentvolume/pv0", "persistentvolume/pv3", "/tmp/3")
	p.step("volumes and claims of another namespace, marked alike, were not touched", func(p place) {
		left := p.kubectl("get", "persistentvolumes", "-l", "app=cockroachdb", "-o", "jsonpath={.items[*].metadata.name}")
		if want := "pv4 pv5 pv6 pv7"; left != want {
			p.t.Errorf("volumes %s, want %s", left, want)
		}
		elsewhere := other
		elsewhere.t = p.t
		if len(theirs) < 4+4+2 {
			p.t.Errorf("looked in the wrong place: %v", theirs)
		}
		if diff := cmp.Diff(theirs, elsewhere.lookStill()); diff != "" {
			p.t.Errorf("touched (-before +after):\n%s", diff)
		}
	})
}

// recipe2016 is what the script of 2016 leaves, with volumes by numbers from
// this one on.
func (p place) recipe2016(first int) {
	p.t.Helper()
	text := os.Expand(fixture(p.t, "recipe-2016.yaml"), func(number string) string {
		n, err := strconv.Atoi(number)
		if err != nil {
			p.t.Fatal(err)
		}
		return strconv.Itoa(first + n)
	})
	p.kubectlWith(text, "create", "-f", "-")
	p.t.Cleanup(func() {
		for i := range 4 {
			cmd := p.suite.command(context.WithoutCancel(p.t.Context()), p.cluster, "delete", "persistentvolume", fmt.Sprintf("pv%d", first+i), "--ignore-not-found", "--wait=false")
			if said, err := cmd.CombinedOutput(); err != nil {
				p.t.Errorf("%v\n%s", err, said)
			}
		}
	})
	p.boundClaims(4)
}
