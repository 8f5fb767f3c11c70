package deploy

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

func TestUnfinished_warnsOfWhatWasBegun(t *testing.T) {
	pods := func(revisions ...string) kube.Workload {
		w := kube.Workload{StatefulSet: &appsv1.StatefulSet{Status: appsv1.StatefulSetStatus{CurrentRevision: "a", UpdateRevision: "b"}}}
		for _, revision := range revisions {
			w.Pods = append(w.Pods, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{appsv1.ControllerRevisionHashLabelKey: revision}}})
		}
		return w
	}
	whole := pods("b", "b", "b")
	upgraded := func(from, to string) cockroach.Cluster {
		return sample(func(c *cockroach.Cluster) { c.Previous, c.Image = "x:"+from, "x:"+to })
	}
	for name, test := range map[string]struct {
		cluster cockroach.Cluster
		seen    kube.Workload
		want    string
	}{
		"nothing":                      {sample(), whole, ""},
		"stopped":                      {upgraded("v26.1.1", "v26.2.5"), kube.Workload{}, ""},
		"on its way down":              {sample(func(c *cockroach.Cluster) { c.Nodes, c.ScalingTo = 5, 3 }), whole, "on its way from 5 nodes to 3: crdb-kube scale 3 finishes that, crdb-kube scale 5 goes back"},
		"in the middle of a roll":      {sample(), pods("a", "a", "b"), "crdb-kube restart gives it to them"},
		"in the middle of an upgrade":  {upgraded("v26.2.4", "v26.2.5"), pods("a", "b", "b"), "not all pods have v26.2.5 yet: crdb-kube upgrade v26.2.5 goes on, crdb-kube upgrade --rollback goes back to v26.2.4"},
		"upgraded to a patch release":  {upgraded("v26.2.4", "v26.2.5"), whole, ""},
		"upgraded to another series":   {upgraded("v26.1.1", "v26.2.5"), whole, "the upgrade to v26.2 is not finalised: crdb-kube upgrade --finalize"},
		"of which nobody knows either": {upgraded("mine", "v26.2.5"), whole, ""},
	} {
		s := Status{Cluster: test.cluster}
		s.unfinished(test.seen)
		if got := strings.Join(s.Warnings, "; "); (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
