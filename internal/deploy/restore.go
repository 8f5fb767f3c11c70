package deploy

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// restored is a cluster whose settings are lost, read back from its claims,
// its volumes and, where it is there, its StatefulSet; false where these do
// not say enough. Only what a patch changed cannot be read back.
func (s survey) restored(target Target) (cockroach.Cluster, bool) {
	c, ok := s.fromClaims(target)
	if !ok || s.set == nil || !owned(target, kube.RefOf(kube.StatefulSet, s.set)) {
		return c, false
	}
	containers := s.set.Spec.Template.Spec.Containers
	if s.set.Spec.Replicas == nil || len(containers) == 0 {
		return c, false
	}
	c.Nodes, c.Image = int(*s.set.Spec.Replicas), containers[0].Image
	if c.ClusterID != "" {
		c.Served = c.Nodes
	}
	c.CPU, c.Memory = *containers[0].Resources.Requests.Cpu(), *containers[0].Resources.Requests.Memory()
	c.SpareVolumes = max(0, len(s.claims)-c.Nodes)
	return c, c.Validate() == nil
}

// fromClaims is what the claims and volumes of a cluster say about it; false
// where they do not agree, or are not ours.
func (s survey) fromClaims(target Target) (cockroach.Cluster, bool) {
	c := names(target)
	c = s.secured(c)
	for i := range s.claims {
		claim := &s.claims[i]
		incarnation, id := claim.Annotations[cockroach.AnnotationIncarnation], claim.Annotations[cockroach.AnnotationClusterID]
		if incarnation == "" {
			continue // made again by the controller
		}
		if c.Incarnation != "" && (c.Incarnation != incarnation || c.StorageClass != classOf(claim) || (id != "" && c.ClusterID != "" && id != c.ClusterID)) {
			return c, false
		}
		c.Incarnation, c.StorageClass = incarnation, classOf(claim)
		c.Storage = claim.Spec.Resources.Requests[corev1.ResourceStorage]
		if id != "" {
			c.ClusterID = id
		}
	}
	for i := range s.volumes {
		if at, _, ok := heapOf(&s.volumes[i]); ok && at.incarnation == c.Incarnation {
			c.HostPath = at.hostPath
		}
	}
	return c, c.Incarnation != ""
}

// restore takes a cluster up again whose settings are lost: as it runs, or as
// the user says it was.
func (u *up) restore(ctx context.Context) error {
	c, ok := u.seen.restored(u.target)
	if !ok {
		c, ok = u.seen.fromClaims(u.target)
		if wish := u.opts.Wish; !ok || wish.Nodes == nil || wish.Image == nil {
			return u.unrecorded()
		}
		var err error
		if c, err = u.size(ctx, u.opts.Wish.onto(c)); err != nil {
			return err
		}
		if c.ClusterID != "" {
			c.Served = c.Nodes
		}
	}
	u.seen.record = &c
	u.remark("the settings of the cluster were gone; they are made again from what there is")
	return nil
}

// restore writes the settings of a cluster that lost them before its
// StatefulSet goes, which is the only other place where they stand.
func (d *down) restore(ctx context.Context) error {
	if d.seen.record != nil || d.scope() != KeepData {
		return nil
	}
	c, ok := d.seen.restored(d.target)
	if !ok {
		return nil
	}
	applied, err := d.client.Apply(ctx, c.Settings(), kube.Ref{}, kube.KeepOthers)
	if err != nil {
		return unlessForbidden(err)
	}
	d.r.note("%s was gone, and is made again from what there is", applied.Ref)
	return nil
}
