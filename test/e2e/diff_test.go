package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/crdb-kube/crdb-kube/test/schema"
)

// diffOf is what `diff -o json` says: the objects that would change with their
// fields, and the fields that are left alone.
func (p place) diffOf(code int, args ...string) []string {
	p.t.Helper()
	got := p.crdb(append([]string{"diff", "-o", "json"}, args...)...)
	if got.code != code {
		p.t.Fatalf("%s: exit code %d, want %d\n%s", got.command, got.code, code, got.all())
	}
	schemas, err := schema.Read("../../docs/schema/diff.json")
	if err != nil {
		p.t.Fatal(err)
	}
	if err := schemas.Check([]byte(got.stdout)); err != nil {
		p.t.Errorf("not as docs/schema/diff.json says: %v\n%s", err, got.stdout)
	}
	type field struct {
		Path, Manager, Since string
		From, To, Value      any
	}
	var seen struct {
		Objects []struct {
			Kind, Name, Action string
			Fields, LeftAlone  []field
		}
	}
	if err := json.Unmarshal([]byte(got.stdout), &seen); err != nil {
		p.t.Fatal(err)
	}
	lines := []string{}
	for _, o := range seen.Objects {
		if o.Action != "unchanged" {
			lines = append(lines, fmt.Sprintf("%s/%s %s", o.Kind, o.Name, o.Action))
		}
		for _, f := range o.Fields {
			lines = append(lines, fmt.Sprintf("%s %s: %v -> %v (%s)", o.Kind, f.Path, f.From, f.To, f.Manager))
		}
		for _, f := range o.LeftAlone {
			lines = append(lines, fmt.Sprintf("%s %s: %v (%s), left alone", o.Kind, f.Path, f.Value, f.Manager))
		}
	}
	return lines
}

func (p place) differs(code int, want []string, args ...string) {
	p.t.Helper()
	if diff := cmp.Diff(want, p.diffOf(code, args...)); diff != "" {
		p.t.Errorf("crdb-kube diff %s (-want +got):\n%s", strings.Join(args, " "), diff)
	}
}

// takes wants that the server would take what render prints, by kubectl's hands.
func (p place) takes(args ...string) string {
	p.t.Helper()
	text := p.crdb(append([]string{"render"}, args...)...).ok().stdout
	said := p.kubectlWith(text, "apply", "--server-side", "--dry-run=server", "-f", "-")
	if want, got := strings.Count(text, "\n---\n"), strings.Count(said, "serverside-applied"); got != want {
		p.t.Errorf("%d of %d objects were taken\n%s", got, want, said)
	}
	return text
}

// wouldCreate are all objects of a new cluster.
func (p place) wouldCreate() []string {
	all := []string{"ConfigMap/cockroachdb-cluster created"}
	if p.onMachines() {
		for i := range 3 {
			all = append(all, fmt.Sprintf("PersistentVolume/%d created", i))
		}
	}
	for i := range 3 {
		all = append(all, fmt.Sprintf("PersistentVolumeClaim/datadir-cockroachdb-%d created", i))
	}
	for _, name := range []string{
		"Secret/cockroachdb-ca", "Secret/cockroachdb-certs", "Secret/cockroachdb-app",
		"Service/cockroachdb", "Service/cockroachdb-public", "PodDisruptionBudget/cockroachdb-budget", "StatefulSet/cockroachdb",
	} {
		all = append(all, name+" created")
	}
	return all
}

func TestDiff_isExact_andRenderIsTaken(t *testing.T) {
	for _, storage := range []setup{defaultClass, ownVolumes, waitsForConsumer} {
		t.Run(string(storage), func(t *testing.T) { diffAndRender(t, storage) })
	}
}

func diffAndRender(t *testing.T, storage setup) {
	p := arrive(t, storage)
	flags := p.up(p.small()...)[1:]
	p.step("a new cluster: all is created, the server takes the text, and nothing was written", func(p place) {
		before := p.look()
		got := p.diffOf(10, flags...)
		for i, line := range got {
			if strings.HasPrefix(line, "PersistentVolume/") { // whose name has a mark in it
				got[i] = fmt.Sprintf("PersistentVolume/%d created", i-1)
			}
		}
		if diff := cmp.Diff(p.wouldCreate(), got); diff != "" {
			p.t.Errorf("(-want +got):\n%s", diff)
		}
		if first, second := p.takes(flags...), p.takes(flags...); first != second || strings.Contains(first, "kind: Secret") {
			p.t.Errorf("not the same twice, or with a Secret:\n%s", cmp.Diff(first, second))
		}
		p.takes(append(slices.Clone(flags), "--show-secrets")...)
		p.same(before)
		p.unlocked()
	})
	p.step("right after up it is empty, and the server takes the text", func(p place) {
		p.crdb(append([]string{"up"}, flags...)...).ok("ready in")
		p.settle(3)
		before := p.look()
		p.differs(0, []string{})
		p.crdb("diff").ok("up would change nothing of")
		if first, second := p.takes(), p.takes(); first != second {
			p.t.Errorf("not the same twice:\n%s", cmp.Diff(first, second))
		}
		p.takes("--show-secrets")
		p.same(before)
	})
	if storage != defaultClass {
		return
	}
	foreignEdits(p)
}

func foreignEdits(p place) {
	alone := []string{
		"Service metadata.annotations[example.com/team]: blue (kubectl-annotate), left alone",
		"StatefulSet metadata.annotations[example.com/team]: blue (kubectl-annotate), left alone",
	}
	p.step("who scaled, and what people added, is told", func(p place) {
		p.kubectl("scale", "statefulset/cockroachdb", "--replicas", "2")
		p.kubectl("annotate", "service/cockroachdb-public", "statefulset/cockroachdb", "example.com/team=blue")
		p.differs(10, []string{alone[0], "StatefulSet/cockroachdb conflict", "StatefulSet spec.replicas: 2 -> 3 (kubectl (scale))", alone[1]})
		p.crdb("up").fails(5, "1 field set by someone else")
		p.kubectl("scale", "statefulset/cockroachdb", "--replicas", "3")
		p.differs(0, alone)
	})
	p.step("another image is told, and nothing was written", func(p place) {
		image := get[appsv1.StatefulSet](p, "statefulset", "cockroachdb").Spec.Template.Spec.Containers[0].Image
		// Held back, so that no pod is lost to an image that there is not.
		p.kubectl("patch", "statefulset/cockroachdb", "--field-manager", "kubectl-edit", "-p", `{"spec":{"updateStrategy":{"rollingUpdate":{"partition":3}}}}`)
		p.kubectl("set", "image", "statefulset/cockroachdb", "cockroachdb=none:v1")
		p.settle(3)
		p.await(hung, func() string {
			if status := get[appsv1.StatefulSet](p, "statefulset", "cockroachdb").Status; status.CurrentRevision == status.UpdateRevision {
				return "the controller has not seen the other template"
			}
			return ""
		})
		before := p.look()
		change := "StatefulSet spec.template.spec.containers[name=cockroachdb].image: none:v1 -> " + image + " (kubectl-set)"
		p.differs(10, []string{alone[0], "StatefulSet/cockroachdb conflict", change, alone[1]})
		p.differs(10, []string{alone[0], "StatefulSet/cockroachdb configured", change, alone[1]}, "--force-conflicts")
		p.same(before)
	})
	p.step("up does what diff said, and then there is no difference", func(p place) {
		p.crdb("up", "--force-conflicts").ok("ready")
		p.crdb("up", "--force-conflicts").ok("ready") // which gives the partition up
		p.differs(0, alone)
	})
	p.step("a set that would be made again", func(p place) {
		p.settle(3)
		p.recreateSet(func(s *appsv1.StatefulSetSpec) {
			s.PodManagementPolicy = appsv1.OrderedReadyPodManagement
			s.VolumeClaimTemplates[0].Labels = nil
		})
		p.differs(10, []string{
			alone[0], "StatefulSet/cockroachdb recreated",
			"StatefulSet spec.podManagementPolicy: OrderedReady -> Parallel (crdb-kube)",
			"StatefulSet spec.volumeClaimTemplates[0].metadata.labels: <nil> -> map[app.kubernetes.io/instance:cockroachdb app.kubernetes.io/managed-by:crdb-kube app.kubernetes.io/name:cockroachdb] (crdb-kube)",
		})
		p.crdb("up").ok("ready")
		p.differs(0, alone[:1])
	})
	p.step("pods that somebody added are told, and refused by up and render", func(p place) {
		p.kubectl("scale", "statefulset/cockroachdb", "--replicas", "4")
		p.differs(10, []string{alone[0], "StatefulSet/cockroachdb conflict", "StatefulSet spec.replicas: 4 -> 3 (kubectl (scale))"})
		p.crdb("render").fails(5, "was scaled to 4 pods", "--nodes 4")
	})
}
