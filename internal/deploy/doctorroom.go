package deploy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// manyNodes is how many nodes are listed one by one.
const manyNodes = 12

// class says where the data of a new cluster would go.
func (d *doctor) class() Checked {
	const id = "storage-class"
	if d.seen.record != nil {
		where := "class " + d.seen.record.StorageClass
		if d.seen.record.HostPath != "" {
			where = "volumes of our own under " + d.seen.record.HostPath
		}
		return Checked{ID: id, Outcome: Passed, Text: where + ", as recorded"}
	}
	choice, err := chooseStorage(d.opts.Wish, d.classes, d.notListed, d.nodes)
	if err != nil {
		return failed(id, err)
	}
	if choice.hostPath != "" {
		return Checked{ID: id, Outcome: Passed, Text: "volumes of our own under " + choice.hostPath + " of the nodes"}
	}
	check := Checked{ID: id, Outcome: Passed, Text: choice.class}
	if d.notListed != nil {
		check.Outcome, check.Text = Skipped, choice.class+": you may not look at StorageClasses"
		return check
	}
	for i := range d.classes {
		if d.classes[i].Name == choice.class {
			check.Text += ":" + bindingWord(d.classes, choice.class) + ", " + classWords(&d.classes[i])
		}
	}
	return check
}

func classWords(class *storagev1.StorageClass) string {
	words := []string{"provisioner " + class.Provisioner}
	if class.AllowVolumeExpansion == nil || !*class.AllowVolumeExpansion {
		words = append(words, "claims cannot grow")
	}
	if class.ReclaimPolicy != nil && *class.ReclaimPolicy == corev1.PersistentVolumeReclaimRetain {
		words = append(words, "volumes stay when their claims are deleted")
	}
	return strings.Join(words, ", ")
}

// room says what is free on each node, and whether that is enough.
func (d *doctor) room(decided error) Checked {
	check := Checked{ID: "room", Outcome: Passed}
	if err := d.unseen["room"]; err != nil {
		check.Outcome, check.Text = Skipped, firstLine(err)+"; the pods get the official size"
		return check
	}
	if err := d.unseen["used"]; err == nil {
		for _, machine := range machines(suited(d.nodes, d.cluster), d.pods) {
			line := fmt.Sprintf("%s: %s CPU and %s free", machine.Name, machine.CPU.String(), gib(machine.Memory))
			if !machine.Schedulable {
				line = machine.Name + ": takes no pods now (not ready, cordoned, tainted, or left out by the patch)"
			}
			check.Evidence = append(check.Evidence, line)
		}
		if len(check.Evidence) > manyNodes {
			check.Evidence = append(check.Evidence[:manyNodes], fmt.Sprintf("and %d more", len(check.Evidence)-manyNodes))
		}
	}
	switch {
	case decided != nil:
		lines := check.Evidence
		check = failed("room", decided)
		check.Evidence = append(check.Evidence, lines...)
	case d.seen.record != nil:
		check.Text = sizeWords(d.cluster) + ", as recorded"
	default:
		check.Text = sizeWords(d.cluster)
		if d.fits(&check); check.Outcome == Passed && len(d.notes) > 0 {
			check.Text = strings.Join(d.notes, "; ")
		}
	}
	return check
}

// fits looks at sizes that the user named, which are not fitted to the nodes.
func (d *doctor) fits(check *Checked) {
	if len(check.Evidence) == 0 {
		return
	}
	places := 0
	for _, machine := range machines(suited(d.nodes, d.cluster), d.pods) {
		for machine.Schedulable && machine.CPU.Cmp(d.cluster.CPU) >= 0 && machine.Memory.Cmp(d.cluster.Memory) >= 0 {
			machine.CPU.Sub(d.cluster.CPU)
			machine.Memory.Sub(d.cluster.Memory)
			places++
			if places >= d.cluster.Nodes {
				return
			}
		}
	}
	check.Outcome = Failing
	check.Text += fmt.Sprintf(": there is room for %d now", places)
	check.Next = "a smaller --cpu or --memory, fewer --nodes, or more nodes"
}

func gib(q resource.Quantity) string {
	return fmt.Sprintf("%.1fGi", float64(q.Value())/(1<<30))
}

// architecture warns of nodes for which one image may not be enough.
func (d *doctor) architecture() Checked {
	const id = "architecture"
	if d.unseen["room"] != nil {
		return Checked{ID: id, Outcome: Skipped, Text: firstLine(d.unseen["room"])}
	}
	kinds := map[string]bool{}
	for i := range d.nodes {
		kinds[d.nodes[i].Status.NodeInfo.Architecture] = true
	}
	names := slices.Sorted(maps.Keys(kinds))
	check := Checked{ID: id, Outcome: Passed, Text: strings.Join(names, ", ")}
	if len(names) > 1 {
		check.Outcome = Warning
		check.Text = "nodes of " + progress.And(names) + ": the image has to be for all of them"
		check.Next = "the official images are; for another one a nodeSelector with --patch"
	}
	return check
}

// wanted is what the pods and claims of a new cluster ask for in all.
func (d *doctor) wanted() corev1.ResourceList {
	times := func(q resource.Quantity, n int) resource.Quantity {
		sum := resource.Quantity{Format: q.Format}
		for range n {
			sum.Add(q)
		}
		return sum
	}
	c := d.cluster
	claims := c.Nodes + c.SpareVolumes
	return corev1.ResourceList{
		corev1.ResourcePods:                   *resource.NewQuantity(int64(c.Nodes), resource.DecimalSI),
		corev1.ResourceRequestsCPU:            times(c.CPU, c.Nodes),
		corev1.ResourceCPU:                    times(c.CPU, c.Nodes),
		corev1.ResourceRequestsMemory:         times(c.Memory, c.Nodes),
		corev1.ResourceMemory:                 times(c.Memory, c.Nodes),
		corev1.ResourceLimitsMemory:           times(c.Memory, c.Nodes),
		corev1.ResourcePersistentVolumeClaims: *resource.NewQuantity(int64(claims), resource.DecimalSI),
		corev1.ResourceRequestsStorage:        times(c.Storage, claims),
	}
}

// quota compares what is asked for with what is left.
func (d *doctor) quota() Checked {
	const id = "quota"
	switch err := d.unseen[id]; {
	case err != nil:
		return Checked{ID: id, Outcome: Skipped, Text: firstLine(err)}
	case len(d.quotas) == 0:
		return Checked{ID: id, Outcome: Passed, Text: "none"}
	case d.seen.set != nil:
		return Checked{ID: id, Outcome: Passed, Text: "the pods are there already"}
	}
	check := Checked{ID: id, Outcome: Passed}
	want := d.wanted()
	for _, quota := range d.quotas {
		check.Text = progress.Count(len(d.quotas), "ResourceQuota") + ", with room for it"
		for _, name := range slices.Sorted(maps.Keys(quota.Status.Hard)) {
			hard, used := quota.Status.Hard[name], quota.Status.Used[name]
			asked, known := want[name]
			left := hard.DeepCopy()
			left.Sub(used)
			switch {
			case name == corev1.ResourceLimitsCPU:
				check.Evidence = append(check.Evidence, fmt.Sprintf("%s limits limits.cpu, and the pods have no CPU limit: each is refused, unless a LimitRange gives one", quota.Name))
			case known && left.Cmp(asked) < 0:
				check.Evidence = append(check.Evidence, fmt.Sprintf("%s: %s asked for, %s of %s used (%s)", name, asked.String(), used.String(), hard.String(), quota.Name))
			}
		}
	}
	if len(check.Evidence) > 0 {
		check.Outcome, check.Text = Failing, "not enough is left"
		check.Next = "a smaller --cpu, --memory or --storage, fewer --nodes, or a larger quota"
	}
	return check
}

// limitRange compares what one container and one claim ask for with what one
// may.
func (d *doctor) limitRange() Checked {
	const id = "limit-range"
	switch err := d.unseen[id]; {
	case err != nil:
		return Checked{ID: id, Outcome: Skipped, Text: firstLine(err)}
	case len(d.limits) == 0:
		return Checked{ID: id, Outcome: Passed, Text: "none"}
	}
	check := Checked{ID: id, Outcome: Passed, Text: progress.Count(len(d.limits), "LimitRange") + ", which allow it"}
	container := corev1.ResourceList{corev1.ResourceCPU: d.cluster.CPU, corev1.ResourceMemory: d.cluster.Memory}
	of := map[corev1.LimitType]corev1.ResourceList{
		corev1.LimitTypeContainer:             container,
		corev1.LimitTypePod:                   container,
		corev1.LimitTypePersistentVolumeClaim: {corev1.ResourceStorage: d.cluster.Storage},
	}
	for _, limit := range d.limits {
		for _, item := range limit.Spec.Limits {
			for name, asked := range of[item.Type] {
				most, capped := item.Max[name]
				least, floored := item.Min[name]
				if capped && asked.Cmp(most) > 0 || floored && asked.Cmp(least) < 0 {
					check.Evidence = append(check.Evidence, fmt.Sprintf("%s of a %s: %s asked for, %s to %s allowed (%s)",
						name, item.Type, asked.String(), least.String(), orAny(most), limit.Name))
				}
			}
		}
	}
	if len(check.Evidence) > 0 {
		slices.Sort(check.Evidence)
		check.Outcome, check.Text = Failing, "it does not allow what is asked for"
		check.Next = "another --cpu, --memory or --storage, or another LimitRange"
	}
	return check
}

func orAny(most resource.Quantity) string {
	if most.IsZero() {
		return "any"
	}
	return most.String()
}
