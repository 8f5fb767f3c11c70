package deploy

import (
	"context"
	"errors"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

const defaultNodes = 3

// defaultStorage is the size of each claim of a new cluster.
func defaultStorage() resource.Quantity { return resource.MustParse("10Gi") }

// design decides everything about a cluster that does not exist yet.
func (u *up) design(ctx context.Context) (cockroach.Cluster, error) {
	c := cockroach.Cluster{
		Namespace:   u.target.Namespace,
		Name:        u.target.Name,
		Nodes:       defaultNodes,
		Image:       u.opts.DefaultImage,
		Storage:     defaultStorage(),
		Incarnation: u.incarnation(),
		Security:    cockroach.TLS,
		AppUser:     cockroach.DefaultAppUser,
	}
	c = u.opts.Wish.onto(c)
	storage, err := chooseStorage(u.opts.Wish, u.classes, u.notListed, u.nodes)
	if err != nil {
		return c, err
	}
	c.StorageClass, c.HostPath = storage.class, storage.hostPath
	return u.size(ctx, c)
}

// size fits CPU and memory to the nodes where the user named neither or one.
func (u *up) size(ctx context.Context, c cockroach.Cluster) (cockroach.Cluster, error) {
	if u.opts.Wish.CPU != nil && u.opts.Wish.Memory != nil {
		return c, nil
	}
	machines, err := u.room(ctx, c)
	if err != nil {
		return c, err
	}
	size, explanation, err := cockroach.Fit(machines, c.Nodes, c.Image)
	if err != nil {
		return c, tooLittle(err)
	}
	if u.opts.Wish.CPU == nil {
		c.CPU = size.CPU
	}
	if u.opts.Wish.Memory == nil {
		c.Memory = size.Memory
	}
	if !size.Official() {
		u.remark("%s", explanation)
	}
	return c, nil
}

func tooLittle(err error) error {
	e := &Error{Message: "size: " + err.Error(), Next: "give the nodes more memory, or choose --memory and --cpu yourself"}
	if room := new(cockroach.NoRoom); errors.As(err, &room) && room.Hint != "" {
		e.Next = room.Hint
	}
	return e
}

// room is what the schedulable nodes have left: allocatable less what the
// pods there ask for, but those that go first. Empty where the user may not look.
func (u *up) room(ctx context.Context, c cockroach.Cluster) ([]cockroach.Machine, error) {
	if len(u.nodes) == 0 {
		return nil, nil
	}
	pods, err := u.client.NodePods(ctx)
	if kube.IsForbidden(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ours := func(pod corev1.Pod) bool {
		return u.opts.Fresh == Given && owned(u.target, kube.RefOf(kube.Pod, &pod)) && pod.Namespace == u.target.Namespace
	}
	return machines(suited(u.nodes, c), slices.DeleteFunc(pods, ours)), nil
}

func machines(nodes []corev1.Node, pods []corev1.Pod) []cockroach.Machine {
	var all []cockroach.Machine
	for i := range nodes {
		node := &nodes[i]
		cpu := node.Status.Allocatable.Cpu().DeepCopy()
		memory := node.Status.Allocatable.Memory().DeepCopy()
		for j := range pods {
			if pods[j].Spec.NodeName != node.Name {
				continue
			}
			for k := range pods[j].Spec.Containers {
				requests := pods[j].Spec.Containers[k].Resources.Requests
				cpu.Sub(*requests.Cpu())
				memory.Sub(*requests.Memory())
			}
		}
		all = append(all, cockroach.Machine{Name: node.Name, CPU: cpu, Memory: memory, Schedulable: schedulable(node)})
	}
	return all
}

// suited are the nodes as the pods of this cluster see them: taints that they
// tolerate are gone, and what their node selector leaves out takes no pods. The
// patch may also say so by affinity; that is for the scheduler alone to read.
func suited(nodes []corev1.Node, c cockroach.Cluster) []corev1.Node {
	scheduling := c.Scheduling()
	all := slices.Clone(nodes)
	for i := range all {
		node := &all[i]
		node.Spec.Taints = slices.DeleteFunc(slices.Clone(node.Spec.Taints), func(taint corev1.Taint) bool {
			return slices.ContainsFunc(scheduling.Tolerations, func(toleration corev1.Toleration) bool {
				return tolerates(toleration, taint)
			})
		})
		for key, value := range scheduling.NodeSelector {
			if got, there := node.Labels[key]; !there || got != value {
				node.Spec.Unschedulable = true
			}
		}
	}
	return all
}

// tolerates is the scheduler's rule.
func tolerates(toleration corev1.Toleration, taint corev1.Taint) bool {
	switch {
	case toleration.Effect != "" && toleration.Effect != taint.Effect,
		toleration.Key != "" && toleration.Key != taint.Key:
		return false
	case toleration.Operator == corev1.TolerationOpExists:
		return true
	}
	return toleration.Key != "" && toleration.Value == taint.Value
}

// schedulable says whether a pod without tolerations can start on the node now.
func schedulable(node *corev1.Node) bool {
	if node.Spec.Unschedulable {
		return false
	}
	if slices.ContainsFunc(node.Spec.Taints, func(taint corev1.Taint) bool {
		// A node that is ready loses this taint a second later.
		return taint.Effect != corev1.TaintEffectPreferNoSchedule && taint.Key != corev1.TaintNodeNotReady
	}) {
		return false
	}
	return nodeReady(node)
}

func nodeReady(node *corev1.Node) bool {
	return slices.ContainsFunc(node.Status.Conditions, func(condition corev1.NodeCondition) bool {
		return condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue
	})
}
