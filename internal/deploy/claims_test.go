package deploy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

// claimFit is a claim as sample has it, changed.
func claimFit(change func(*corev1.PersistentVolumeClaim)) corev1.PersistentVolumeClaim {
	claim := claimOf("datadir-cockroachdb-1", clusterA)
	claim.Annotations[cockroach.AnnotationIncarnation] = "0badcafe"
	claim.Spec.StorageClassName = new("standard")
	claim.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("10Gi")}
	change(&claim)
	return claim
}

func sized(size string) func(*corev1.PersistentVolumeClaim) {
	return func(claim *corev1.PersistentVolumeClaim) {
		claim.Spec.Resources.Requests[corev1.ResourceStorage] = resource.MustParse(size)
	}
}

func TestUnfit_refusesClaimsThatAreNotTheClusters(t *testing.T) {
	for name, test := range map[string]struct {
		change     func(*corev1.PersistentVolumeClaim)
		seen, next string
	}{
		"smaller": {
			sized("5Gi"),
			"persistentvolumeclaim/datadir-cockroachdb-1 asks for 5Gi, and the cluster's claims for 10Gi", "crdb-kube up --storage 5Gi takes the claims as they are",
		},
		"made larger": {
			sized("20Gi"),
			"persistentvolumeclaim/datadir-cockroachdb-1 asks for 20Gi, and the cluster's claims for 10Gi", "crdb-kube up --storage 20Gi takes the claims as they are",
		},
		"of another class": {
			func(c *corev1.PersistentVolumeClaim) { c.Spec.StorageClassName = new("fast") },
			"persistentvolumeclaim/datadir-cockroachdb-1 is of class fast, and the cluster's claims are of class standard",
			"crdb-kube down, then delete the claim, if what it holds is not wanted; then the same command again makes it anew",
		},
		"of an earlier cluster": {
			func(c *corev1.PersistentVolumeClaim) {
				c.Annotations[cockroach.AnnotationIncarnation] = "12345678"
			},
			"persistentvolumeclaim/datadir-cockroachdb-1 belongs to an earlier cluster of this name",
			"crdb-kube down, then delete the claim, if what it holds is not wanted; then the same command again makes it anew",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := survey{claims: []corev1.PersistentVolumeClaim{claimFit(test.change)}}
			own := theError(t, s.unfit(sample(), false), Refused, "persistentvolumeclaim/datadir-cockroachdb-1: was not made for this cluster")
			if diff := cmp.Diff([]string{test.seen}, own.Seen); diff != "" || own.Next != test.next {
				t.Errorf("seen (-want +got):\n%s\nnext %q", diff, own.Next)
			}
		})
	}
	fit := survey{claims: []corev1.PersistentVolumeClaim{claimFit(func(*corev1.PersistentVolumeClaim) {}), claimFit(func(c *corev1.PersistentVolumeClaim) {
		delete(c.Annotations, cockroach.AnnotationIncarnation) // made again by the controller
	})}}
	if err := fit.unfit(sample(), false); err != nil {
		t.Errorf("claims as they should be: %v", err)
	}
	small := survey{claims: []corev1.PersistentVolumeClaim{claimFit(sized("5Gi"))}}
	if err := small.unfit(sample(), true); err != nil {
		t.Errorf("a claim that can be made larger: %v", err)
	}
	if small.unfit(sample(), false) == nil {
		t.Error("a claim that is too small, and stays so, is taken")
	}
}

// A claim that the StatefulSet controller made again has no marks of ours; one
// of a run that was ended between init and the record of it has its incarnation.
func TestLost_tellsAReplacedClaimFromAnInterruptedRun(t *testing.T) {
	interrupted := claimFit(func(c *corev1.PersistentVolumeClaim) {
		c.Name = "datadir-cockroachdb-0"
		delete(c.Annotations, cockroach.AnnotationClusterID)
	})
	replaced := claimFit(func(c *corev1.PersistentVolumeClaim) { c.Annotations = nil })
	s := survey{claims: []corev1.PersistentVolumeClaim{interrupted, replaced}}
	got := s.lost(sample())
	if diff := cmp.Diff(lost{missing: []string{"cockroachdb-2"}, replaced: []string{"cockroachdb-1"}}, got, cmp.AllowUnexported(lost{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	before := sample(func(c *cockroach.Cluster) { c.ClusterID = "" })
	if diff := cmp.Diff(lost{}, s.lost(before), cmp.AllowUnexported(lost{})); diff != "" {
		t.Errorf("before there is any data (-want +got):\n%s", diff)
	}
	for i := range 3 { // volumes of our own have the data, whatever became of the claims
		volume := volumeOf("0badcafe", clusterA)
		volume.Name = sample().VolumeName(i)
		s.volumes = append(s.volumes, volume)
	}
	if diff := cmp.Diff(lost{}, s.lost(sample()), cmp.AllowUnexported(lost{})); diff != "" {
		t.Errorf("on volumes of our own (-want +got):\n%s", diff)
	}
}

func (w *world) deleteClaim(name string) {
	w.Helper()
	wantNoError(w.T, w.api.CoreV1().PersistentVolumeClaims("default").Delete(w.Context(), name, metav1.DeleteOptions{}))
}

func TestUp_startsAPodWhoseClaimIsGoneWithoutAnotherInit(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	_, err = w.down(Unasked)
	wantNoError(t, err)
	w.deleteClaim("datadir-cockroachdb-0")
	result, err := w.up()
	wantNoError(t, err)
	if w.asked != 1 || result.Cluster.ClusterID != clusterA {
		t.Errorf("cluster %s after %d inits", result.Cluster.ClusterID, w.asked)
	}
	w.wantNote("no claim is left of cockroachdb-0: what it held is gone, and it starts empty")
}

func TestUp_refusesToStartWhereNoClaimIsLeft(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	_, err = w.down(Unasked)
	wantNoError(t, err)
	for _, name := range []string{"datadir-cockroachdb-0", "datadir-cockroachdb-1", "datadir-cockroachdb-2"} {
		w.deleteClaim(name)
	}
	w.writes()
	_, err = w.up()
	wantError(t, err, Refused, "cluster 63dcc5b7 had 3 nodes, and of its claims none is left: too few to serve the data")
	if diff := cmp.Diff([]string(nil), w.writes()); diff != "" {
		t.Errorf("written all the same:\n%s", diff)
	}
}

func TestUp_refusesToStartWithAMinorityOfTheClaims(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	_, err = w.down(Unasked)
	wantNoError(t, err)
	w.deleteClaim("datadir-cockroachdb-0")
	w.deleteClaim("datadir-cockroachdb-2")
	w.writes()
	_, err = w.up()
	wantError(t, err, Refused, "of its claims 1 is left: too few to serve the data")
	if diff := cmp.Diff([]string(nil), w.writes()); diff != "" {
		t.Errorf("written all the same:\n%s", diff)
	}
}

// The claims that an interrupted growth has not made yet were never there.
func TestUp_goesOnGrowingThoughMostClaimsAreMissing(t *testing.T) {
	w := newWorld(t)
	_, err := w.up(wish(Wish{Nodes: new(1)}))
	wantNoError(t, err)
	_, err = w.down(Given)
	wantNoError(t, err)
	_, err = w.up()
	wantNoError(t, err)
	settings, err := w.api.CoreV1().ConfigMaps("default").Get(t.Context(), "cockroachdb-cluster", metav1.GetOptions{})
	wantNoError(t, err)
	settings.Data["nodes"] = "5"
	_, err = w.api.CoreV1().ConfigMaps("default").Update(t.Context(), settings, metav1.UpdateOptions{FieldManager: "crdb-kube"})
	wantNoError(t, err)
	result, err := w.up(takeOver)
	wantNoError(t, err)
	if result.Cluster.Nodes != 5 || result.Cluster.Served != 5 || len(w.notes()) > 0 {
		t.Errorf("%+v, notes %q", result.Cluster, w.notes())
	}
}

func TestUp_saysThatTheDataOfAPodWasReplaced(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	claims := w.api.CoreV1().PersistentVolumeClaims("default")
	claim, err := claims.Get(t.Context(), "datadir-cockroachdb-1", metav1.GetOptions{})
	wantNoError(t, err)
	w.deleteClaim(claim.Name)
	claim.UID, claim.Annotations, claim.ManagedFields = "", nil, nil
	_, err = claims.Create(t.Context(), claim, metav1.CreateOptions{})
	wantNoError(t, err)
	w.setStore("default", "cockroachdb-1", clusterA) // it has joined its peers
	_, err = w.up()
	wantNoError(t, err)
	w.wantNote("the data of cockroachdb-1 was replaced: the claim was deleted, and made again empty with the pod")
	if w.asked != 1 {
		t.Errorf("asked for %d inits", w.asked)
	}
}

func TestUp_takesOverTheSizeThatAllClaimsHave(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	claims := w.api.CoreV1().PersistentVolumeClaims("default")
	list, err := claims.List(t.Context(), metav1.ListOptions{})
	wantNoError(t, err)
	for i := range list.Items {
		list.Items[i].Spec.Resources.Requests[corev1.ResourceStorage] = resource.MustParse("20Gi")
		_, err = claims.Update(t.Context(), &list.Items[i], metav1.UpdateOptions{})
		wantNoError(t, err)
	}
	_, err = w.up()
	wantError(t, err, Refused, "datadir-cockroachdb-0 and 2 more objects: were not made for this cluster")
	result, err := w.up(wish(Wish{Storage: quantity("20Gi")}))
	wantNoError(t, err)
	if got := result.Cluster.Storage.String(); got != "20Gi" {
		t.Errorf("storage %s", got)
	}
}

func TestUp_mentionsANewerDefaultAndKeepsItsRelease(t *testing.T) {
	newer := func(o *UpOptions) { o.DefaultImage = "cockroachdb/cockroach:v26.3.1" }
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	again, err := w.up(newer)
	wantNoError(t, err)
	if again.Changed != 0 || again.Cluster.Image != cockroach.DefaultImage {
		t.Errorf("changed %d, image %s", again.Changed, again.Cluster.Image)
	}
	w.wantNote("it stays at v26.2.5; new clusters get v26.3.1 by default")
	_, err = w.up(func(o *UpOptions) { o.DefaultImage = "cockroachdb/cockroach:v26.2.4" })
	wantNoError(t, err)
	if notes := w.notes(); len(notes) > 0 {
		t.Errorf("notes about an older default: %q", notes)
	}
}
