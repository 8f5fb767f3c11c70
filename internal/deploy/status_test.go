package deploy

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

func n(value int64) cockroach.Count { return cockroach.Count{Value: value, Known: true} }

func TestStatus_absent(t *testing.T) {
	_, err := newWorld(t).status()
	own := theError(t, err, Absent, "cluster cockroachdb: there is none in namespace default")
	if own.Next == "" {
		t.Error("no next step")
	}
}

func TestStatus_foreignObjectsAreNoCluster(t *testing.T) {
	w := newWorld(t, &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "cockroachdb", Namespace: "default", UID: "theirs"}})
	_, err := w.status()
	wantError(t, err, Absent)
}

func TestStatus_healthy(t *testing.T) {
	s, err := serving(t).status()
	wantNoError(t, err)
	if s.Condition != Healthy || len(s.Problems) != 0 || s.Next != "" {
		t.Errorf("%s: %q, next %q", s.Condition, s.Problems, s.Next)
	}
	if s.Live != n(3) || s.Unavailable != n(0) || s.UnderReplicated != n(0) {
		t.Errorf("live %+v, unavailable %+v, under-replicated %+v", s.Live, s.Unavailable, s.UnderReplicated)
	}
	for i, pod := range s.Pods {
		if pod.NodeID != n(int64(i+1)) || pod.Version != "v26.2.5" || pod.Claim == nil || pod.Claim.Size != "10Gi" {
			t.Errorf("pod %d: %+v, claim %+v", i, pod, pod.Claim)
		}
	}
}

func TestStatus_stopped(t *testing.T) {
	w := serving(t)
	_, err := w.down(Unasked)
	wantNoError(t, err)
	s, err := w.status()
	wantNoError(t, err)
	if s.Condition != Stopped || len(s.Pods) != 0 || s.Cluster.ClusterID != clusterA {
		t.Errorf("%s, %d pods, %q", s.Condition, len(s.Pods), s.Cluster.ClusterID)
	}
}

func TestStatus_onePodDown(t *testing.T) {
	w := serving(t)
	wantNoError(t, w.api.CoreV1().Pods("default").Delete(t.Context(), "cockroachdb-1", metav1.DeleteOptions{}))
	s, err := w.status()
	wantNoError(t, err)
	if s.Condition == Healthy || s.Live != n(2) || s.UnderReplicated != n(24) {
		t.Errorf("%s, live %+v, under-replicated %+v", s.Condition, s.Live, s.UnderReplicated)
	}
	if diff := cmp.Diff([]string{"pod cockroachdb-1: waiting to be made"}, s.Problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestStatus_aClaimThatIsBeingDeletedIsTheFirstProblem(t *testing.T) {
	w := serving(t)
	claims := w.api.CoreV1().PersistentVolumeClaims("default")
	claim, err := claims.Get(t.Context(), "datadir-cockroachdb-2", metav1.GetOptions{})
	wantNoError(t, err)
	claim.DeletionTimestamp, claim.Finalizers = new(metav1.Now()), []string{"kubernetes.io/pvc-protection"}
	_, err = claims.Update(t.Context(), claim, metav1.UpdateOptions{})
	wantNoError(t, err)
	s, err := w.status()
	wantNoError(t, err)
	if diff := cmp.Diff([]string{"claim datadir-cockroachdb-2 is being deleted: its data is lost when pod cockroachdb-2 restarts (CLAIM_TERMINATING)"}, s.Problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if s.Condition == Healthy || s.Pods[2].Claim.Deleting.IsZero() {
		t.Errorf("%s, claim %+v", s.Condition, s.Pods[2].Claim)
	}
}

func TestStatus_missesTheObjectsThatShouldBeThere(t *testing.T) {
	w := serving(t)
	wantNoError(t, w.api.CoreV1().Services("default").Delete(t.Context(), "cockroachdb-public", metav1.DeleteOptions{}))
	wantNoError(t, w.api.CoreV1().ConfigMaps("default").Delete(t.Context(), "cockroachdb-cluster", metav1.DeleteOptions{}))
	s, err := w.status()
	wantNoError(t, err)
	want := []string{
		"configmap/cockroachdb-cluster is gone: what was decided about the cluster stands nowhere",
		"service/cockroachdb-public is gone: no client reaches the database",
	}
	if diff := cmp.Diff(want, s.Problems); diff != "" || s.Condition != Degraded || s.Next != "crdb-kube up makes it again" {
		t.Errorf("%s, next %q, problems (-want +got):\n%s", s.Condition, s.Next, diff)
	}
}

func TestStatus_ofANamespaceThatIsBeingDeletedSaysSo(t *testing.T) {
	w := serving(t)
	w.endNamespace()
	_, err := w.status()
	wantError(t, err, Failed, "namespace default: is being deleted")
	_, err = w.down(Unasked)
	wantError(t, err, Failed, "namespace default: is being deleted")
}

func TestStatus_saysThatADeletionWasInterrupted(t *testing.T) {
	w := serving(t)
	settings, err := w.api.CoreV1().ConfigMaps("default").Get(t.Context(), "cockroachdb-cluster", metav1.GetOptions{})
	wantNoError(t, err)
	settings.Annotations = map[string]string{cockroach.AnnotationDeleting: "2026-11-22T10:00:00Z"}
	_, err = w.api.CoreV1().ConfigMaps("default").Update(t.Context(), settings, metav1.UpdateOptions{})
	wantNoError(t, err)
	s, err := w.status()
	wantNoError(t, err)
	if s.Condition == Healthy || s.Next != "crdb-kube down --delete-data finishes it" || len(s.Problems) != 1 {
		t.Errorf("%s, %q, next %q", s.Condition, s.Problems, s.Next)
	}
}

func TestSummarise_saysWhoseDataIsGone(t *testing.T) {
	kept, again := claimOf("datadir-cockroachdb-0", clusterA), claimOf("datadir-cockroachdb-1", "")
	kept.Annotations[cockroach.AnnotationIncarnation], again.Annotations = sample().Incarnation, nil
	seen := survey{claims: []corev1.PersistentVolumeClaim{kept, again}}
	s := summarise(sample(), kube.Workload{}, diagnose.Rollout{}, nil, seen, time.Now())
	want := []string{
		"no claim is left of cockroachdb-2: what it held is gone",
		"the data of cockroachdb-1 was replaced: the claim was deleted, and made again empty with the pod (DATA_REPLACED)",
		"it is stopped",
	}
	if diff := cmp.Diff(want, s.Problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestStatus_podsWithoutTheirSetAreNotCalledStopped(t *testing.T) {
	w := serving(t)
	wantNoError(t, w.api.AppsV1().StatefulSets("default").Delete(t.Context(), "cockroachdb", metav1.DeleteOptions{}))
	s, err := w.status()
	wantNoError(t, err)
	if diff := cmp.Diff([]string{"statefulset/cockroachdb is gone, and 3 pods run without it"}, s.Problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// readings are those of healthy pods, with some of them changed.
func readingsOf(change map[string]reading) map[string]reading {
	all := map[string]reading{}
	for i := range 3 {
		all[sample().PodName(i)] = reading{vars: cockroach.Vars{LiveNodes: n(3), Unavailable: n(0), UnderReplicated: n(0)}}
	}
	maps.Copy(all, change)
	return all
}

func TestUnhealthy_takesUnknownForNotWell(t *testing.T) {
	cases := map[string]struct {
		change map[string]reading
		want   string
	}{
		"all well":          {nil, ""},
		"no metrics":        {map[string]reading{"cockroachdb-1": {err: errors.New("404")}}, "cockroachdb-1 gives no metrics: 404"},
		"never read":        {map[string]reading{"cockroachdb-1": {}}, "cockroachdb-1 sees an unknown number of 3 CockroachDB nodes live"},
		"one not live":      {map[string]reading{"cockroachdb-2": {vars: cockroach.Vars{LiveNodes: n(2)}}}, "cockroachdb-2 sees 2 of 3 CockroachDB nodes live"},
		"unavailable":       {map[string]reading{"cockroachdb-0": {vars: cockroach.Vars{LiveNodes: n(3), Unavailable: n(2)}}}, "2 unavailable ranges"},
		"under-replicated":  {map[string]reading{"cockroachdb-0": {vars: cockroach.Vars{LiveNodes: n(3), UnderReplicated: n(9)}}}, ""},
		"more than one bad": {map[string]reading{"cockroachdb-0": {err: errors.New("x")}, "cockroachdb-1": {vars: cockroach.Vars{LiveNodes: n(3), Unavailable: n(1)}}}, "cockroachdb-0 gives no metrics: x, 1 unavailable range"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			if got := unhealthy(sample(), readingsOf(test.change)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	if got := unhealthy(sample(), nil); got == "" {
		t.Error("no readings at all were taken for well")
	}
}

func TestSummarise_tellsStartingFromDegraded(t *testing.T) {
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	set := kube.Workload{StatefulSet: &appsv1.StatefulSet{}}
	claims := survey{refs: map[string]kube.Ref{}}
	for _, ref := range append(fixedObjects(target()), kube.Ref{Kind: kube.ConfigMap, Name: "cockroachdb-cluster"}) {
		ref.UID = "there"
		claims.refs[ref.String()] = ref
	}
	for i := range 3 {
		claim := claimOf(sample().ClaimName(i), clusterA)
		claim.Annotations[cockroach.AnnotationIncarnation] = sample().Incarnation
		claims.claims = append(claims.claims, claim)
	}
	at := func(name string, phase diagnose.Phase, age time.Duration) diagnose.Pod {
		return diagnose.Pod{Name: name, Phase: phase, Created: now.Add(-age)}
	}
	two := []diagnose.Pod{at("cockroachdb-0", diagnose.Ready, time.Hour), at("cockroachdb-1", diagnose.Ready, time.Hour)}
	cases := map[string]struct {
		third    diagnose.Pod
		readings map[string]reading
		want     Condition
	}{
		"all ready and well":     {at("cockroachdb-2", diagnose.Ready, time.Hour), readingsOf(nil), Healthy},
		"young":                  {at("cockroachdb-2", diagnose.Joining, time.Minute), readingsOf(nil), Coming},
		"old":                    {at("cockroachdb-2", diagnose.Joining, time.Hour), readingsOf(nil), Degraded},
		"young, but with reason": {diagnose.Pod{Name: "cockroachdb-2", Phase: diagnose.Crashing, Created: now, Cause: stuck("", "unclear").Cause}, readingsOf(nil), Degraded},
		"ready, but not live":    {at("cockroachdb-2", diagnose.Ready, time.Hour), readingsOf(map[string]reading{"cockroachdb-2": {vars: cockroach.Vars{LiveNodes: n(2)}}}), Degraded},
		"ready, but silent":      {at("cockroachdb-2", diagnose.Ready, time.Hour), readingsOf(map[string]reading{"cockroachdb-2": {err: errors.New("x")}}), Degraded},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			s := summarise(sample(), set, diagnose.Rollout{Pods: append(two[:2:2], test.third)}, test.readings, claims, now)
			if s.Condition != test.want {
				t.Errorf("got %s: %q", s.Condition, s.Problems)
			}
			if (s.Condition == Healthy) != (len(s.Problems) == 0) || (len(s.Problems) > 0) != (s.Next != "") {
				t.Errorf("%s: problems %q, next %q", s.Condition, s.Problems, s.Next)
			}
		})
	}
	claims.claims = claims.claims[:1]
	s := summarise(sample(), set, diagnose.Rollout{Pods: two}, nil, claims, now)
	if s.Live.Known || s.Unavailable.Known || s.Pods[0].NodeID.Known {
		t.Errorf("unknown numbers were made up: %+v", s)
	}
	if s.Pods[0].Claim == nil || s.Pods[1].Claim != nil {
		t.Errorf("claims %+v, %+v", s.Pods[0].Claim, s.Pods[1].Claim)
	}
}

func TestCluster_ofASetThatAsksForNoSuchNumberOfPods(t *testing.T) {
	for replicas, want := range map[int32]int{5: 5, 1 << 30: cockroach.MaxNodes, -3: 0} {
		set := &appsv1.StatefulSet{
			ObjectMeta: metav1.ObjectMeta{Name: "cockroachdb", Namespace: "default", UID: "set", Labels: names(target()).Labels()},
			Spec:       appsv1.StatefulSetSpec{Replicas: &replicas},
		}
		c, err := survey{}.cluster(target(), kube.Workload{StatefulSet: set})
		wantNoError(t, err)
		if c.Nodes != want {
			t.Errorf("%d replicas: %d nodes, want %d", replicas, c.Nodes, want)
		}
	}
}
