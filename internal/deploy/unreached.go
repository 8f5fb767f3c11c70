package deploy

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// patience is how much longer than its grace a pod may take to stop before it
// is looked whether its machine answers at all.
const patience = 5 * time.Second

// awaitPods waits until these pods are gone and shows each as it goes. A pod
// on a machine that does not answer is not waited for: whether it runs on is
// not known, and it is remembered as lost.
func (d *down) awaitPods(ctx context.Context, pods []kube.Ref, selector string) error {
	selection := kube.Selection{Namespace: d.target.Namespace, Name: d.target.Name, Selector: selector}
	began := d.opts.Now()
	return d.client.WatchWorkload(ctx, selection, func(ctx context.Context, w kube.Workload) (kube.Verdict, error) {
		alive := map[string]*corev1.Pod{}
		for _, pod := range w.Pods {
			alive[string(pod.UID)] = pod
		}
		late := d.opts.Now().Sub(began) > stopGrace*time.Second+patience
		var nodes []corev1.Node
		if late && len(alive) > 0 {
			var err error
			if nodes, err = d.client.Nodes(ctx); unlessForbidden(err) != nil {
				return kube.Verdict{}, err
			}
		}
		var left []string
		gone := 0
		for _, ref := range pods {
			pod := alive[string(ref.UID)]
			switch {
			case pod == nil:
				gone++
				d.r.emit(progress.Event{Subject: ref.String(), State: progress.Removed, Message: "stopped"})
			case len(nodes) > 0 && pod.Spec.NodeName != "" && !responds(nodes, pod.Spec.NodeName):
				d.lost[pod.Name] = pod.Spec.NodeName
				d.r.emit(progress.Event{Subject: ref.String(), State: progress.Running, Message: "on node " + pod.Spec.NodeName + ", which does not answer"})
			default:
				left = append(left, pod.Name)
				d.r.emit(progress.Event{Subject: ref.String(), State: progress.Running, Message: stopping(pod, ref)})
			}
		}
		d.r.waiting(gone, len(pods), "%d of %s stopped", gone, progress.Count(len(pods), "pod"))
		return kube.Verdict{Done: len(left) == 0, Why: progress.And(left) + " to stop", Again: time.Second}, nil
	})
}

// stopping says that a pod stops, and who told it so before us: its own grace
// may be minutes then.
func stopping(pod *corev1.Pod, seen kube.Ref) string {
	if seen.Deleting.IsZero() || pod.Spec.TerminationGracePeriodSeconds == nil {
		return "stopping"
	}
	grace := time.Duration(*pod.Spec.TerminationGracePeriodSeconds) * time.Second
	return "stopping; it was deleted before, with up to " + roughly(grace) + " to end"
}

// responds says whether the node of this name is there and ready.
func responds(nodes []corev1.Node, name string) bool {
	for i := range nodes {
		if nodes[i].Name == name {
			return nodeReady(&nodes[i])
		}
	}
	return false
}

// lostPods are those that may still run, in words.
func (d *down) lostPods() []string {
	var all []string
	for name, node := range d.lost {
		all = append(all, "pod "+name+" on node "+node)
	}
	return all
}
