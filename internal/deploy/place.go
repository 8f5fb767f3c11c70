package deploy

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// place chooses a machine for each ordinal that has no volume yet: always the
// one with the fewest volumes in the zone with the fewest, then by name, so
// that the same cluster gets the same places every time. It is pure.
func place(nodes []corev1.Node, existing map[int]ownVolume, n int) (map[int]machine, error) {
	places := map[int]machine{}
	onNode, inZone := map[string]int{}, map[string]int{}
	zone := map[string]string{}
	for i := range nodes {
		zone[nodes[i].Name] = nodes[i].Labels[corev1.LabelTopologyZone]
	}
	take := func(i int, at machine) {
		places[i] = at
		onNode[at.node]++
		inZone[zone[at.node]]++
	}
	for i, volume := range existing {
		take(i, volume.at)
	}
	free := slices.DeleteFunc(slices.Clone(nodes), func(node corev1.Node) bool { return !schedulable(&node) })
	for i := range n {
		if _, ok := places[i]; ok {
			continue
		}
		if len(free) == 0 {
			return nil, &Error{
				Message: "storage: no node is ready and takes pods, so there is no place for a volume",
				Next:    "kubectl get nodes shows why",
			}
		}
		best := slices.MinFunc(free, func(a, b corev1.Node) int {
			return cmp.Or(
				cmp.Compare(inZone[zone[a.Name]], inZone[zone[b.Name]]),
				cmp.Compare(onNode[a.Name], onNode[b.Name]),
				cmp.Compare(a.Name, b.Name),
			)
		})
		take(i, machine{best.Name, hostname(best)})
	}
	return places, nil
}

func hostname(node corev1.Node) string {
	return cmp.Or(node.Labels[corev1.LabelHostname], node.Name)
}
