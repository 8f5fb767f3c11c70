package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A StatefulSet that is not as it should be: made by an older program, or
// changed by hand. The pods of a running database live through its repair.

func TestUp_makesAStatefulSetAgainAroundItsPods(t *testing.T) {
	p := arrive(t, defaultClass)
	p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods")
	p.writeRow()
	p.settle(3)
	pods := p.pods()
	// Each time: an apply that comes too soon after the deletion is lost now and then.
	for _, differ := range []struct {
		what   string
		change func(*appsv1.StatefulSetSpec)
	}{
		{"its claim template differs", func(s *appsv1.StatefulSetSpec) { s.VolumeClaimTemplates[0].Labels = nil }},
		{"its way to start pods differs", func(s *appsv1.StatefulSetSpec) { s.PodManagementPolicy = appsv1.OrderedReadyPodManagement }},
		{"both differ", func(s *appsv1.StatefulSetSpec) {
			s.PodManagementPolicy = appsv1.OrderedReadyPodManagement
			s.VolumeClaimTemplates[0].Labels = nil
		}},
	} {
		p.step(differ.what+", which cannot be changed: it is made again around its pods", func(p place) {
			p.recreateSet(differ.change)
			p.crdb("up").ok("ready in", "3 pods")
			set := get[appsv1.StatefulSet](p, "statefulset", "cockroachdb")
			if set.DeletionTimestamp != nil || set.Spec.PodManagementPolicy != appsv1.ParallelPodManagement || len(set.Spec.VolumeClaimTemplates[0].Labels) == 0 {
				p.t.Errorf("deleted at %v: %+v", set.DeletionTimestamp, set.Spec)
			}
			p.untouched(pods)
		})
	}
	p.step("the same command again changes nothing", func(p place) {
		p.settle(3)
		before := p.look()
		p.crdb("up").ok("nothing to change")
		p.same(before)
		p.untouched(pods)
		p.rowIn("cockroachdb-0", "cockroachdb-1", "cockroachdb-2")
	})
	p.step("pods that somebody took away are refused with his name and the field", func(p place) {
		p.kubectl("scale", "statefulset", "cockroachdb", "--replicas=2")
		p.await(30*time.Second, func() string {
			if n := len(p.pods()); n != 2 {
				return fmt.Sprintf("%d pods", n)
			}
			return ""
		})
		p.crdb("up").fails(5, "statefulset/cockroachdb", "spec.replicas", "kubectl", "--force-conflicts")
		if n := len(p.pods()); n != 2 {
			p.t.Errorf("%d pods, want the 2 that there were", n)
		}
	})
	p.step("--force-conflicts takes the field back", func(p place) {
		p.crdb("up", "--force-conflicts").ok("ready in", "3 pods")
		p.rowIn("cockroachdb-2")
		p.settle(3)
		p.crdb("up").ok("nothing to change")
	})
}

// recreateSet deletes the StatefulSet from around its pods and makes it again,
// changed, as an older crdb-kube would have made it.
func (p place) recreateSet(change func(*appsv1.StatefulSetSpec)) {
	p.t.Helper()
	set := get[appsv1.StatefulSet](p, "statefulset", "cockroachdb")
	p.kubectl("delete", "statefulset", "cockroachdb", "--cascade=orphan") // waits until it is gone
	change(&set.Spec)
	set.ObjectMeta = metav1.ObjectMeta{Name: set.Name, Namespace: set.Namespace, Labels: set.Labels}
	set.Status = appsv1.StatefulSetStatus{}
	text, err := json.Marshal(set)
	if err != nil {
		p.t.Fatal(err)
	}
	p.kubectlWith(string(text), "apply", "--server-side", "--field-manager=crdb-kube", "-f", "-")
	p.await(20*time.Second, func() string {
		if now := get[appsv1.StatefulSet](p, "statefulset", "cockroachdb").Status; now.Replicas != 3 {
			return fmt.Sprintf("it has adopted %d pods", now.Replicas)
		}
		return ""
	})
}
