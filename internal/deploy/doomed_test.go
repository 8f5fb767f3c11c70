package deploy

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// marked are labels of ours with some of them changed; "" takes one away.
func marked(change map[string]string) map[string]string {
	labels := target().labels()
	maps.Copy(labels, change)
	maps.DeleteFunc(labels, func(_, value string) bool { return value == "" })
	return labels
}

// everything is a survey with one object of each kind, all with these labels.
func everything(labels map[string]string) survey {
	ref := func(kind kube.Kind, name string) kube.Ref {
		return kube.Ref{Kind: kind, Namespace: "default", Name: name, UID: types.UID("uid-" + name), Labels: labels}
	}
	meta := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Name: name, Namespace: "default", UID: types.UID("uid-" + name), Labels: labels}
	}
	s := survey{
		refs: map[string]kube.Ref{},
		claims: []corev1.PersistentVolumeClaim{{
			ObjectMeta: meta("datadir-cockroachdb-0"),
			Spec: corev1.PersistentVolumeClaimSpec{Resources: corev1.VolumeResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("10Gi")},
			}},
		}},
		volumes:   []corev1.PersistentVolume{{ObjectMeta: meta("cockroachdb-0.default.0badcafe")}},
		revisions: []kube.Ref{ref(kube.ControllerRevision, "cockroachdb-7d4")},
		left:      []kube.Ref{ref(kube.Pod, "cockroachdb-0-make")},
		pods:      []kube.Ref{ref(kube.Pod, "cockroachdb-0")},
	}
	s.set = &appsv1.StatefulSet{ObjectMeta: meta("cockroachdb")}
	s.set.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
	for _, one := range append(fixedObjects(target()), ref(kube.ConfigMap, "cockroachdb-cluster"), ref(kube.StatefulSet, "cockroachdb")) {
		found := ref(one.Kind, one.Name)
		s.refs[found.String()] = found
	}
	return s
}

func refNames(refs []kube.Ref) []string {
	var all []string
	for _, ref := range refs {
		all = append(all, ref.String())
	}
	return all
}

func TestDoomed_keepsDataUnlessEverythingIsGivenUp(t *testing.T) {
	s := everything(target().labels())
	c := doomed(s, target(), KeepData)
	if c.set == nil || c.set.Name != "cockroachdb" {
		t.Errorf("set %v", c.set)
	}
	objects := []string{
		"poddisruptionbudget/cockroachdb-budget", "service/cockroachdb", "service/cockroachdb-public",
		"pod/cockroachdb-0-make",
	}
	if diff := cmp.Diff(objects, refNames(c.objects)); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"pod/cockroachdb-0"}, refNames(c.pods)); diff != "" {
		t.Errorf("pods (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"controllerrevision/cockroachdb-7d4"}, refNames(c.revisions)); diff != "" {
		t.Errorf("revisions (-want +got):\n%s", diff)
	}
	if len(c.data) != 0 {
		t.Errorf("data to be deleted: %q", refNames(c.data))
	}
	all := doomed(s, target(), Everything)
	data := []string{"persistentvolumeclaim/datadir-cockroachdb-0", "persistentvolume/cockroachdb-0.default.0badcafe", "configmap/cockroachdb-cluster"}
	if diff := cmp.Diff(data, refNames(all.data)); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}

func TestDoomed_neverTakesWhatIsNotOfThisVeryCluster(t *testing.T) {
	cases := map[string]map[string]string{
		"no labels":            nil,
		"of another cluster":   marked(map[string]string{cockroach.LabelInstance: "other"}),
		"of no cluster":        marked(map[string]string{cockroach.LabelInstance: ""}),
		"of another tool":      marked(map[string]string{cockroach.LabelManagedBy: "Helm"}),
		"of no tool":           marked(map[string]string{cockroach.LabelManagedBy: ""}),
		"of the recipe script": {"app": "cockroachdb"},
	}
	for name, labels := range cases {
		t.Run(name, func(t *testing.T) {
			s := everything(labels)
			for _, scope := range []Scope{KeepData, Everything} {
				if c := doomed(s, target(), scope); !c.empty() {
					t.Errorf("%s: %q, %q, %q", scope, refNames(c.all()), refNames(c.pods), refNames(c.data))
				}
			}
			if left := kept(s, target()); len(left) != 0 {
				t.Errorf("kept: %q", left)
			}
		})
	}
}

func TestDoomed_takesNothingThatDoesNotExist(t *testing.T) {
	s := survey{refs: map[string]kube.Ref{}}
	for _, ref := range fixedObjects(target()) {
		ref.Labels = target().labels()
		s.refs[ref.String()] = ref
	}
	if c := doomed(s, target(), Everything); !c.empty() {
		t.Errorf("got %q", refNames(c.all()))
	}
}

func TestKept_saysWhatStays(t *testing.T) {
	if diff := cmp.Diff([]string{"1 claim of 10Gi", "settings"}, kept(everything(target().labels()), target())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := kept(survey{}, target()); len(got) != 0 {
		t.Errorf("of nothing: %q", got)
	}
}
