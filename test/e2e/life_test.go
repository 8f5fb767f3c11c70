package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// The whole life of a cluster, told as one story on each storage set-up: each
// sentence begins where the one before it ended.

func TestCluster_livesOnVolumesOfOurOwn(t *testing.T) { tellLife(arrive(t, ownVolumes)) }

func TestCluster_livesOnAClassThatBindsAtOnce(t *testing.T) { tellLife(arrive(t, defaultClass)) }

func tellLife(p place) {
	p.kubectl("label", "namespace", p.namespace, "pod-security.kubernetes.io/enforce=restricted")
	p.step("status of nothing says that there is no such cluster", func(p place) {
		p.crdb("status").fails(6, "cockroachdb: there is none in namespace "+p.namespace)
	})
	p.step("up brings three pods to life where Pod Security restricted is enforced", upBringsThreePodsToLife)
	p.step("the same command again changes nothing and says so", upAgainChangesNothing)
	p.step("status goes through a port-forward where the API server's proxy is forbidden", statusWithoutProxy)
	p.step("a row survives the deletion of its pod", rowSurvivesItsPod)
	var id string
	p.step("down keeps the claims and says so", func(p place) {
		id = p.oneCluster(3)
		downKeepsTheClaims(p)
	})
	p.step("a second down finds nothing to do", func(p place) {
		before := p.look()
		p.crdb("down").ok("nothing to do")
		p.same(before)
	})
	p.step("status of a stopped cluster is not healthy", func(p place) {
		if got := p.crdb("status"); got.code != 4 || !strings.Contains(got.stdout, "stopped") || got.stderr != "" {
			p.t.Errorf("exit code %d, want 4 and the word stopped\n%s", got.code, got.all())
		}
		if got := p.crdb("status", "-o", "json", "--progress", "json"); got.code != 4 || !strings.HasSuffix(got.end().Message, ": stopped") || got.end().Next == "" {
			p.t.Errorf("as JSON: exit code %d\n%s", got.code, got.all())
		}
	})
	p.step("up without flags brings it back with its rows", func(p place) {
		p.crdb("up").ok("ready in", "3 pods")
		if again := p.oneCluster(3); again != id {
			p.t.Errorf("cluster %s, want %s", again, id)
		}
		rowIsThere(p)
	})
	p.step("down --delete-data off a terminal refuses without --yes and touches nothing", func(p place) {
		p.settle(3)
		before := p.look()
		p.crdb("down", "--delete-data").fails(5, "datadir-cockroachdb-0", "--yes")
		p.same(before)
	})
	p.step("down --delete-data --yes leaves nothing of ours anywhere", deleteDataLeavesNothing)
	p.step("up after that starts empty, as another cluster", func(p place) {
		p.crdb(p.up(p.small()...)...).ok("ready in")
		if again := p.oneCluster(3); again == id {
			p.t.Errorf("cluster %s is back from the dead", id)
		}
		if databases := p.sql("cockroachdb-0", "SHOW DATABASES"); strings.Contains(databases, "e2e") {
			p.t.Errorf("not empty:\n%s", databases)
		}
	})
}

func upBringsThreePodsToLife(p place) {
	// Pod Security is really on: a plain pod is turned away.
	_, err := p.suite.command(p.t.Context(), p.cluster, "-n", p.namespace, "run", "plain", "--image", p.suite.image, "--dry-run=server").Output()
	if err == nil {
		p.t.Fatal("Pod Security restricted is not enforced")
	}
	got := p.crdb(p.up("--progress", "json")...).ok("ready in", "cockroachdb, 3 pods, TLS", "crdb-kube sql -n "+p.namespace)
	if diff := cmp.Diff(p.labelled(), objectsIn(got.events())); diff != "" {
		p.t.Errorf("objects of the events are not those with our label (-label +events):\n%s", diff)
	}
	p.unlocked()
	p.crdb("status").ok("healthy", "3 of 3 CockroachDB nodes live", "cockroachdb-2")
	p.crdb("status", "-o", "json", "--progress", "json").ok(`"condition": "healthy"`)
	p.oneCluster(3)
	machines := map[string]bool{}
	for _, pod := range p.pods() {
		machines[pod.Spec.NodeName] = true
	}
	if len(machines) != 3 && p.cluster.dir != "" {
		p.t.Errorf("the pods are on %v, want three machines", machines)
	}
	if p.cluster.dir != "" && p.inits() != 1 {
		p.t.Errorf("%d inits, want 1", p.inits())
	}
}

func statusWithoutProxy(p place) {
	p.kubectl("create", "serviceaccount", "looker")
	p.kubectlWith(`
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: looker}
rules:
- {apiGroups: [""], resources: [pods, events, services, configmaps, persistentvolumeclaims], verbs: [get, list, watch]}
- {apiGroups: [apps], resources: [statefulsets, controllerrevisions], verbs: [get, list, watch]}
- {apiGroups: [policy], resources: [poddisruptionbudgets], verbs: [get, list, watch]}
- {apiGroups: [""], resources: [pods/portforward], verbs: [get, create]}
`, "apply", "-f", "-")
	p.kubectl("create", "rolebinding", "looker", "--role=looker", "--serviceaccount="+p.namespace+":looker")
	got := p.startWith(p.kubeconfigFor("looker"), "status", "--namespace", p.namespace).wait()
	got.ok("healthy", "3 of 3 CockroachDB nodes live", "0 unavailable")
	if n := len(p.audit("/portforward")); p.cluster.dir != "" && n == 0 {
		p.t.Error("no port was forwarded")
	}
}

// quick is the time in which an `up` that has nothing to do must be back.
const quick = time.Second

func upAgainChangesNothing(p place) {
	p.settle(3)
	before := p.look()
	var took []time.Duration
	for _, args := range [][]string{p.up(), {"up"}, {"up", "--nodes", "3", "--insecure=false"}} {
		got := p.crdb(args...).ok("nothing to change")
		took = append(took, got.took)
		p.mentionsTheDefault(got, slices.Contains(args, "--image"))
	}
	p.same(before)
	p.unlocked()
	if slices.Min(took) > quick {
		p.t.Errorf("took %v, want one of them within %s", took, quick)
	}
}

// mentionsTheDefault wants that a cluster whose image is older than what new
// ones get stays as it is, and that this is said once, unless the image was
// asked for.
func (p place) mentionsTheDefault(got result, asked bool) {
	p.t.Helper()
	want := 1
	if asked {
		want = 0
	}
	if n := strings.Count(got.stderr, "new clusters get v"); p.cluster.dir != "" && n != want {
		p.t.Errorf("%s: mentions the default image %d times, want %d\n%s", got.command, n, want, got.all())
	}
}

// writeRow writes the row that rowIn looks for.
func (p place) writeRow() {
	p.t.Helper()
	p.sql("cockroachdb-0",
		"CREATE DATABASE e2e",
		"CREATE TABLE e2e.words (id INT PRIMARY KEY, word STRING)",
		"INSERT INTO e2e.words VALUES (1, 'still here')")
}

// rowIn wants that each of these pods has the row.
func (p place) rowIn(pods ...string) {
	p.t.Helper()
	for _, pod := range pods {
		if got := p.sql(pod, "SELECT word FROM e2e.words WHERE id = 1"); got != "word\nstill here" {
			p.t.Errorf("%s answers %q", pod, got)
		}
	}
}

func rowSurvivesItsPod(p place) {
	p.writeRow()
	old := p.pods()[0]
	p.kubectl("delete", "pod", "cockroachdb-0", "--grace-period=1")
	p.await(2*time.Minute, func() string {
		pods := p.pods()
		if len(pods) < 3 || pods[0].UID == old.UID || !ready(pods[0]) {
			return "cockroachdb-0 is not back"
		}
		return ""
	})
	rowIsThere(p)
}

func rowIsThere(p place) {
	p.t.Helper()
	p.rowIn("cockroachdb-0", "cockroachdb-2")
}

func ready(pod corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

func downKeepsTheClaims(p place) {
	claims := p.claims()
	got := p.crdb("down").ok("stopped in", "3 claims of 10Gi, certificates, credentials, settings", "crdb-kube up", "--delete-data")
	ended := time.Now()
	p.addsLittle(ended.Add(-got.took), ended)
	want := []string{"configmap/cockroachdb-cluster"}
	for i := range 3 {
		want = append(want, fmt.Sprintf("persistentvolumeclaim/datadir-cockroachdb-%d", i))
	}
	want = append(want, "secret/cockroachdb-app", "secret/cockroachdb-ca", "secret/cockroachdb-certs")
	left := slices.DeleteFunc(p.labelled(), func(name string) bool { return strings.HasPrefix(name, "persistentvolume/") })
	if diff := cmp.Diff(want, left); diff != "" {
		p.t.Errorf("what is left (-want +got):\n%s", diff)
	}
	if pods := p.pods(); len(pods) > 0 {
		p.t.Errorf("%d pods still run", len(pods))
	}
	for i, claim := range p.claims() {
		if claim.UID != claims[i].UID || claim.Status.Phase != corev1.ClaimBound || claim.DeletionTimestamp != nil {
			p.t.Errorf("%s is not what it was: %+v", claim.Name, claim.Status)
		}
	}
}

// addsLittle wants that a `down` told the pods to stop right after it began,
// and was back right after the last of them was gone. The time between is the
// database's and the machines'.
func (p place) addsLittle(began, ended time.Time) {
	p.t.Helper()
	const little = 2 * time.Second
	var told, gone time.Time
	for _, entry := range p.audit("/pods/") {
		switch {
		case entry.Verb != "delete" || entry.StageTimestamp.Before(began):
		case strings.HasPrefix(entry.User.Username, "system:node:"):
			gone = entry.StageTimestamp
		default:
			told = entry.StageTimestamp
		}
	}
	if p.cluster.dir == "" {
		return
	}
	if told.IsZero() || gone.IsZero() {
		p.t.Fatalf("the pods were told to stop at %s and gone at %s", told, gone)
	}
	if before, after := told.Sub(began), ended.Sub(gone); before > little || after > little {
		p.t.Errorf("%s before the pods were told to stop, %s after the last was gone, want %s at most", before, after, little)
	}
}

func deleteDataLeavesNothing(p place) {
	look := p.cluster.dir != ""
	if look {
		for machine, files := range p.directories() {
			if len(files) < 3 {
				p.t.Fatalf("%s has no data: looked in the wrong place: %v", machine, files)
			}
		}
	}
	p.crdb("down", "--delete-data", "--yes").ok("gone in")
	// Everything with our label, of every kind that can be listed.
	kinds := strings.Fields(p.kubectl("api-resources", "--verbs=list", "--namespaced", "-o", "name"))
	kinds = slices.DeleteFunc(kinds, func(kind string) bool { return strings.HasPrefix(kind, "events") })
	p.await(20*time.Second, func() string { // endpoint slices go a moment after their Service
		return strings.TrimSpace(p.kubectl("get", strings.Join(kinds, ","), "-l", ours, "-o", "name", "--ignore-not-found"))
	})
	p.noVolumes()
	if look {
		p.await(20*time.Second, func() string { return remains(p.directories()) })
	}
}

// noVolumes wants that all volumes go; those of a class are deleted by its
// provisioner, a moment after their claims.
func (p place) noVolumes() {
	p.t.Helper()
	p.await(30*time.Second, func() string {
		var names []string
		for _, volume := range p.volumes() {
			names = append(names, volume.Name)
		}
		return strings.Join(names, " ")
	})
}

// remains are the files that are left; the folder of an incarnation may stay,
// if it is empty.
func remains(directories map[string][]string) string {
	var left []string
	for machine, files := range directories {
		for _, file := range files {
			if strings.Contains(file, "/") {
				left = append(left, machine+": "+file)
			}
		}
	}
	return strings.Join(left, " ")
}
