package cockroach

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
	applyapps "k8s.io/client-go/applyconfigurations/apps/v1"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/crdb-kube/crdb-kube/manifests"
)

func TestObjects_areAsReviewed(t *testing.T) {
	small := func(c *Cluster) {
		c.CPU, c.Memory, c.Storage = resource.MustParse("250m"), resource.MustParse("2Gi"), resource.MustParse("5Gi")
	}
	large := func(c *Cluster) {
		c.Namespace, c.Name, c.StorageClass = "shop", "orders", "fast"
		c.CPU, c.Memory, c.Storage = resource.MustParse("7500m"), resource.MustParse("30Gi"), resource.MustParse("1Ti")
		c.SpareVolumes = 1
	}
	for name, c := range map[string]Cluster{
		"1_node_class":              sampleCluster(nodes(1)),
		"1_node_own_volumes_small":  sampleCluster(nodes(1), ownVolumes, small),
		"3_nodes_class":             sampleCluster(),
		"3_nodes_own_volumes_small": sampleCluster(ownVolumes, small, initialised),
		"5_nodes_class_large":       sampleCluster(nodes(5), large, initialised),
		// As the first version made them: another template would restart pods.
		"3_nodes_insecure":  sampleCluster(insecureMode, func(c *Cluster) { c.AppUser = "" }),
		"3_nodes_v21.1_1Gi": sampleCluster(image("cockroachdb/cockroach:v21.1.2"), memory("1Gi")),
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			golden(t, "objects/"+name+".yaml", documents(t, asAny(objects(t, c))...))
		})
	}
}

func TestObjects_differBetween3And5NodesInReplicasAlone(t *testing.T) {
	three, five := objects(t, sampleCluster()), objects(t, sampleCluster(nodes(5)))
	*statefulSet(t, three).Spec.Replicas = 5
	if diff := cmp.Diff(documents(t, asAny(three[1:])...), documents(t, asAny(five[1:])...)); diff != "" {
		t.Errorf("(-3 +5):\n%s", diff)
	}
	settings := func(list []Object) map[string]string { return list[0].(*applycore.ConfigMapApplyConfiguration).Data }
	want := settings(three)
	want[keyNodes] = "5"
	if diff := cmp.Diff(want, settings(five)); diff != "" {
		t.Errorf("settings (-3 +5):\n%s", diff)
	}
}

func TestObjects_equalTheManifestsWithDefaults(t *testing.T) {
	got := objects(t, sampleCluster())
	for i, manifest := range []string{
		manifests.HeadlessService(), manifests.PublicService(), manifests.PodDisruptionBudget(), manifests.StatefulSet(),
	} {
		var want, have map[string]any
		unmarshal(t, manifest, &want)
		unmarshal(t, documents(t, got[i+1]), &have)
		// A namespace and a class are for whoever applies by hand to choose.
		delete(have["metadata"].(map[string]any), "namespace")
		if i == 3 {
			templates := have["spec"].(map[string]any)["volumeClaimTemplates"].([]any)
			delete(templates[0].(map[string]any)["spec"].(map[string]any), "storageClassName")
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("(-manifest +object):\n%s", diff)
		}
	}
}

func TestObjects_alwaysCarryReplicasAndPartition(t *testing.T) {
	for _, n := range []int{1, 3, 4} {
		spec := statefulSet(t, objects(t, sampleCluster(nodes(n)))).Spec
		if got := *spec.Replicas; got != int32(n) {
			t.Errorf("%d nodes: %d replicas", n, got)
		}
		if got := *spec.UpdateStrategy.RollingUpdate.Partition; got != 0 {
			t.Errorf("%d nodes: partition %d", n, got)
		}
	}
	set, err := sampleCluster().StatefulSet(3)
	if err != nil {
		t.Fatal(err)
	}
	if got := *set.Spec.UpdateStrategy.RollingUpdate.Partition; got != 3 {
		t.Errorf("partition %d, want 3", got)
	}
}

func TestObjects_doNotShareMemory(t *testing.T) {
	c := sampleCluster()
	first := objects(t, c)
	before := documents(t, asAny(first)...)
	set := statefulSet(t, objects(t, c))
	set.Labels["changed"] = "yes"
	set.Spec.Template.Labels["changed"] = "yes"
	set.Spec.Template.Spec.Containers[0].Args[0] = "changed"
	if diff := cmp.Diff(before, documents(t, asAny(first)...)); diff != "" {
		t.Errorf("one call's objects changed with another's:\n%s", diff)
	}
}

func TestObjects_selectWithTheSameLabelsEverywhere(t *testing.T) {
	c := sampleCluster()
	list := objects(t, c)
	set := statefulSet(t, list)
	pod := set.Spec.Template.Spec
	for where, labels := range map[string]map[string]string{
		"headless service": list[1].(*applycore.ServiceApplyConfiguration).Spec.Selector,
		"public service":   list[2].(*applycore.ServiceApplyConfiguration).Spec.Selector,
		"selector":         set.Spec.Selector.MatchLabels,
		"template":         set.Spec.Template.Labels,
		"claim template":   set.Spec.VolumeClaimTemplates[0].Labels,
		"spread":           pod.TopologySpreadConstraints[0].LabelSelector.MatchLabels,
		"anti-affinity": pod.Affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution[0].
			PodAffinityTerm.LabelSelector.MatchLabels,
	} {
		if diff := cmp.Diff(c.Labels(), labels); diff != "" {
			t.Errorf("%s (-want +got):\n%s", where, diff)
		}
	}
	if got, want := c.Selector(), "app.kubernetes.io/instance=cockroachdb,app.kubernetes.io/managed-by=crdb-kube,app.kubernetes.io/name=cockroachdb"; got != want {
		t.Errorf("Selector() = %q, want %q", got, want)
	}
}

func TestStartArgs_followTheNumberOfNodes(t *testing.T) {
	one, five := sampleCluster(nodes(1)).startArgs(), sampleCluster(nodes(5)).startArgs()
	if one[0] != "start-single-node" || slices.ContainsFunc(one, func(a string) bool { return strings.HasPrefix(a, "--join") }) {
		t.Errorf("one node: %q", one)
	}
	if want := "--join=cockroachdb-0.cockroachdb,cockroachdb-1.cockroachdb,cockroachdb-2.cockroachdb"; five[0] != "start" || !slices.Contains(five, want) {
		t.Errorf("five nodes: %q, want %q in it", five, want)
	}
}

func TestStartArgs_giveAQuarterOfTheMemoryEach(t *testing.T) {
	for amount, want := range map[string]string{"1Gi": "256MiB", "2Gi": "512MiB", "3G": "715MiB", "30Gi": "7680MiB"} {
		args := sampleCluster(memory(amount)).startArgs()
		for _, flag := range []string{"--cache=", "--max-sql-memory="} {
			if !slices.Contains(args, flag+want) {
				t.Errorf("memory %s: %q, want %s%s", amount, args, flag, want)
			}
		}
	}
}

func objects(t *testing.T, c Cluster) []Object {
	t.Helper()
	list, err := c.Objects()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func statefulSet(t *testing.T, list []Object) *applyapps.StatefulSetApplyConfiguration {
	t.Helper()
	set, ok := list[len(list)-1].(*applyapps.StatefulSetApplyConfiguration)
	if !ok {
		t.Fatalf("last object is a %T", list[len(list)-1])
	}
	return set
}

func asAny(list []Object) []any {
	var all []any
	for _, object := range list {
		all = append(all, object)
	}
	return all
}

func unmarshal(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

// The readers of other packages find the database by these.
func TestObjects_matchTheConstantsOfTheirReaders(t *testing.T) {
	c := sampleCluster()
	list := objects(t, c)
	if diff := cmp.Diff(documents(t, list[0]), documents(t, c.Settings())); diff != "" {
		t.Errorf("settings (-first of Objects +Settings):\n%s", diff)
	}
	container := statefulSet(t, list).Spec.Template.Spec.Containers[0]
	if *container.Name != Container {
		t.Errorf("container %q, want %q", *container.Name, Container)
	}
	ports := map[string]int32{}
	for _, port := range container.Ports {
		ports[*port.Name] = *port.ContainerPort
	}
	if diff := cmp.Diff(map[string]int32{"grpc": SQLPort, "http": HTTPPort}, ports); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}
	probe := container.ReadinessProbe.HTTPGet
	if *probe.Path != ReadyPath || string(*probe.Scheme) != strings.ToUpper(c.HTTPScheme()) {
		t.Errorf("probe asks %s %s", *probe.Scheme, *probe.Path)
	}
}
