package deploy

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// saveSettings writes what was decided beside the data, before any data.
func (u *up) saveSettings(ctx context.Context) error { return u.putSettings(ctx, u.settingsRef()) }

// settingsRef is the ConfigMap as it was last seen.
func (u *up) settingsRef() kube.Ref { return u.seen.ref(kube.ConfigMap, u.cluster.SettingsName()) }

// putSettings writes the settings over those that were seen, and over no
// others: they say which cluster the data is of, and what was read may be old.
// With --fresh those of the cluster before are to be written over.
func (u *up) putSettings(ctx context.Context, before kube.Ref) error {
	if u.opts.Fresh == Given || !before.Exists() {
		return u.put(ctx, u.cluster.Settings(), before)
	}
	err := u.put(ctx, over(u.cluster.Settings(), before), before)
	if !apierrors.IsConflict(err) {
		return err
	}
	// Somebody wrote an annotation, or we did, or the answer to our own write
	// was lost and it was sent again. Then the settings are still of this cluster.
	now, err := u.client.ConfigMap(ctx, u.target.Namespace, u.cluster.SettingsName())
	if err != nil {
		return err
	}
	other := &Error{
		Message: "configmap/" + u.cluster.SettingsName() + ": is not what was read of it: the API server told old news, or somebody writes it now",
		Next:    "the same command again reads it anew",
	}
	if now == nil {
		return other
	}
	record, err := cockroach.ParseRecord(u.target.Namespace, u.target.Name, now.Data)
	if err != nil || record.Incarnation != u.cluster.Incarnation || (record.ClusterID != "" && record.ClusterID != u.cluster.ClusterID) {
		return other
	}
	before = kube.RefOf(kube.ConfigMap, now)
	if err = u.put(ctx, over(u.cluster.Settings(), before), before); apierrors.IsConflict(err) {
		return other
	}
	return err
}

// over is the same object, to be applied over exactly this one of that name.
func over(object cockroach.Object, before kube.Ref) cockroach.Object {
	if settings, ok := object.(*applycore.ConfigMapApplyConfiguration); ok {
		settings.WithUID(before.UID).WithResourceVersion(before.ResourceVersion)
	}
	return object
}
