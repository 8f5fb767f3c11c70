package deploy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

func TestOrdinal_readsOnlyWhatTheControllerWrites(t *testing.T) {
	for name, want := range map[string]int{"p-0": 0, "p-1": 1, "p-10": 10, "p-999999999": 999999999} {
		if got, ok := ordinal(name, "p-"); !ok || got != want {
			t.Errorf("%s: got %d, %v", name, got, ok)
		}
	}
	for _, name := range []string{"p-", "p-x", "p-01", "p--1", "p-1-0", "p-+1", "p-1 ", "p-1234567890", "q-1", "p"} {
		if got, ok := ordinal(name, "p-"); ok {
			t.Errorf("%q: got %d, want none", name, got)
		}
	}
}

func claimOf(name, id string) corev1.PersistentVolumeClaim {
	return corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{
		Name: name, Namespace: "default", UID: "u", Labels: target().labels(),
		Annotations: map[string]string{cockroach.AnnotationClusterID: id},
	}}
}

func volumeOf(incarnation, id string) corev1.PersistentVolume {
	return corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "v", Annotations: map[string]string{
		cockroach.AnnotationIncarnation: incarnation, cockroach.AnnotationClusterID: id,
	}}}
}

func TestUnderOurNames_takesClaimsOfThisClusterInTheirOrder(t *testing.T) {
	var all []corev1.PersistentVolumeClaim
	for _, name := range []string{"datadir-db-10", "datadir-db-2", "datadir-db-1-0", "datadir-db", "datadir-db2-0", "datadir-db-x", "other"} {
		all = append(all, corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	var got []string
	for _, claim := range underOurNames(all, "db") {
		got = append(got, claim.Name)
	}
	if diff := cmp.Diff([]string{"datadir-db-2", "datadir-db-10"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestClusterID_isWhatAllCarriersAgreeOn(t *testing.T) {
	record := sample()
	silent := sample(func(c *cockroach.Cluster) { c.ClusterID = "" })
	cases := map[string]struct {
		seen survey
		want string
	}{
		"nothing":                           {survey{}, ""},
		"settings alone":                    {survey{record: &record}, clusterA},
		"a claim alone":                     {survey{record: &silent, claims: []corev1.PersistentVolumeClaim{claimOf("datadir-cockroachdb-0", ""), claimOf("datadir-cockroachdb-1", clusterA)}}, clusterA},
		"a volume of this incarnation":      {survey{record: &silent, volumes: []corev1.PersistentVolume{volumeOf("0badcafe", clusterA)}}, clusterA},
		"a volume without any settings":     {survey{volumes: []corev1.PersistentVolume{volumeOf("0badcafe", clusterA)}}, ""},
		"a volume of an earlier one":        {survey{record: &silent, volumes: []corev1.PersistentVolume{volumeOf("12345678", clusterB)}}, ""},
		"all agree, besides an earlier one": {survey{record: &record, claims: []corev1.PersistentVolumeClaim{claimOf("c", clusterA)}, volumes: []corev1.PersistentVolume{volumeOf("12345678", clusterB)}}, clusterA},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := test.seen.clusterID(target())
			if err != nil || got != test.want {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestClusterID_refusesAMixture(t *testing.T) {
	record := sample()
	seen := survey{record: &record, claims: []corev1.PersistentVolumeClaim{claimOf("datadir-cockroachdb-1", clusterB)}}
	_, err := seen.clusterID(target())
	own := theError(t, err, Refused, "different clusters")
	want := []string{
		"configmap/cockroachdb-cluster belongs to cluster " + clusterA,
		"persistentvolumeclaim/datadir-cockroachdb-1 belongs to cluster " + clusterB,
	}
	if diff := cmp.Diff(want, own.Seen); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
}

func TestObstacles_refusesClaimsThatAreBeingDeleted(t *testing.T) {
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	claim := claimOf("datadir-cockroachdb-1", clusterA)
	claim.DeletionTimestamp = new(metav1.NewTime(now.Add(-3 * time.Minute)))
	seen := survey{claims: []corev1.PersistentVolumeClaim{claim}}
	own := theError(t, seen.obstacles(target(), now), Refused, "1 claim being deleted")
	if diff := cmp.Diff([]string{"persistentvolumeclaim/datadir-cockroachdb-1 is being deleted since 3m"}, own.Seen); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
	stopped := own.Next
	seen.pods = []kube.Ref{{Kind: kube.Pod, Name: "cockroachdb-1"}}
	if running := theError(t, seen.obstacles(target(), now), Refused).Next; running == stopped {
		t.Errorf("the same next step while the pods run: %q", running)
	}
}

// A volume of our own stays when its claim goes.
func TestEndangered_isNotWhatLiesOnAVolumeOfOurOwn(t *testing.T) {
	now := time.Now()
	claim := claimOf("datadir-cockroachdb-1", clusterA)
	claim.DeletionTimestamp, claim.Spec.VolumeName = new(metav1.NewTime(now)), "v"
	seen := survey{claims: []corev1.PersistentVolumeClaim{claim}, pods: []kube.Ref{{Kind: kube.Pod, Name: "cockroachdb-1"}}}
	if got := seen.endangered(now); len(got) != 1 {
		t.Errorf("on a class: %q", got)
	}
	seen.volumes = []corev1.PersistentVolume{volumeOf("0badcafe", clusterA)}
	if got := seen.endangered(now); len(got) != 0 {
		t.Errorf("on a volume of our own: %q", got)
	}
	own := theError(t, seen.obstacles(target(), now), Refused, "1 claim being deleted")
	if own.Next != "crdb-kube down, then crdb-kube up: the volumes are our own, keep the data, and are bound again" {
		t.Errorf("next %q", own.Next)
	}
}

func TestForeign_namesWhoMadeItAndHowManyThereAre(t *testing.T) {
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	seen := everything(map[string]string{"app": "database"})
	for key, ref := range seen.refs {
		ref.Managers, ref.Created = []string{"helm", "kubectl"}, now.Add(-50*time.Hour)
		seen.refs[key] = ref
	}
	own := theError(t, seen.foreign(target(), now), Refused, "configmap/cockroachdb-cluster and 5 more objects: were not made by crdb-kube")
	golden(t, "foreign.txt", lines(own.Seen))
	if err := everything(target().labels()).foreign(target(), now); err != nil {
		t.Errorf("ours: %v", err)
	}
}

func TestForeign_tellsOwnLabelsThatWereChangedFromWhatOthersMade(t *testing.T) {
	seen := everything(target().labels())
	ref := seen.refs["service/cockroachdb-public"]
	ref.Managers, ref.Labels = []string{"crdb-kube", "kubectl-label"}, marked(map[string]string{cockroach.LabelManagedBy: "Helm"})
	seen.refs["service/cockroachdb-public"] = ref
	own := theError(t, seen.foreign(target(), time.Now()), Refused, "service/cockroachdb-public: was made by crdb-kube, but the labels are not those of this cluster any more")
	want := "kubectl label -n default service/cockroachdb-public --overwrite app.kubernetes.io/managed-by=crdb-kube app.kubernetes.io/instance=cockroachdb puts them back"
	if own.Next != want {
		t.Errorf("next %q", own.Next)
	}
	ref.Labels = marked(map[string]string{cockroach.LabelInstance: "crdb"})
	seen.refs["service/cockroachdb-public"] = ref
	own = theError(t, seen.foreign(target(), time.Now()), Refused)
	if diff := cmp.Diff([]string{"service/cockroachdb-public belongs to cluster crdb"}, own.Seen); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
}
