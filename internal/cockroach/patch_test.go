package cockroach

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func patch(text string) func(*Cluster) { return func(c *Cluster) { c.Patch = text } }

func TestPatch_isMergedAsReviewed(t *testing.T) {
	for name, c := range map[string]Cluster{
		"scheduling": sampleCluster(),
		"services":   sampleCluster(),
		"pod":        sampleCluster(ownVolumes),
		"orders":     sampleCluster(func(c *Cluster) { c.Namespace, c.Name = "shop", "orders" }),
	} {
		t.Run(name, func(t *testing.T) {
			c.Patch = string(recorded(t, "patches/"+name+".patch.yaml"))
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			plain := c
			plain.Patch = ""
			before := documents(t, asAny(objects(t, plain)[1:])...)
			after := documents(t, asAny(objects(t, c)[1:])...)
			golden(t, "patches/"+name+".diff", changes(before, after))
			again := documents(t, asAny(objects(t, c)[1:])...)
			if diff := cmp.Diff(after, again); diff != "" {
				t.Errorf("the second time (-first +second):\n%s", diff)
			}
		})
	}
}

// changes are the lines that differ, each with its sign.
func changes(before, after string) string {
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	// common[i][j] is how many of the first i and j lines are in both.
	common := make([][]int, len(a)+1)
	common[0] = make([]int, len(b)+1)
	for i := range a {
		common[i+1] = make([]int, len(b)+1)
		for j := range b {
			if common[i+1][j+1] = max(common[i][j+1], common[i+1][j]); a[i] == b[j] {
				common[i+1][j+1] = common[i][j] + 1
			}
		}
	}
	var lines []string
	for i, j := len(a), len(b); i > 0 || j > 0; {
		switch {
		case i > 0 && j > 0 && a[i-1] == b[j-1]:
			if i, j = i-1, j-1; strings.HasPrefix(a[i], "kind:") {
				lines = append(lines, "  "+a[i])
			}
		case i == 0 || (j > 0 && common[i][j-1] >= common[i-1][j]):
			j--
			lines = append(lines, "+ "+b[j])
		default:
			i--
			lines = append(lines, "- "+a[i])
		}
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n") + "\n"
}

func TestPatch_leavesNothingElseDifferent(t *testing.T) {
	c := sampleCluster()
	same := c
	same.Patch = "kind: StatefulSet\n---\nkind: PodDisruptionBudget\nspec: {}\n---\nkind: Service\nmetadata: {name: cockroachdb}\n"
	if err := same.Validate(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(documents(t, asAny(objects(t, c)[1:])...), documents(t, asAny(objects(t, same)[1:])...)); diff != "" {
		t.Errorf("a patch that says nothing (-without +with):\n%s", diff)
	}
}

func TestPatch_saysWhatIsWrongWithTheFile(t *testing.T) {
	for _, test := range []struct{ patch, reason, hint string }{
		{"# nothing\n---\n", "says nothing", `--patch ""`},
		{"\n", "says nothing", ""},
		{"kind: StatefulSet\x00", "not text", ""},
		{strings.Repeat("#", MaxPatch+1), "102401 bytes, more than 102400", ""},
		{"kind: [", "document 1: ", "YAML"},
		{"kind: StatefulSet\nkind: Service\n", `document 1: unmarshal errors: line 2: key "kind" already set in map`, ""},
		{"- kind: StatefulSet\n", "document 1: not an object", ""},
		{"text", "document 1: not an object", ""},
		{"spec: {}\n", "document 1: kind: is missing", "StatefulSet, Service or"},
		{"kind: Deployment\n", "document 1 (Deployment): kind: is not one", "StatefulSet, Service and"},
		{"apiVersion: v1\nkind: StatefulSet\n", "document 1 (StatefulSet): apiVersion: ", "apps/v1"},
		{"kind: Service\n", "document 1 (Service): metadata.name: is missing", "cockroachdb-public and cockroachdb"},
		{"kind: Service\nmetadata: {name: public}\n", "metadata.name: the cluster has no such object", "cockroachdb-public or cockroachdb"},
		{"kind: StatefulSet\nmetadata: {name: 7}\n", "metadata.name: the cluster has no such object", "it is cockroachdb"},
		{"kind: StatefulSet\nmetadata: {namespace: shop}\n", "metadata.namespace: ", "--namespace"},
		{"kind: PodDisruptionBudget\n---\nkind: StatefulSet\nspec: {template: {spec: {tolerance: []}}}\n", `document 2 (StatefulSet): unknown field "spec.template.spec.tolerance"`, "kubectl explain statefulset"},
		{"kind: StatefulSet\nspec: {template: {metadata: {annotations: {a: 1}}}}\n", "document 1 (StatefulSet): ", ""},
		{"kind: StatefulSet\nspec: 3\n", "document 1 (StatefulSet): ", ""},
		{"kind: StatefulSet\nspec: {template: {spec: {containers: [{name: a, $patch: what}]}}}\n", "document 1 (StatefulSet): ", ""},
		{"kind: PodDisruptionBudget\n...\nkind: Deployment\n", "document 2 (Deployment)", ""},
		{"kind: PodDisruptionBudget\n--- {kind: Deployment}\n", "document 2 (Deployment)", ""},
	} {
		faults := Faults(sampleCluster(patch(test.patch)).Validate())
		if len(faults) != 1 || faults[0].Field != "patch" || !strings.Contains(faults[0].Reason, test.reason) || !strings.Contains(faults[0].Hint, test.hint) {
			t.Errorf("%.80q: faults\n%s\nwant %q, hint %q", test.patch, faultLines(faults), test.reason, test.hint)
		}
		if _, err := sampleCluster(patch(test.patch)).Objects(); err == nil {
			t.Errorf("%.80q: objects without an error", test.patch)
		}
	}
}

func faultLines(faults []*Fault) string {
	var lines []string
	for _, fault := range faults {
		lines = append(lines, "  "+fault.Error()+" | "+fault.Hint)
	}
	return strings.Join(lines, "\n")
}

func TestPatch_ofAClusterThatIsNamedWrongIsNotBlamed(t *testing.T) {
	c := sampleCluster(patch("kind: Service\nmetadata: {name: cockroachdb-public}\n"))
	c.Name = "DB"
	if faults := Faults(c.Validate()); len(faults) != 1 || faults[0].Field != "name" {
		t.Errorf("faults\n%s", faultLines(faults))
	}
}

// The pods that make and delete directories must come onto the same machines
// and to the same image; nothing else of the patch is for them.
func TestPatch_letsThrowAwayPodsOntoTheirMachines(t *testing.T) {
	c := sampleCluster(ownVolumes, patch(`
kind: StatefulSet
spec:
  template:
    metadata: {annotations: {example.com/a: b}}
    spec:
      nodeSelector: {disk: fast}
      tolerations: [{key: database, operator: Exists}]
      imagePullSecrets: [{name: registry}]
      priorityClassName: high
`))
	_, _, maker := c.Maker(0, "m1")
	_, _, wiper := c.Wiper("m1", "m1", []int{0})
	plain := c
	plain.Patch = ""
	_, _, plainMaker := plain.Maker(0, "m1")
	_, _, plainWiper := plain.Wiper("m1", "m1", []int{0})
	for _, pair := range [][2]*corev1.Pod{
		{plainMaker.(*corev1.Pod), maker.(*corev1.Pod)}, {plainWiper.(*corev1.Pod), wiper.(*corev1.Pod)},
	} {
		want := pair[0]
		want.Spec.Tolerations = []corev1.Toleration{{Key: "database", Operator: corev1.TolerationOpExists}}
		want.Spec.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "registry"}}
		if diff := cmp.Diff(want, pair[1]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	broken := sampleCluster(ownVolumes, patch("kind: StatefulSet\nspec: {template: null}\n"))
	if diff := cmp.Diff(Scheduling{}, broken.Scheduling()); diff != "" {
		t.Errorf("of a patch that does not fit:\n%s", diff)
	}
}

func FuzzPatch(f *testing.F) {
	for _, seed := range []string{
		"kind: StatefulSet\nspec: {template: {spec: {tolerations: [{key: a, operator: Exists}]}}}\n",
		"kind: StatefulSet\nspec: {$patch: replace, template: {spec: {containers: [{name: cockroachdb, $patch: delete}]}}}\n",
		"kind: StatefulSet\nspec: {template: {spec: {containers: [{name: cockroachdb, env: [{name: A, value: b}], $setElementOrder/env: [{name: A}]}]}}}\n",
		"kind: Service\nmetadata: {name: cockroachdb-public}\nspec: {ports: [{port: 26257, $patch: delete}, null]}\n",
		"--- {kind: PodDisruptionBudget, spec: {maxUnavailable: null, minAvailable: 2}}\n...\n",
		"kind: StatefulSet\nspec: {template: {spec: null}}\n",
		"kind: StatefulSet\nmetadata: {labels: {a: b}, $retainKeys: [labels]}\n",
		"kind: &a StatefulSet\nspec: *a\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := sampleCluster(patch(text))
		if text == "" {
			return
		}
		if err := c.Validate(); err != nil {
			if strings.Contains(Faults(err)[0].Error(), "\n") {
				t.Errorf("%q", err)
			}
			_ = c.Scheduling() // of a record that was damaged
			return
		}
		for _, c := range []Cluster{c, sampleCluster(patch(text), nodes(1), ownVolumes), sampleCluster(patch(text), nodes(5))} {
			if err := c.Validate(); err != nil {
				t.Fatalf("right for one size and wrong for another: %v", err)
			}
			list := objects(t, c)
			set := statefulSet(t, list)
			database := set.Spec.Template.Spec.Containers[0]
			if *set.Spec.Replicas != int32(c.Nodes) || *database.Image != c.Image || *set.Name != c.Name || *set.Namespace != c.Namespace {
				t.Errorf("touched:\n%s", documents(t, set))
			}
			if diff := cmp.Diff(c.startArgs(), database.Args); diff != "" {
				t.Error(diff)
			}
		}
	})
}
