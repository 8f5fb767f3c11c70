package deploy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

const (
	tolerant = "kind: StatefulSet\nspec: {template: {spec: {nodeSelector: {pool: db}, tolerations: [{key: db, operator: Exists}]}}}\n"
	balanced = "kind: Service\nmetadata: {name: cockroachdb-public}\nspec: {type: LoadBalancer}\n"
	unfit    = "kind: StatefulSet\nspec: {replicas: 7}\n"
)

func (w *world) set() *appsv1.StatefulSet {
	set, err := w.api.AppsV1().StatefulSets("default").Get(w.Context(), "cockroachdb", metav1.GetOptions{})
	wantNoError(w.T, err)
	return set
}

func (w *world) publicService() *corev1.Service {
	service, err := w.api.CoreV1().Services("default").Get(w.Context(), "cockroachdb-public", metav1.GetOptions{})
	wantNoError(w.T, err)
	return service
}

func suitable(node *corev1.Node) *corev1.Node {
	node.Labels["pool"] = "db"
	node.Spec.Taints = []corev1.Taint{{Key: "db", Effect: corev1.TaintEffectNoSchedule}}
	return node
}

func TestUp_recordsAPatchAndKeepsItUntilItIsRemoved(t *testing.T) {
	w := newWorld(t, suitable(machineNode("m2", "4", "64Gi")))
	_, err := w.up(wish(Wish{Patch: new(tolerant + "---\n" + balanced)}))
	wantNoError(t, err)
	if got := w.set().Spec.Template.Spec.NodeSelector["pool"]; got != "db" {
		t.Errorf("node selector %q", got)
	}
	if notes := w.notes(); len(notes) == 0 || !strings.Contains(notes[0], "on 1 node with 4 CPU and 64Gi free") {
		t.Errorf("the size was fitted to other nodes: %q", notes)
	}
	again, err := w.up()
	wantNoError(t, err)
	if again.Changed != 0 || again.Cluster.Patch != tolerant+"---\n"+balanced {
		t.Errorf("changed %d objects, patch %q", again.Changed, again.Cluster.Patch)
	}
	_, err = w.down(Unasked)
	wantNoError(t, err)
	_, err = w.up()
	wantNoError(t, err)
	if got := w.publicService().Spec.Type; got != corev1.ServiceTypeLoadBalancer {
		t.Errorf("after down and up the Service is of type %q", got)
	}
	_, err = w.down(Unasked)
	wantNoError(t, err)
	_, err = w.up(wish(Wish{Patch: new("")}))
	wantNoError(t, err)
	if got := w.set().Spec.Template.Spec.NodeSelector; len(got) > 0 || w.publicService().Spec.Type != corev1.ServiceTypeClusterIP {
		t.Errorf("removed, and still there: node selector %v, Service of type %q", got, w.publicService().Spec.Type)
	}
}

func TestUp_patchesServicesWhileTheDatabaseRuns(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	result, err := w.up(wish(Wish{Patch: new(balanced)}))
	wantNoError(t, err)
	if got := w.publicService().Spec.Type; got != corev1.ServiceTypeLoadBalancer || result.Changed != 2 {
		t.Errorf("type %q, %d objects changed, want the Service and the settings", got, result.Changed)
	}
}

func TestUp_namesTheSettingsWhoseRecordedPatchDoesNotFit(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	settings, err := w.api.CoreV1().ConfigMaps("default").Get(t.Context(), "cockroachdb-cluster", metav1.GetOptions{})
	wantNoError(t, err)
	settings.Data["patch"] = unfit
	_, err = w.api.CoreV1().ConfigMaps("default").Update(t.Context(), settings, metav1.UpdateOptions{})
	wantNoError(t, err)
	_, err = w.up()
	failed := theError(t, err, Failed, "configmap/cockroachdb-cluster: its recorded patch does not fit: ", "spec.replicas")
	if !strings.Contains(failed.Next, `--patch ""`) {
		t.Errorf("next %q", failed.Next)
	}
	_, err = w.status()
	wantNoError(t, err)
	_, err = w.down(Unasked)
	wantNoError(t, err)
	_, err = w.up(wish(Wish{Patch: new("")}))
	wantNoError(t, err)
}

func TestChange_takesAPatchWhereItRestartsNothing(t *testing.T) {
	full := situation{initialised: true, claimed: true, running: true}
	patched := func(text string) cockroach.Cluster { return sample(func(c *cockroach.Cluster) { c.Patch = text }) }
	cases := map[string]struct {
		was  cockroach.Cluster
		wish Wish
		now  situation
		want string
		word string // of the refusal
	}{
		"the same":                {patched(tolerant), Wish{Patch: new(tolerant)}, full, tolerant, ""},
		"the same with a comment": {patched(tolerant), Wish{Patch: new("# why\n" + tolerant)}, full, "# why\n" + tolerant, ""},
		"more, but no pods":       {patched(tolerant), Wish{Patch: new(tolerant + "---\n" + balanced)}, full, tolerant + "---\n" + balanced, ""},
		"a first one":             {patched(""), Wish{Patch: new(tolerant)}, full, tolerant, ""},
		"none any more":           {patched(tolerant), Wish{Patch: new("")}, full, "", ""},
		"more nodes beside it":    {patched(tolerant), Wish{Patch: new(tolerant), Nodes: new(5)}, full, tolerant, ""},
		"words, and another size": {patched(tolerant), Wish{Patch: new("# why\n" + tolerant), Memory: quantity("4Gi"), CPU: quantity("3")}, full, "# why\n" + tolerant, ""},
		"while stopped":           {patched(""), Wish{Patch: new(tolerant)}, situation{initialised: true, claimed: true}, tolerant, ""},
		"before the init":         {patched(""), Wish{Patch: new(tolerant)}, situation{claimed: true, running: true}, tolerant, ""},
		"one that does not fit":   {patched(unfit), Wish{}, full, "", "configmap/cockroachdb-cluster"},
		"away with it, running":   {patched(unfit), Wish{Patch: new("")}, full, "", ""},
		"away with it, stopped":   {patched(unfit), Wish{Patch: new("")}, situation{initialised: true, claimed: true}, "", ""},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := change(test.was, test.wish, test.now)
			if (err != nil) != (test.word != "") || (err != nil && !strings.Contains(err.Error(), test.word)) {
				t.Fatalf("error %v, want %q", err, test.word)
			}
			if err == nil && got.Patch != test.want {
				t.Errorf("patch %q, want %q", got.Patch, test.want)
			}
		})
	}
}

func TestCheck_findsAPatchThatIsWrong(t *testing.T) {
	for text, want := range map[string]int{"": 0, tolerant: 0, unfit: 1, "\n": 1} {
		if faults := cockroach.Faults(Check("cockroachdb", Wish{Patch: new(text)})); len(faults) != want {
			t.Errorf("%q: %v, want %d faults", text, faults, want)
		}
	}
}

func TestSuited_seesNodesAsThePodsDo(t *testing.T) {
	c := sample(func(c *cockroach.Cluster) { c.Patch = tolerant })
	other := suitable(machineNode("taint", "1", "1Gi"))
	other.Spec.Taints = append(other.Spec.Taints, corev1.Taint{Key: "gpu", Effect: corev1.TaintEffectNoSchedule})
	nodes := []corev1.Node{*machineNode("label", "1", "1Gi"), *suitable(machineNode("good", "1", "1Gi")), *other}
	var got []string
	for _, node := range suited(nodes, c) {
		if schedulable(&node) {
			got = append(got, node.Name)
		}
	}
	if diff := cmp.Diff([]string{"good"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(nodes[1].Spec.Taints) != 1 || nodes[0].Spec.Unschedulable {
		t.Error("the nodes themselves were changed")
	}
	plain := suited(nodes, sample())
	if diff := cmp.Diff(nodes, plain); diff != "" {
		t.Errorf("without a patch (-want +got):\n%s", diff)
	}
}

func TestTolerates_isTheSchedulersRule(t *testing.T) {
	taint := corev1.Taint{Key: "a", Value: "b", Effect: corev1.TaintEffectNoSchedule}
	for _, test := range []struct {
		toleration corev1.Toleration
		want       bool
	}{
		{corev1.Toleration{Key: "a", Value: "b"}, true},
		{corev1.Toleration{Key: "a", Operator: corev1.TolerationOpEqual, Value: "c"}, false},
		{corev1.Toleration{Key: "a", Operator: corev1.TolerationOpExists}, true},
		{corev1.Toleration{Operator: corev1.TolerationOpExists}, true},
		{corev1.Toleration{Key: "x", Operator: corev1.TolerationOpExists}, false},
		{corev1.Toleration{Key: "a", Value: "b", Effect: corev1.TaintEffectNoExecute}, false},
		{corev1.Toleration{Key: "a", Value: "b", Effect: corev1.TaintEffectNoSchedule}, true},
		{corev1.Toleration{}, false},
	} {
		if got := tolerates(test.toleration, taint); got != test.want {
			t.Errorf("%+v: %v, want %v", test.toleration, got, test.want)
		}
	}
}

func TestUp_putsVolumesOfItsOwnWherePatchedPodsCanRun(t *testing.T) {
	w := newWorldWithout(t, "", suitable(machineNode("m2", "4", "64Gi")))
	_, err := w.up(wish(Wish{HostPath: new("/data"), Patch: new(tolerant)}))
	wantNoError(t, err)
	volumes, err := w.api.CoreV1().PersistentVolumes().List(t.Context(), metav1.ListOptions{})
	wantNoError(t, err)
	for i := range volumes.Items {
		if at := pinnedTo(&volumes.Items[i]); at != "m2" {
			t.Errorf("%s lies on %s", volumes.Items[i].Name, at)
		}
	}
	if len(volumes.Items) != 3 {
		t.Errorf("%d volumes", len(volumes.Items))
	}
}
