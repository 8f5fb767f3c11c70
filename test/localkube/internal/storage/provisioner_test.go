package storage

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

func TestRemove_neverReachesOutOfItsFolder(t *testing.T) {
	s := &state.State{Dir: t.TempDir(), Storage: Immediate}
	victim := filepath.Join(s.Dir, "etcd")
	if err := os.MkdirAll(victim, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/tmp/hostpath-provisioner", "/tmp/hostpath-provisioner/../../etcd", "/etc", "/tmp/hostpath-provisioner-not"} {
		volume := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "v"}}
		volume.Spec.HostPath = &corev1.HostPathVolumeSource{Path: path}
		p := &provisioner{client: fake.NewClientset(volume), state: s, log: &strings.Builder{}}
		if err := p.remove(t.Context(), volume); err == nil {
			t.Errorf("%s was removed", path)
		}
	}
	if _, err := os.Stat(victim); err != nil {
		t.Error(err)
	}
}

func TestCheck_knowsItsSetUps(t *testing.T) {
	for _, setUp := range SetUps() {
		if err := Check(setUp, 1); err != nil {
			t.Error(err)
		}
		if class := Class(setUp); (class == nil) != (setUp == None) {
			t.Errorf("%s has the class %v", setUp, class)
		}
	}
	if Check("tape", 1) == nil || Check(WaitForConsumer, 0) == nil {
		t.Error("what cannot be was accepted")
	}
}
