package deploy

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

// heap is what one short-lived pod deletes: directories of one incarnation on
// one machine.
type heap struct{ host, hostPath, incarnation, image string }

// directories empties the directories of volumes of our own, those of earlier
// clusters of this name among them, by short-lived pods on their machines. It
// returns those that it could not reach, in words, and the volumes that lie
// there.
func (w wiper) directories(ctx context.Context, seen survey) (left []string, unreached map[string]bool, err error) {
	unreached = map[string]bool{}
	nodes, err := w.client.Nodes(ctx)
	if err != nil && len(seen.volumes) > 0 {
		return nil, nil, err
	}
	heaps := map[heap][]int{}
	for i := range seen.volumes {
		volume := &seen.volumes[i]
		at, n, ok := heapOf(volume)
		if ok && answering(nodes, at.host) {
			heaps[at] = append(heaps[at], n)
			continue
		}
		unreached[volume.Name] = true
		left = append(left, fmt.Sprintf("%s on node %s", localPath(volume), nodeOf(nodes, pinnedTo(volume))))
	}
	if len(heaps) == 0 {
		return left, unreached, nil
	}
	c := w.cluster(seen)
	var sets []throwAway
	for at, numbers := range heaps {
		slices.Sort(numbers)
		c.Incarnation, c.HostPath, c.Image = at.incarnation, at.hostPath, cmp.Or(at.image, c.Image)
		volume, claim, pod := c.Wiper(nodeOf(nodes, at.host), at.host, numbers)
		sets = append(sets, throwAway{volume, claim, pod})
	}
	return left, unreached, runThrowAways(ctx, w.client, w.r, c, cockroach.PurposeWipe, sets)
}

// cluster is what is recorded, or where that is lost as much as is known.
func (w wiper) cluster(seen survey) cockroach.Cluster {
	if seen.record != nil {
		return *seen.record
	}
	return cockroach.Cluster{Namespace: w.target.Namespace, Name: w.target.Name, Image: cockroach.DefaultImage}
}

// heapOf says where a volume of our own has its directory, by the ordinal's
// number; false where it is not one that we made.
func heapOf(volume *corev1.PersistentVolume) (heap, int, bool) {
	where := localPath(volume)
	parent := path.Dir(where)
	at := heap{
		host:        pinnedTo(volume),
		hostPath:    path.Dir(parent),
		incarnation: volume.Annotations[cockroach.AnnotationIncarnation],
		image:       volume.Annotations[cockroach.AnnotationImage],
	}
	n, err := strconv.Atoi(volume.Annotations[cockroach.AnnotationOrdinal])
	ours := err == nil && n >= 0 && regexp.MustCompile(`^[0-9a-f]{8}$`).MatchString(at.incarnation) &&
		where == path.Join(at.hostPath, at.incarnation, strconv.Itoa(n)) && path.IsAbs(at.hostPath)
	return at, n, ours
}

func localPath(volume *corev1.PersistentVolume) string {
	if volume.Spec.Local == nil {
		return "an unknown directory"
	}
	return volume.Spec.Local.Path
}

// answering says whether the machine with this hostname is there and ready.
func answering(nodes []corev1.Node, host string) bool {
	for i := range nodes {
		if hostname(nodes[i]) == host {
			return nodeReady(&nodes[i])
		}
	}
	return false
}
