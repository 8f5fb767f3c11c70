package torture

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

const world = `
- kind: ConfigMap
  metadata: {name: settings, namespace: NS, uid: U1-RUN, resourceVersion: "RV", labels: {a: b}}
  data: {incarnation: inc-RUN, cluster-id: id-RUN, nodes: "3"}
- kind: PersistentVolumeClaim
  metadata: {name: datadir-0, namespace: NS, uid: U2-RUN, annotations: {incarnation: inc-RUN, volume.kubernetes.io/storage-provisioner: RV}}
  spec: {volumeName: pvc-U2-RUN}
- kind: PersistentVolume
  metadata: {name: pvc-U2-RUN, uid: U3-RUN}
  spec: {claimRef: {namespace: NS, name: datadir-0, uid: U2-RUN, resourceVersion: "RV"}}
- kind: Pod
  metadata: {name: db-0, namespace: NS, uid: U4-RUN, ownerReferences: [{kind: StatefulSet, uid: U5-RUN}]}
  spec: {nodeName: machine-RUN}
  status: {phase: Running, podIP: RV, conditions: [{type: Ready, status: "True"}]}
- kind: StatefulSet
  metadata: {name: db, namespace: NS, uid: U5-RUN}
- kind: Service
  metadata: {name: db-public, namespace: NS, uid: U7-RUN}
  spec: {clusterIP: 10.0.0.RUN, clusterIPs: [10.0.0.RUN]}
- kind: Secret
  metadata: {name: ca, namespace: NS, uid: U6-RUN, creationTimestamp: "2026-11-23T10:RUNTIMEZ"}
  data: {ca.crt: RV, ca.key: RV}
`

// worldOf is a namespace after a run, with all that is random in it.
func worldOf(t *testing.T, run string, changes ...string) state {
	t.Helper()
	namespace := "torture-" + run
	text := strings.NewReplacer("NS", namespace, "RUNTIME", run[:1]+"1:02", "RUN", run, "RV", run+run).Replace(world)
	before := text
	text = strings.NewReplacer(changes...).Replace(text)
	if len(changes) > 0 && text == before {
		t.Fatalf("%q changes nothing", changes)
	}
	var objects []map[string]any
	if err := yaml.Unmarshal([]byte(text), &objects); err != nil {
		t.Fatal(err)
	}
	var all []unstructured.Unstructured
	for _, object := range objects {
		all = append(all, unstructured.Unstructured{Object: object})
	}
	return stateOf(namespace, all)
}

func TestState_isTheSameWhateverIsRandom(t *testing.T) {
	if differences := worldOf(t, "111").differences(worldOf(t, "222")); len(differences) > 0 {
		t.Error(strings.Join(differences, "\n"))
	}
}

func TestState_differsInWhatCounts(t *testing.T) {
	want := worldOf(t, "222")
	for name, changes := range map[string][]string{
		"a value":                 {`nodes: "3"`, `nodes: "4"`},
		"a label more":            {"{a: b}", "{a: b, c: d}"},
		"a label less":            {"{a: b}", "{}"},
		"an object more":          {"- kind: Secret\n", "- kind: Job\n  metadata: {name: left}\n- kind: Secret\n"},
		"a claim of another":      {"annotations: {incarnation: inc-111,", "annotations: {incarnation: inc-999,"},
		"an owner that is gone":   {"uid: U5-111}]", "uid: U9-111}]"},
		"another volume":          {"volumeName: pvc-U2-111", "volumeName: pvc-U9-111"},
		"a Service without one":   {"clusterIP: 10.0.0.111", "clusterIP: None"},
		"a key of a Secret less":  {", ca.key: 111111", ""},
		"a pod that is not ready": {`status: "True"`, `status: "False"`},
		"a time less":             {`, creationTimestamp: "2026-11-23T10:11:02Z"`, ""},
		"an object in deletion":   {"name: ca,", "name: ca, deletionTimestamp: now,"},
	} {
		if len(worldOf(t, "111", changes...).differences(want)) == 0 {
			t.Errorf("%s: no difference", name)
		}
	}
}

func TestIgnored_isAShortList(t *testing.T) {
	if len(ignored) > 10 {
		t.Errorf("%d fields are ignored, at most 10 may be", len(ignored))
	}
}
