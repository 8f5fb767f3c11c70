package deploy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func inZone(zone string, node *corev1.Node) corev1.Node {
	node.Labels[corev1.LabelTopologyZone] = zone
	return *node
}

func plainNode(name string) corev1.Node { return *machineNode(name, "4", "16Gi") }

func cordoned(node corev1.Node) corev1.Node {
	node.Spec.Unschedulable = true
	return node
}

func tainted(node corev1.Node, effect corev1.TaintEffect) corev1.Node {
	node.Spec.Taints = []corev1.Taint{{Key: "k", Effect: effect}}
	return node
}

func notReady(node corev1.Node) corev1.Node {
	node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionUnknown}}
	return node
}

func TestPlace_spreadsOverZonesThenNodes(t *testing.T) {
	at := func(node string) ownVolume { return ownVolume{at: machine{node, node}} }
	renamed := plainNode("a")
	renamed.Labels[corev1.LabelHostname] = "host-a"
	cases := map[string]struct {
		nodes    []corev1.Node
		existing map[int]ownVolume
		n        int
		want     map[int]string
	}{
		"one node takes all":         {[]corev1.Node{plainNode("a")}, nil, 3, map[int]string{0: "a", 1: "a", 2: "a"}},
		"by name, not by order":      {[]corev1.Node{plainNode("b"), plainNode("c"), plainNode("a")}, nil, 3, map[int]string{0: "a", 1: "b", 2: "c"}},
		"round again":                {[]corev1.Node{plainNode("a"), plainNode("b")}, nil, 3, map[int]string{0: "a", 1: "b", 2: "a"}},
		"what exists stays":          {[]corev1.Node{plainNode("a"), plainNode("b"), plainNode("c")}, map[int]ownVolume{0: at("b")}, 3, map[int]string{0: "b", 1: "a", 2: "c"}},
		"what exists on a lost node": {[]corev1.Node{plainNode("a"), plainNode("b")}, map[int]ownVolume{1: at("gone")}, 3, map[int]string{0: "a", 1: "gone", 2: "b"}},
		"zones before nodes": {[]corev1.Node{
			inZone("z1", machineNode("a", "4", "8Gi")), inZone("z1", machineNode("b", "4", "8Gi")), inZone("z2", machineNode("c", "4", "8Gi")),
		}, nil, 4, map[int]string{0: "a", 1: "c", 2: "b", 3: "c"}},
		"only where pods may go": {[]corev1.Node{
			cordoned(plainNode("a")), tainted(plainNode("b"), corev1.TaintEffectNoSchedule), notReady(plainNode("c")),
			tainted(plainNode("d"), corev1.TaintEffectPreferNoSchedule), tainted(plainNode("e"), corev1.TaintEffectNoExecute),
		}, nil, 2, map[int]string{0: "d", 1: "d"}},
		"by hostname": {[]corev1.Node{renamed}, nil, 1, map[int]string{0: "host-a"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			places, err := place(test.nodes, test.existing, test.n)
			wantNoError(t, err)
			got := map[int]string{}
			for i, one := range places {
				got[i] = one.hostname
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlace_saysThatNoNodeTakesPods(t *testing.T) {
	_, err := place([]corev1.Node{cordoned(plainNode("a"))}, nil, 1)
	wantError(t, err, Failed, "no node is ready")
	existing := map[int]ownVolume{0: {at: machine{"a", "a"}}}
	if _, err := place([]corev1.Node{cordoned(plainNode("a"))}, existing, 1); err != nil {
		t.Errorf("nothing was to be placed: %v", err)
	}
}
