package deploy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

func recipeLabels() map[string]string { return map[string]string{"app": "cockroachdb"} }

// byScript is a volume as the script makes it, for a claim or, with an empty
// namespace, for none.
func byScript(name, path, namespace, claim string) corev1.PersistentVolume {
	v := corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{
		Name: name, UID: types.UID("uid-" + name), Labels: map[string]string{"type": "local", "app": "cockroachdb"},
	}}
	v.Spec.HostPath = &corev1.HostPathVolumeSource{Path: path}
	if namespace != "" {
		v.Spec.ClaimRef = &corev1.ObjectReference{Namespace: namespace, Name: claim}
	}
	return v
}

// script is everything that the script of 2016 leaves.
func script() survey {
	s := everything(recipeLabels())
	delete(s.refs, "configmap/cockroachdb-cluster")
	s.volumes, s.pods, s.left, s.revisions = nil, nil, nil, nil
	s.set.Spec.Template.Spec.Containers = []corev1.Container{{Image: "cockroachdb/cockroach:v1.1.0"}}
	s.recipe = recipe{
		pods:    []kube.Ref{{Kind: kube.Pod, Namespace: "default", Name: "cockroachdb-0", UID: "p", Labels: recipeLabels()}},
		job:     &kube.Ref{Kind: kube.Job, Namespace: "default", Name: "cluster-init", UID: "j", Labels: recipeLabels()},
		volumes: []corev1.PersistentVolume{byScript("pv0", "/tmp/0", "", "")},
	}
	return s
}

func TestRecipe_isExplainedAndRefused(t *testing.T) {
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	s := script()
	for key, ref := range s.refs {
		ref.Managers, ref.Created = []string{"kubectl-create"}, now.Add(-50*time.Hour)
		s.refs[key] = ref
	}
	s.claims[0].DeletionTimestamp = new(metav1.NewTime(now.Add(-3 * time.Minute)))
	own := theError(t, s.obstacles(target(), now), Refused, "left by the recipe")
	golden(t, "recipe.txt", own.Message+"\n"+lines(own.Seen)+own.Next+"\n")
}

func TestRecipe_isGivenUpOnlyByDoingItAnew(t *testing.T) {
	s := script()
	for _, scope := range []Scope{KeepData, Everything} {
		if c := doomed(s, target(), scope); !c.empty() {
			t.Errorf("%s: %q, %q, %q", scope, refNames(c.all()), refNames(c.pods), refNames(c.data))
		}
	}
	golden(t, "recipe-losing.txt", lines(losing(s, target(), doomed(s, target(), Anew))))
}

// Whoever looks after an object by another name is not the recipe.
func TestRecipe_isNotWhatAnotherToolLooksAfter(t *testing.T) {
	helm := recipeLabels()
	helm[cockroach.LabelManagedBy] = "Helm"
	s := script()
	for what, ref := range map[string]kube.Ref{
		"of Helm":         {Kind: kube.Service, Name: "cockroachdb", Labels: helm},
		"of an operator":  {Kind: kube.Service, Name: "cockroachdb", Labels: recipeLabels(), Owners: []string{"crdbcluster/cockroachdb"}},
		"of another app":  {Kind: kube.Service, Name: "cockroachdb", Labels: map[string]string{"app": "shop"}},
		"without a label": {Kind: kube.Service, Name: "cockroachdb"},
		"of another kind": {Kind: kube.ConfigMap, Name: "cockroachdb-cluster", Labels: recipeLabels()},
	} {
		if s.ofRecipe(target(), ref) {
			t.Errorf("%s: taken for the recipe's", what)
		}
	}
	if service := (kube.Ref{Kind: kube.Service, Name: "db", Labels: recipeLabels()}); s.ofRecipe(Target{"default", "db"}, service) {
		t.Error("taken for the recipe's under a name that it never uses")
	}
}

func TestRecipe_knowsTheStatefulSetByItsSelector(t *testing.T) {
	for what, test := range map[string]struct {
		selector *metav1.LabelSelector
		want     bool
	}{
		"the official one":    {&metav1.LabelSelector{MatchLabels: recipeLabels()}, true},
		"one with more in it": {&metav1.LabelSelector{MatchLabels: map[string]string{"app": "cockroachdb", "team": "a"}}, false},
		"ours":                {&metav1.LabelSelector{MatchLabels: target().labels()}, false},
		"none":                {nil, false},
	} {
		s := survey{set: &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "cockroachdb", UID: "s"}}}
		s.set.Spec.Selector = test.selector
		if got := s.ofRecipe(target(), kube.RefOf(kube.StatefulSet, s.set)); got != test.want {
			t.Errorf("%s: got %v, want %v", what, got, test.want)
		}
	}
}

func TestRecipe_neverTakesAVolumeThatSomebodyElseHas(t *testing.T) {
	ours := byScript("pv7", "/tmp/7", "default", "datadir-cockroachdb-1")
	managed := byScript("pv0", "/tmp/0", "", "")
	managed.Labels[cockroach.LabelManagedBy] = "Helm"
	unlabelled := byScript("pv0", "/tmp/0", "", "")
	delete(unlabelled.Labels, "type")
	network := byScript("pv0", "/tmp/0", "", "")
	network.Spec.HostPath = nil
	for what, test := range map[string]struct {
		volume corev1.PersistentVolume
		want   bool
	}{
		"by its name, for no claim":     {byScript("pv3", "/tmp/3", "", ""), true},
		"for a claim of ours":           {ours, true},
		"for another namespace's claim": {byScript("pv0", "/tmp/0", "other", "datadir-cockroachdb-0"), false},
		"for another claim":             {byScript("pv0", "/tmp/0", "default", "datadir-db-0"), false},
		"beyond those of the script":    {byScript("pv4", "/tmp/4", "", ""), false},
		"of another path":               {byScript("pv0", "/srv/0", "", ""), false},
		"of another number":             {byScript("pv0", "/tmp/1", "", ""), false},
		"that somebody looks after":     {managed, false},
		"without the script's label":    {unlabelled, false},
		"not on a host path":            {network, false},
	} {
		if got := recipeVolume(target(), test.volume); got != test.want {
			t.Errorf("%s: got %v, want %v", what, got, test.want)
		}
	}
}

func TestFirstOf_countsTheRest(t *testing.T) {
	got := []string{firstOf([]string{"a is"}), firstOf([]string{"a is", "b"}), firstOf([]string{"a is", "b", "c"})}
	if diff := cmp.Diff([]string{"a: was", "a and 1 more object: were", "a and 2 more objects: were"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
