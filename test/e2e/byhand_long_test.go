//go:build long

package e2e

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
)

// Taking a template back must not restart a whole database: the StatefulSet
// controller would do it as soon as the template differs.

func TestUp_takesATemplateBackWithoutRestartingThePods(t *testing.T) {
	p := arrive(t, defaultClass)
	p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods")
	p.writeRow()
	p.step("somebody changes the template, and the controller restarts all pods by and by", func(p place) {
		p.kubectl("set", "env", "statefulset/cockroachdb", "GOMAXPROCS=1")
		p.idle(func() {
			p.await(3*time.Minute, func() string {
				set := get[appsv1.StatefulSet](p, "statefulset", "cockroachdb")
				if now := set.Status; now.ObservedGeneration < set.Generation || now.UpdatedReplicas < 3 || now.ReadyReplicas < 3 {
					return "the pods are not all restarted"
				}
				return ""
			})
		})
		p.settle(3)
	})
	pods := p.pods()
	p.step("up refuses, with who did it and the field", func(p place) {
		p.crdb("up").fails(5, "statefulset/cockroachdb", "kubectl-set", "GOMAXPROCS", "--force-conflicts")
		p.untouched(pods)
	})
	p.step("--force-conflicts takes the template back, and no pod is restarted for it", func(p place) {
		p.crdb("up", "--force-conflicts").ok("ready")
		p.await(20*time.Second, func() string {
			if set := get[appsv1.StatefulSet](p, "statefulset", "cockroachdb"); set.Status.ObservedGeneration < set.Generation {
				return "the controller has not seen it"
			}
			return ""
		})
		set := get[appsv1.StatefulSet](p, "statefulset", "cockroachdb")
		if partition := set.Spec.UpdateStrategy.RollingUpdate.Partition; partition == nil || *partition != 3 {
			p.t.Errorf("partition %v, want 3", partition)
		}
		for _, variable := range set.Spec.Template.Spec.Containers[0].Env {
			if variable.Name == "GOMAXPROCS" && variable.Value == "1" {
				p.t.Error("the template is still the other's")
			}
		}
		p.untouched(pods)
		p.crdb("up").ok("nothing to change")
		p.untouched(pods)
		p.rowIn("cockroachdb-0", "cockroachdb-1", "cockroachdb-2")
	})
}
