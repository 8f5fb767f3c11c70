package storage

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/machine"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

const (
	// hostFolder is where the volumes are, as the machines see it.
	hostFolder = "/tmp/hostpath-provisioner"
	// provisionedBy is the annotation by which a volume names its provisioner.
	provisionedBy = "pv.kubernetes.io/provisioned-by"
)

// provisioner makes a volume for each claim of the class, and removes it with
// its directory when it is released.
type provisioner struct {
	client  kubernetes.Interface
	state   *state.State
	claims  corelisters.PersistentVolumeClaimLister
	volumes corelisters.PersistentVolumeLister
	log     io.Writer
}

// RunProvisioner serves the claims until ctx ends.
func RunProvisioner(ctx context.Context, client kubernetes.Interface, s *state.State, log io.Writer) error {
	factory := informers.NewSharedInformerFactory(client, time.Minute)
	claims := factory.Core().V1().PersistentVolumeClaims()
	volumes := factory.Core().V1().PersistentVolumes()
	p := &provisioner{client: client, state: s, claims: claims.Lister(), volumes: volumes.Lister(), log: log}

	look := make(chan struct{}, 1)
	notice := func() {
		select {
		case look <- struct{}{}:
		default: // a look is due anyway
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { notice() },
		UpdateFunc: func(any, any) { notice() },
		DeleteFunc: func(any) { notice() },
	}
	for _, informer := range []cache.SharedIndexInformer{claims.Informer(), volumes.Informer()} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look:
			if err := p.once(ctx); err != nil && ctx.Err() == nil {
				fmt.Fprintln(p.log, err)
				time.AfterFunc(time.Second, notice)
			}
		}
	}
}

// once does what is to be done now.
func (p *provisioner) once(ctx context.Context) error {
	claims, err := p.claims.List(labels.Everything())
	if err != nil {
		return err
	}
	for _, c := range claims {
		if !ours(c) || c.Spec.VolumeName != "" || c.DeletionTimestamp != nil {
			continue
		}
		if err := p.provision(ctx, c); err != nil {
			return fmt.Errorf("claim %s/%s: %w", c.Namespace, c.Name, err)
		}
	}
	volumes, err := p.volumes.List(labels.Everything())
	if err != nil {
		return err
	}
	for _, v := range volumes {
		if v.Annotations[provisionedBy] != ProvisionerName || v.Status.Phase != corev1.VolumeReleased ||
			v.Spec.PersistentVolumeReclaimPolicy != corev1.PersistentVolumeReclaimDelete {
			continue
		}
		if err := p.remove(ctx, v); err != nil {
			return fmt.Errorf("volume %s: %w", v.Name, err)
		}
	}
	return nil
}

// wantedOf is the annotation by which the controller that binds tells who is to
// make a claim's volume.
const wantedOf = "volume.kubernetes.io/storage-provisioner"

// ours says whether a claim is for this provisioner: of our own class, known at
// once, or of another class that names it.
func ours(claim *corev1.PersistentVolumeClaim) bool {
	class := claim.Spec.StorageClassName
	return class != nil && (*class == ClassName || claim.Annotations[wantedOf] == ProvisionerName)
}

// provision makes the volume of a claim; one that is there already is left to
// the binder.
func (p *provisioner) provision(ctx context.Context, claim *corev1.PersistentVolumeClaim) error {
	name := "pvc-" + string(claim.UID)
	if _, err := p.volumes.Get(name); err == nil {
		return nil
	}
	kind := corev1.HostPathDirectoryOrCreate
	if p.state.Storage == Immediate {
		kind = corev1.HostPathUnset
		if err := makeOpen(filepath.Join(p.state.Shared(), claim.Namespace, claim.Name)); err != nil {
			return err
		}
	}
	volume := &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{provisionedBy: ProvisionerName}},
		Spec: corev1.PersistentVolumeSpec{
			StorageClassName:              *claim.Spec.StorageClassName,
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimDelete,
			AccessModes:                   claim.Spec.AccessModes,
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: claim.Spec.Resources.Requests[corev1.ResourceStorage]},
			ClaimRef: &corev1.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name,
				UID: claim.UID, ResourceVersion: claim.ResourceVersion,
			},
			PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{
				Path: filepath.Join(hostFolder, claim.Namespace, claim.Name), Type: &kind,
			}},
		},
	}
	_, err := p.client.CoreV1().PersistentVolumes().Create(ctx, volume, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	if err == nil {
		fmt.Fprintf(p.log, "volume %s made for claim %s/%s\n", name, claim.Namespace, claim.Name)
	}
	return err
}

// makeOpen makes a directory that every user may write to.
func makeOpen(path string) error {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return err
	}
	return os.Chmod(path, 0o777) // whatever the umask
}

// remove deletes a released volume, and its directory wherever it was made.
func (p *provisioner) remove(ctx context.Context, volume *corev1.PersistentVolume) error {
	inside, err := filepath.Rel(hostFolder, volume.Spec.HostPath.Path)
	if err != nil || !filepath.IsLocal(inside) || inside == "." {
		return fmt.Errorf("%s: not under %s", volume.Spec.HostPath.Path, hostFolder)
	}
	for _, m := range p.state.Machines {
		if err := os.RemoveAll(machine.HostPath(p.state, m, volume.Spec.HostPath.Path)); err != nil {
			return err
		}
	}
	if len(p.state.Machines) == 0 {
		if err := os.RemoveAll(filepath.Join(p.state.Shared(), inside)); err != nil {
			return err
		}
	}
	err = p.client.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, metav1.DeleteOptions{
		Preconditions: metav1.NewUIDPreconditions(string(volume.UID)),
	})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	if err == nil {
		fmt.Fprintf(p.log, "volume %s removed with its directory\n", volume.Name)
	}
	return err
}
