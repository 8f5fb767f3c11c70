package deploy

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

func TestAsWanted_leavesAClaimAloneOnlyIfNothingWouldChange(t *testing.T) {
	c := sample()
	applied := []metav1.ManagedFieldsEntry{{
		Manager: kube.FieldManager, Operation: metav1.ManagedFieldsOperationApply, Time: new(metav1.NewTime(time.Unix(1, 0))),
	}}
	made := func(change func(*corev1.PersistentVolumeClaim)) *corev1.PersistentVolumeClaim {
		claim := claimFit(func(claim *corev1.PersistentVolumeClaim) {
			claim.Labels, claim.ManagedFields = c.Labels(), applied
			claim.Annotations[cockroach.AnnotationOrdinal] = "1"
			claim.Annotations["somebody.example/else"] = "adds this"
			claim.Spec.VolumeName = "pvc-1"
		})
		change(&claim)
		return &claim
	}
	if !asWanted(made(func(*corev1.PersistentVolumeClaim) {}), c.Claim(1, "")) {
		t.Error("a claim as it should be is applied again")
	}
	for name, change := range map[string]func(*corev1.PersistentVolumeClaim){
		"no cluster ID yet":  func(c *corev1.PersistentVolumeClaim) { delete(c.Annotations, cockroach.AnnotationClusterID) },
		"a label gone":       func(c *corev1.PersistentVolumeClaim) { delete(c.Labels, cockroach.LabelManagedBy) },
		"another size":       sized("20Gi"),
		"another class":      func(c *corev1.PersistentVolumeClaim) { c.Spec.StorageClassName = nil },
		"never applied here": func(c *corev1.PersistentVolumeClaim) { c.ManagedFields = nil },
	} {
		if asWanted(made(change), c.Claim(1, "")) {
			t.Errorf("%s: left alone", name)
		}
	}
	if asWanted(made(func(*corev1.PersistentVolumeClaim) {}), c.Claim(1, "another-volume")) {
		t.Error("another volume: left alone")
	}
}

func TestStorage_saysHowManyClaimsItMadeLarger(t *testing.T) {
	class := standardClass()
	class.AllowVolumeExpansion = new(true)
	w := newWorldWithout(t, "", class)
	_, err := w.up(wish(Wish{Storage: new(resource.MustParse("1Gi"))}))
	wantNoError(t, err)
	_, err = w.up(wish(Wish{Storage: new(resource.MustParse("2Gi"))}))
	wantNoError(t, err)
	if !strings.Contains(w.transcript(), "3 claims of 2Gi, 3 of them made larger") {
		t.Errorf("does not say that it made them larger:\n%s", w.transcript())
	}
}
