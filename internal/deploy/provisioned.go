package deploy

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// provisionerTime is how long a provisioner may take to delete its volumes
// before it is left to itself.
const provisionerTime = 30 * time.Second

// provisioned waits until the volumes that a class provided for these claims
// are deleted, after their claims: some provisioners give the next claim of
// the same name the same directory, and delete it under its feet. It returns
// those that their class keeps, with the data in them. A user who may not see
// volumes has to leave them to the provisioner.
func (w wiper) provisioned(ctx context.Context, seen survey, claims []kube.Ref) (kept []string, err error) {
	own := map[string]bool{}
	for i := range seen.volumes {
		own[seen.volumes[i].Name] = true
	}
	for i := range seen.recipe.volumes {
		own[seen.recipe.volumes[i].Name] = true
	}
	gone := map[string]bool{}
	for _, ref := range claims {
		gone[ref.Name] = true
	}
	var going []kube.Ref
	for i := range seen.claims {
		name := seen.claims[i].Spec.VolumeName
		if !gone[seen.claims[i].Name] || name == "" || own[name] {
			continue
		}
		volume, err := w.client.Volume(ctx, name)
		switch {
		case kube.IsForbidden(err):
			return nil, nil
		case err != nil:
			return nil, err
		case volume == nil:
		case volume.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete:
			going = append(going, kube.RefOf(kube.PersistentVolume, volume))
		default:
			kept = append(kept, "persistentvolume/"+name)
		}
	}
	if len(going) == 0 {
		return kept, nil
	}
	limited, cancel := context.WithTimeout(ctx, provisionerTime)
	defer cancel()
	err = awaitGone(limited, w.client, w.r, going)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		w.r.note("%s: still being deleted by the provisioner of the class", progress.And(namesOf(going)))
		return kept, nil
	}
	return kept, err
}

func namesOf(refs []kube.Ref) []string {
	names := make([]string, len(refs))
	for i, ref := range refs {
		names[i] = ref.String()
	}
	return names
}
