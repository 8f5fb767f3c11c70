package cockroach

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
)

func TestStorage_isAsReviewed(t *testing.T) {
	class, own := sampleCluster(), sampleCluster(ownVolumes, initialised)
	golden(t, "storage/claim_class.yaml", documents(t, class.Claim(1, "")))
	golden(t, "storage/claim_own_volume.yaml", documents(t, own.Claim(1, own.VolumeName(1))))
	golden(t, "storage/volume.yaml", documents(t, own.Volume(1, "machine-a", "machine-a.example")))
	pv, pvc, pod := own.Maker(1, "machine-a.example")
	golden(t, "storage/maker.yaml", documents(t, pv, pvc, pod))
	pv, pvc, pod = own.Wiper("machine-a", "machine-a.example", []int{1, 4})
	golden(t, "storage/wiper.yaml", documents(t, pv, pvc, pod))
}

// What differs makes server-side apply conflict with the StatefulSet
// controller, which makes a missing claim again from the template.
func TestClaim_equalsTheClaimTemplate(t *testing.T) {
	for _, c := range []Cluster{sampleCluster(), sampleCluster(ownVolumes), sampleCluster(ownVolumes, initialised)} {
		set := statefulSet(t, objects(t, c))
		template := set.Spec.VolumeClaimTemplates[0]
		claim := c.Claim(2, c.VolumeName(2))
		claim.Spec.VolumeName = nil // set by whoever binds it
		if diff := cmp.Diff(documents(t, template.Spec), documents(t, claim.Spec)); diff != "" {
			t.Errorf("spec (-template +claim):\n%s", diff)
		}
		// The controller adds the selector's labels to those of the template.
		made := maps.Clone(template.Labels)
		maps.Copy(made, set.Spec.Selector.MatchLabels)
		if diff := cmp.Diff(made, claim.Labels); diff != "" {
			t.Errorf("labels (-template +claim):\n%s", diff)
		}
		if want := *template.Name + "-" + *set.Name + "-2"; *claim.Name != want {
			t.Errorf("name %q, want %q", *claim.Name, want)
		}
		if template.Annotations != nil {
			t.Errorf("the template carries %v: a claim made again could not be told from ours", template.Annotations)
		}
	}
}

func TestClaim_carriesTheClusterIDOnceThereIsOne(t *testing.T) {
	id := func(c Cluster) string {
		return c.Claim(0, "").Annotations[AnnotationClusterID]
	}
	if got := id(sampleCluster()); got != "" {
		t.Errorf("before init: %q", got)
	}
	if got, want := id(sampleCluster(initialised)), sampleCluster(initialised).ClusterID; got != want {
		t.Errorf("after init: %q, want %q", got, want)
	}
}

func TestVolume_neverSharesNameOrDirectory(t *testing.T) {
	base := sampleCluster(ownVolumes)
	seenName, seenPath := map[string]int{}, map[string]int{}
	for i, change := range []func(*Cluster){
		func(*Cluster) {},
		func(c *Cluster) { c.Namespace = "other" },
		func(c *Cluster) { c.Name = "other" },
		func(c *Cluster) { c.Incarnation = "ffffffff" },
		func(c *Cluster) { c.Namespace, c.Name = "default-cockroachdb", "x" },
	} {
		c := base
		change(&c)
		for ordinal := range 12 {
			name := c.VolumeName(ordinal)
			if other, taken := seenName[name]; taken {
				t.Errorf("cases %d and %d both have volume %s", i, other, name)
			}
			seenName[name] = i
		}
		if c.Incarnation == base.Incarnation && i > 0 {
			continue // told apart by incarnations, which are random
		}
		for ordinal := range 12 {
			path := c.Directory(ordinal)
			if other, taken := seenPath[path]; taken {
				t.Errorf("cases %d and %d both have directory %s", i, other, path)
			}
			seenPath[path] = i
		}
	}
}

func TestNames_fitWhereTheyStand(t *testing.T) {
	c := sampleCluster(ownVolumes)
	c.Name, c.Namespace = strings.Repeat("n", maxName), strings.Repeat("s", 63)
	last := MaxNodes - 1
	for _, name := range []string{c.HeadlessService(), c.PublicService()} {
		if errs := validation.IsDNS1035Label(name); errs != nil {
			t.Errorf("service %s: %v", name, errs)
		}
	}
	// A pod's name is its host name and the value of a label.
	for _, name := range []string{c.PodName(last), c.makerName(last), c.Name + "-1234567890"} {
		if errs := validation.IsDNS1123Label(name); errs != nil {
			t.Errorf("pod %s: %v", name, errs)
		}
	}
	for _, name := range []string{
		c.Budget(), c.SettingsName(), c.LockName(), c.ClaimName(last), c.VolumeName(last),
		c.volumeName(c.makerName(last)), c.wiperName("machine"), c.volumeName(c.wiperName("machine")),
	} {
		if errs := validation.IsDNS1123Subdomain(name); errs != nil {
			t.Errorf("%s: %v", name, errs)
		}
	}
}

func TestThrowAway_isNeverSelectedAsADatabasePod(t *testing.T) {
	c := sampleCluster(ownVolumes)
	_, _, maker := c.Maker(0, "m")
	_, _, wiper := c.Wiper("m", "m", []int{0})
	for purpose, pod := range map[string]*corev1.Pod{
		PurposeMake: maker.(*corev1.Pod), PurposeWipe: wiper.(*corev1.Pod),
	} {
		if matches(t, c.Selector(), pod.Labels) || matches(t, c.VolumeSelector(), pod.Labels) {
			t.Errorf("%s: labels %v match the cluster's selector", purpose, pod.Labels)
		}
		if !matches(t, c.PurposeSelector(purpose), pod.Labels) {
			t.Errorf("%s: labels %v do not match their own selector", purpose, pod.Labels)
		}
		if pod.Spec.Volumes[0].PersistentVolumeClaim == nil || pod.Spec.NodeName != "" || pod.Spec.NodeSelector[corev1.LabelHostname] != "m" {
			t.Errorf("%s: must mount a claim and pass through the scheduler", purpose)
		}
	}
}

func TestWiper_touchesNothingButItsIncarnation(t *testing.T) {
	c := sampleCluster(ownVolumes)
	pv, pvc, pod := c.Wiper("m", "m", []int{0, 12})
	volume, claim := pv.(*corev1.PersistentVolume), pvc.(*corev1.PersistentVolumeClaim)
	if got, want := volume.Spec.Local.Path, "/var/lib/crdb-kube/0a1b2c3d"; got != want {
		t.Errorf("path %q, want %q", got, want)
	}
	if claim.Spec.VolumeName != volume.Name || volume.Spec.ClaimRef.Name != claim.Name {
		t.Errorf("volume %s and claim %s do not name each other", volume.Name, claim.Name)
	}
	got := pod.(*corev1.Pod).Spec.Containers[0].Command
	if diff := cmp.Diff([]string{"rm", "-rf", "--", "/data/0", "/data/12"}, got); diff != "" {
		t.Errorf("command (-want +got):\n%s", diff)
	}
}

func matches(t *testing.T, selector string, set map[string]string) bool {
	t.Helper()
	parsed, err := labels.Parse(selector)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Matches(labels.Set(set))
}
