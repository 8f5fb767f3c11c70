package cockroach

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// Each case is one field that a patch must leave alone, with what it says
// instead of "leave it out".
func TestPatch_leavesAloneWhatDataAndIdentityDependOn(t *testing.T) {
	const ours = "add others"
	set := func(spec string) string { return "kind: StatefulSet\nspec: " + spec }
	pod := func(spec string) string { return set("{template: {spec: " + spec + "}}") }
	database := func(fields string) string { return pod("{containers: [{name: cockroachdb, " + fields + "}]}") }
	public := func(rest string) string { return "kind: Service\nmetadata: {name: cockroachdb-public}\n" + rest }
	headless := func(rest string) string { return "kind: Service\nmetadata: {name: cockroachdb}\n" + rest }
	budget := func(rest string) string { return "kind: PodDisruptionBudget\n" + rest }
	const container = "spec.template.spec.containers[cockroachdb]."
	untested := map[string]bool{}
	c := sampleCluster()
	for _, guard := range slices.Concat(c.guards("StatefulSet", c.Name), c.guards("Service", c.PublicService()), c.guards("Service", c.HeadlessService())) {
		untested[guard.field] = true
	}
	for i, test := range []struct{ patch, field, hint string }{
		// identity of the objects
		{"kind: StatefulSet\nmetadata: {labels: {app.kubernetes.io/name: other}}", "metadata.labels", ours},
		{"kind: StatefulSet\nmetadata: {labels: {app.kubernetes.io/instance: null}}", "metadata.labels", ours},
		{"kind: StatefulSet\nmetadata: {labels: {$patch: replace, a: b}}", "metadata.labels", ours},
		{"kind: StatefulSet\nmetadata: {labels: {crdb-kube.github.io/purpose: x}}", "metadata.labels", ours},
		{"kind: StatefulSet\nmetadata: {annotations: {crdb-kube.github.io/cluster-id: x}}", "metadata.annotations", ours},
		{"kind: StatefulSet\nmetadata: {finalizers: [example.com/x]}", "metadata", "labels and annotations"},
		{"kind: StatefulSet\nmetadata: {ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: a, uid: b}]}", "metadata", "labels and annotations"},
		{"kind: StatefulSet\nmetadata: {generateName: x}", "metadata", "labels and annotations"},
		{"kind: StatefulSet\nstatus: {replicas: 3}", "status", ""},
		{budget("metadata: {labels: {app.kubernetes.io/managed-by: me}}"), "metadata.labels", ours},
		{"kind: Service\nmetadata: {name: cockroachdb-public, labels: {app.kubernetes.io/managed-by: me}}", "metadata.labels", ours},
		// the StatefulSet
		{set("{replicas: 3}"), "spec.replicas", "--nodes"},
		{set("{replicas: 5}"), "spec.replicas", "--nodes"},
		{set("{replicas: null}"), "spec.replicas", "--nodes"},
		{set("{serviceName: other}"), "spec.serviceName", ""},
		{set("{podManagementPolicy: OrderedReady}"), "spec.podManagementPolicy", ""},
		{set("{updateStrategy: {type: OnDelete}}"), "spec.updateStrategy", ""},
		{set("{updateStrategy: {rollingUpdate: {partition: 1}}}"), "spec.updateStrategy", ""},
		{set("{ordinals: {start: 1}}"), "spec.ordinals", ""},
		{set("{selector: {matchLabels: {a: b}}}"), "spec.selector", ""},
		{set("{volumeClaimTemplates: []}"), "spec.volumeClaimTemplates", "--storage"},
		{set("{volumeClaimTemplates: [{metadata: {name: datadir}, spec: {storageClassName: fast}}]}"), "spec.volumeClaimTemplates", "--storage-class"},
		{set("{persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}}"), "spec.persistentVolumeClaimRetentionPolicy", "--delete-data"},
		{set("{template: {metadata: {labels: {app.kubernetes.io/name: other}}}}"), "spec.template.metadata.labels", ours},
		{set("{template: {metadata: {annotations: {crdb-kube.github.io/image: x}}}}"), "spec.template.metadata.annotations", ours},
		{set("{template: {metadata: {finalizers: [example.com/x]}}}"), "spec.template.metadata", ""},
		// the pod
		{pod("{containers: [{name: sidecar, image: x}]}"), "spec.template.spec.containers", "is the only one"},
		{pod("{resources: {requests: {cpu: 1}}}"), "spec.template.spec.resources", "--cpu and --memory"},
		{pod("{volumes: [{name: datadir, emptyDir: {}}]}"), "spec.template.spec.volumes", ""},
		{pod("{volumes: [{name: certs, $patch: delete}]}"), "spec.template.spec.volumes", "certificates"},
		{pod("{volumes: [{name: certs, secret: {secretName: mine}}]}"), "spec.template.spec.volumes", "certificates"},
		{pod("{initContainers: [{name: copy-certs, image: x}]}"), "spec.template.spec.initContainers[copy-certs]", ""},
		{pod("{shareProcessNamespace: true}"), "spec.template.spec.shareProcessNamespace", ""},
		{database("volumeMounts: [{name: own, mountPath: /cockroach/cockroach-certs/own}]"), container + "volumeMounts", ""},
		{database("image: other:v1.2.3"), container + "image", "--image"},
		{database("image: " + DefaultImage), container + "image", "--image"},
		{database("command: [sh]"), container + "command", ""},
		{database("args: [start, --insecure]"), container + "args", ""},
		{database("args: null"), container + "args", ""},
		{database("resources: {limits: {cpu: 2}}"), container + "resources", "--cpu and --memory"},
		{database("resources: {requests: {memory: 8Gi}}"), container + "resources", "--cpu and --memory"},
		{database("readinessProbe: {httpGet: {path: /health}}"), container + "readinessProbe", ""},
		{database("readinessProbe: {httpGet: {port: 9090}}"), container + "readinessProbe", ""},
		{database("readinessProbe: {httpGet: {scheme: HTTP}}"), container + "readinessProbe", ""},
		{database("readinessProbe: {httpGet: null, exec: {command: ['true']}}"), container + "readinessProbe", ""},
		{database("readinessProbe: null"), container + "readinessProbe", ""},
		{database("ports: [{containerPort: 8080, name: web}]"), container + "ports", ""},
		{database("ports: [{containerPort: 9090, name: http}]"), container + "ports", ""},
		{database("env: [{name: POD_NAME, value: x}]"), container + "env", ""},
		{database("env: [{name: POD_NAMESPACE, $patch: delete}]"), container + "env", ""},
		{database("env: [{$patch: replace}, {name: A, value: b}]"), container + "env", ""},
		{database("env: [{name: COCKROACH_URL, value: x}]"), container + "env", ""},
		{database("volumeMounts: [{mountPath: /cockroach/cockroach-data, name: datadir, subPath: x}]"), container + "volumeMounts", ""},
		{database("volumeMounts: [{mountPath: /cockroach/cockroach-data/, name: other}]"), container + "volumeMounts", ""},
		{database("volumeMounts: [{mountPath: /cockroach, name: other}]"), container + "volumeMounts", ""},
		{database("volumeMounts: [{mountPath: /cockroach/cockroach-data/logs, name: other}]"), container + "volumeMounts", ""},
		{database("volumeMounts: [{mountPath: /cockroach/cockroach, name: other}]"), container + "volumeMounts", ""},
		{database("volumeMounts: [{mountPath: /cockroach/x/../cockroach-data, name: other}]"), container + "volumeMounts", ""},
		{database("volumeMounts: [{mountPath: /x, name: datadir}]"), container + "volumeMounts", ""},
		// Services and budget
		{public("spec: {selector: {a: b}}"), "spec.selector", ""},
		{public("spec: {selector: null}"), "spec.selector", ""},
		{public("spec: {type: ExternalName, externalName: example.com}"), "spec.type", "LoadBalancer"},
		{public("spec: {clusterIP: None}"), "spec.clusterIP", "headless"},
		{public("spec: {publishNotReadyAddresses: true}"), "spec.publishNotReadyAddresses", ""},
		{public("spec: {ports: [{port: 26257, name: sql}]}"), "spec.ports", "ports can be added"},
		{public("spec: {ports: [{port: 26257, targetPort: 5432}]}"), "spec.ports", ""},
		{public("spec: {ports: [{port: 8080, $patch: delete}]}"), "spec.ports", ""},
		{public("spec: {ports: [{port: 5432, name: grpc}]}"), "spec.ports", ""},
		{headless("spec: {clusterIP: 10.0.0.1}"), "spec.clusterIP", ""},
		{headless("spec: {clusterIP: null}"), "spec.clusterIP", ""},
		{headless("spec: {clusterIPs: [None]}"), "spec.clusterIPs", ""},
		{headless("spec: {type: NodePort}"), "spec.type", ""},
		{headless("spec: {publishNotReadyAddresses: false}"), "spec.publishNotReadyAddresses", ""},
		{budget("spec: {selector: {matchLabels: {a: b}}}"), "spec.selector", ""},
	} {
		delete(untested, test.field)
		t.Run(fmt.Sprintf("%d %s", i, test.field), func(t *testing.T) {
			faults := Faults(sampleCluster(patch(test.patch + "\n")).Validate())
			want := ": " + test.field + ": is not for a patch to change"
			if len(faults) != 1 || !strings.HasSuffix(faults[0].Reason, want) || !strings.Contains(faults[0].Hint, test.hint) || faults[0].Hint == "" {
				t.Errorf("%s\nfaults\n%s\nwant %s, hint %q", test.patch, faultLines(faults), want, test.hint)
			}
		})
	}
	if len(untested) > 0 {
		t.Errorf("no case for %v", slices.Sorted(maps.Keys(untested)))
	}
}

// Where a whole part goes, everything in it is missed.
func TestPatch_cannotTakeAwayAWholePart(t *testing.T) {
	for text, least := range map[string]int{
		"kind: StatefulSet\nspec: null\n":                                                                    15,
		"kind: StatefulSet\nspec: {$patch: delete}\n":                                                        15,
		"kind: StatefulSet\nspec: {template: {spec: {$patch: replace}}}\n":                                   5,
		"kind: StatefulSet\nspec: {template: {spec: {containers: null}}}\n":                                  5,
		"kind: StatefulSet\nmetadata: null\n":                                                                2,
		"kind: StatefulSet\n$patch: delete\n":                                                                15,
		"kind: StatefulSet\n$patch: replace\n":                                                               15,
		"kind: Service\nmetadata: {name: cockroachdb}\nspec: {$patch: replace}\n":                            4,
		"kind: StatefulSet\nspec: {template: {spec: {containers: [{name: cockroachdb, $patch: delete}]}}}\n": 5,
	} {
		if faults := Faults(sampleCluster(patch(text)).Validate()); len(faults) < least {
			t.Errorf("%q: faults\n%s\nwant at least %d", text, faultLines(faults), least)
		}
	}
}

// docs/patch.md is what users go by.
func TestPatch_isDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/patch.md")
	if err != nil {
		t.Fatal(err)
	}
	c := sampleCluster()
	for _, guard := range slices.Concat(c.guards("StatefulSet", c.Name), c.guards("Service", c.PublicService()), c.guards("Service", c.HeadlessService())) {
		if !strings.Contains(string(text), "`"+guard.field+"`") {
			t.Errorf("docs/patch.md does not say that %s is protected", guard.field)
		}
	}
	for _, name := range reservedEnv() {
		if short := strings.TrimPrefix(name, "COCKROACH"); !strings.Contains(string(text), "`"+name+"`") && !strings.Contains(string(text), "`"+short+"`") {
			t.Errorf("docs/patch.md does not say that the variable %s is protected", name)
		}
	}
	_, example, _ := strings.Cut(string(text), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	if err := sampleCluster(patch(example)).Validate(); err != nil || example == "" {
		t.Errorf("the example in docs/patch.md: %v", err)
	}
}
