package kube

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	quantity "k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	appsac "k8s.io/client-go/applyconfigurations/apps/v1"
	coreac "k8s.io/client-go/applyconfigurations/core/v1"
)

// recordedSet is a StatefulSet as a real server told it.
func recordedSet(t *testing.T, name string) *appsv1.StatefulSet {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	set := &appsv1.StatefulSet{}
	if err := json.Unmarshal(text, set); err != nil {
		t.Fatal(err)
	}
	return set
}

func changeLines(changes []FieldChange) []string {
	var lines []string
	for _, c := range changes {
		since := ""
		if !c.Since.IsZero() {
			since = c.Since.UTC().Format(" 15:04:05")
		}
		lines = append(lines, fmt.Sprintf("%s: %v -> %v (%s%s)", c.Path, c.From, c.To, c.Manager, since))
	}
	return lines
}

func valueLines(values []FieldValue) []string {
	var lines []string
	for _, v := range values {
		lines = append(lines, fmt.Sprintf("%s: %v (%s)", v.Path, v.Value, v.Manager))
	}
	return lines
}

// edited was recorded after kubectl scale, annotate and set image, and after
// kubectl edit added a variable and removed a label; applied is what a real
// server would make of it by our apply, forced, with a partition.
func TestCompareObjects_tellsWhatPeopleChangedInARecordedSet(t *testing.T) {
	changes, alone, err := compareObjects(recordedSet(t, "edited"), recordedSet(t, "applied"))
	if err != nil {
		t.Fatal(err)
	}
	container := "spec.template.spec.containers[name=cockroachdb]"
	want := []string{
		"metadata.labels[app.kubernetes.io/name]: <nil> -> cockroachdb ()",
		"spec.replicas: 2 -> 3 (kubectl (scale))",
		container + ".image: localkube.test/cockroach-standin:v21.1.1 -> localkube.test/cockroach-standin:v21.1.2 (kubectl-set 08:18:22)",
		"spec.updateStrategy.rollingUpdate.partition: 0 -> 3 (crdb-kube 08:12:41)",
	}
	if diff := cmp.Diff(want, changeLines(changes)); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	want = []string{
		"metadata.annotations[example.com/team]: blue (kubectl-annotate)",
		container + ".env[name=FOO]: map[name:FOO value:bar] (kubectl-edit)",
	}
	if diff := cmp.Diff(want, valueLines(alone)); diff != "" {
		t.Errorf("left alone (-want +got):\n%s", diff)
	}
}

func TestCompareObjects_findsNothingInTheSameObject(t *testing.T) {
	later := recordedSet(t, "applied")
	later.ResourceVersion, later.Generation, later.Status.ReadyReplicas = "9", 99, 7
	changes, alone, err := compareObjects(recordedSet(t, "applied"), later)
	if err != nil || len(changes) > 0 {
		t.Errorf("%v, %v", changeLines(changes), err)
	}
	if len(alone) != 2 {
		t.Errorf("left alone: %q", valueLines(alone))
	}
}

func TestCompareObjects_tellsOfClaimsNothingThatKubernetesWroteDown(t *testing.T) {
	claim := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{
			Name: "datadir", Annotations: map[string]string{"pv.kubernetes.io/bind-completed": "yes", "example.com/team": "blue"},
			ManagedFields: []metav1.ManagedFieldsEntry{{
				Manager: "someone", Operation: metav1.ManagedFieldsOperationUpdate,
				FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:annotations":{".":{},"f:pv.kubernetes.io/bind-completed":{},"f:example.com/team":{}}},"f:spec":{"f:volumeName":{}}}`),
			}},
		},
		Spec: corev1.PersistentVolumeClaimSpec{VolumeName: "pv"},
	}
	_, alone, err := compareObjects(claim, claim)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"metadata.annotations[example.com/team]: blue (someone)"}, valueLines(alone)); diff != "" {
		t.Errorf("left alone (-want +got):\n%s", diff)
	}
}

func TestCompareObjects_namesWhoWroteAFieldLastAndOthersBeforeUs(t *testing.T) {
	at := func(minute int) *metav1.Time {
		return &metav1.Time{Time: time.Date(2026, 11, 23, 8, minute, 0, 0, time.UTC)}
	}
	owned := metav1.NewFieldsV1(`{"f:data":{"f:nodes":{}}}`)
	live := &corev1.ConfigMap{Data: map[string]string{"nodes": "5"}, ObjectMeta: metav1.ObjectMeta{ManagedFields: []metav1.ManagedFieldsEntry{
		{Manager: "first", Time: at(1), FieldsV1: owned},
		{Manager: "second", Time: at(2), FieldsV1: owned},
		{Manager: "reporter", Time: at(3), FieldsV1: owned, Subresource: "status"},
		{Manager: FieldManager, Time: at(4), FieldsV1: owned},
	}}}
	changes, _, err := compareObjects(live, &corev1.ConfigMap{Data: map[string]string{"nodes": "3"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"data.nodes: 5 -> 3 (second 08:02:00)"}, changeLines(changes)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCompareObjects_takesListsApartThatTheServerTakesAsAWhole(t *testing.T) {
	set := func(args ...string) *appsv1.StatefulSet {
		set := &appsv1.StatefulSet{}
		set.Spec.Template.Spec.Containers = []corev1.Container{{Name: "db", Args: args}}
		return set
	}
	for name, test := range map[string]struct {
		after []string
		want  string
	}{
		"one of the items": {[]string{"start", "--cache=2"}, "args[1]: --cache=1 -> --cache=2 ()"},
		"one more":         {[]string{"start", "--cache=1", "-v"}, "args: [start --cache=1] -> [start --cache=1 -v] ()"},
		"none":             {nil, "args: [start --cache=1] -> <nil> ()"},
	} {
		changes, _, err := compareObjects(set("start", "--cache=1"), set(test.after...))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(changeLines(changes), "\n"); got != "spec.template.spec.containers[name=db]."+test.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestCompareNamed_asksOnlyForWhatIsNamed(t *testing.T) {
	cfg := appsac.StatefulSet("cockroachdb", "default").WithSpec(appsac.StatefulSetSpec().
		WithReplicas(2).
		WithServiceName("other").
		WithVolumeClaimTemplates((&coreac.PersistentVolumeClaimApplyConfiguration{}).WithName("datadir").
			WithSpec(coreac.PersistentVolumeClaimSpec().WithResources(coreac.VolumeResourceRequirements().
				WithRequests(corev1.ResourceList{corev1.ResourceStorage: quantity.MustParse("20Gi")})))))
	changes, err := compareNamed(recordedSet(t, "edited"), cfg)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"spec.serviceName: cockroachdb -> other (crdb-kube 08:12:41)",
		"spec.volumeClaimTemplates[0].spec.resources.requests.storage: 10Gi -> 20Gi (crdb-kube 08:12:41)",
	}
	if diff := cmp.Diff(want, changeLines(changes)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
