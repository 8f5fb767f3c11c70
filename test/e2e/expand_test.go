package e2e

import (
	"fmt"
	"os/exec"
	"testing"

	storagev1 "k8s.io/api/storage/v1"
)

// Claims grow in place where their class lets them, under a database that runs.

func TestUp_makesClaimsLargerWhereTheClassAllowsIt(t *testing.T) {
	p := arrive(t, defaultClass)
	if p.cluster.dir == "" {
		leaveOut(t, "another StorageClass is made for this, which the cluster may not know how to serve")
	}
	standard := get[storagev1.StorageClass](p, "storageclass", p.defaultClass())
	class := "grows-" + p.namespace
	p.kubectlWith(fmt.Sprintf("apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: %s}\nprovisioner: %s\nallowVolumeExpansion: true\n", class, standard.Provisioner), "create", "-f", "-")
	t.Cleanup(func() {
		gone := exec.Command(p.suite.kubectl(), "delete", "storageclass", class)
		gone.Env = p.suite.environment(p.cluster.kubeconfig)
		if said, err := gone.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, said)
		}
	})
	p.crdb(p.up(p.small("--storage-class", class, "--storage", "1Gi")...)...).ok("ready in")
	before := p.uids()
	p.step("larger", func(p place) {
		p.crdb("up", "--storage", "2Gi").ok("ready in").telling("3 of them made larger", "was made again around its pods")
		p.replaced(before)
		for _, claim := range p.claims() {
			if size := claim.Spec.Resources.Requests.Storage().String(); size != "2Gi" {
				t.Errorf("%s asks for %s", claim.Name, size)
			}
		}
		p.crdb("up").ok("nothing to change")
		p.crdb("diff").ok()
	})
	p.step("smaller", func(p place) {
		p.crdb("up", "--storage", "1Gi").fails(5, "no volume becomes smaller")
	})
	p.step("where the class does not allow it", func(p place) {
		p.crdb("down", "--delete-data", "--yes").ok("gone in")
		p.crdb(p.up(p.small("--storage", "1Gi")...)...).ok("ready in")
		p.crdb("up", "--storage", "2Gi").fails(5, "does not let volumes grow", "allowVolumeExpansion")
	})
}
