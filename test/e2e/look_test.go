package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ours selects what crdb-kube makes.
const ours = "app.kubernetes.io/managed-by=crdb-kube"

// state is everything in the scenario's namespace and the volumes of its
// claims: "kind/name" and which version of which object it is.
type state map[string]string

// look reads the state now. The lock is not part of it: it comes and goes
// with each command; see unlocked.
func (p place) look() state {
	p.t.Helper()
	seen := state{}
	add := func(list metav1.PartialObjectMetadataList) {
		for _, item := range list.Items {
			seen[strings.ToLower(item.Kind)+"/"+item.Name] = fmt.Sprintf("%s at %s", item.UID, item.ResourceVersion)
		}
	}
	add(get[metav1.PartialObjectMetadataList](p,
		"statefulsets,services,poddisruptionbudgets,persistentvolumeclaims,configmaps,pods,secrets,controllerrevisions"))
	for _, volume := range p.volumes() {
		seen["persistentvolume/"+volume.Name] = fmt.Sprintf("%s at %s", volume.UID, volume.ResourceVersion)
	}
	return seen
}

// volumes are those of the scenario's claims, and those labelled as its own.
func (p place) volumes() []corev1.PersistentVolume {
	p.t.Helper()
	return slices.DeleteFunc(get[corev1.PersistentVolumeList](p, "persistentvolumes").Items, func(v corev1.PersistentVolume) bool {
		return v.Labels["crdb-kube.github.io/namespace"] != p.namespace &&
			(v.Spec.ClaimRef == nil || v.Spec.ClaimRef.Namespace != p.namespace)
	})
}

// same wants that nothing has been made, changed or removed.
func (p place) same(before state) {
	p.t.Helper()
	if diff := cmp.Diff(before, p.look()); diff != "" {
		p.t.Errorf("objects were touched (-before +after):\n%s", diff)
	}
}

// unlocked wants that no command has left its lock behind.
func (p place) unlocked() {
	p.t.Helper()
	if left := p.kubectl("get", "leases", "-l", ours, "-o", "yaml", "--ignore-not-found"); strings.Contains(left, "holderIdentity") {
		p.t.Errorf("a lock was left behind:\n%s", left)
		for _, entry := range p.audit("/leases/") {
			p.t.Logf("%s %s: %d", entry.Verb, entry.RequestURI, entry.ResponseStatus.Code)
		}
	}
}

// settle waits until the controllers have written all they had to say about
// the cluster, so that later changes are not theirs.
func (p place) settle(nodes int) {
	p.t.Helper()
	p.await(20*time.Second, func() string {
		set := get[appsv1.StatefulSet](p, "statefulset", "cockroachdb").Status
		budget := get[policyv1.PodDisruptionBudget](p, "poddisruptionbudget", "cockroachdb-budget").Status
		if int(set.ReadyReplicas) < nodes || int(set.AvailableReplicas) < nodes || int(budget.CurrentHealthy) < nodes {
			return fmt.Sprintf("of %d pods the set counts %d and the budget %d", nodes, set.AvailableReplicas, budget.CurrentHealthy)
		}
		return ""
	})
}

// labelled is what `kubectl get -l` lists of ours, without volumes of other
// scenarios, which are not in any namespace.
func (p place) labelled() []string {
	p.t.Helper()
	list := get[metav1.PartialObjectMetadataList](p,
		"statefulsets,services,poddisruptionbudgets,persistentvolumeclaims,persistentvolumes,configmaps,secrets", "-l", ours)
	names := []string{}
	for _, item := range list.Items {
		if item.Namespace == p.namespace || item.Labels["crdb-kube.github.io/namespace"] == p.namespace {
			names = append(names, strings.ToLower(item.Kind)+"/"+item.Name)
		}
	}
	slices.Sort(names)
	return names
}

// objectsIn are the objects that the events of one `up` say it made, changed
// or found as they should be.
func objectsIn(events []event) []string {
	names := []string{}
	for _, e := range events {
		switch e.State {
		case "created", "configured", "unchanged":
			names = append(names, e.Subject)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// pods are the database's pods, in order.
func (p place) pods() []corev1.Pod {
	p.t.Helper()
	return get[corev1.PodList](p, "pods", "-l", ours+",app.kubernetes.io/name=cockroachdb").Items
}

// certsDir is how a command inside a pod speaks to the database there, as root.
const certsDir = "--certs-dir=/cockroach/cockroach-certs"

// sql runs statements inside a pod and returns the rows as CSV, with a header.
func (p place) sql(pod string, statements ...string) string {
	p.t.Helper()
	args := []string{"exec", pod, "-c", "cockroachdb", "--", "/cockroach/cockroach", "sql", certsDir, "--format=csv"}
	for _, statement := range statements {
		args = append(args, "-e", statement)
	}
	return strings.TrimSpace(p.kubectl(args...))
}

// clusterID is what this pod's database says.
func (p place) clusterID(pod string) string {
	p.t.Helper()
	lines := strings.Split(p.sql(pod, "SELECT crdb_internal.cluster_id()"), "\n")
	return lines[len(lines)-1]
}

// oneCluster wants that all pods belong to one and the same database, the one
// that the settings and all claims name, and returns its ID.
func (p place) oneCluster(nodes int) string {
	p.t.Helper()
	id := p.clusterID("cockroachdb-0")
	pods := p.pods()
	if len(pods) != nodes {
		p.t.Fatalf("%d pods, want %d", len(pods), nodes)
	}
	for _, pod := range pods[1:] {
		if other := p.clusterID(pod.Name); other != id {
			p.t.Errorf("%s belongs to cluster %s, cockroachdb-0 to %s", pod.Name, other, id)
		}
	}
	for _, claim := range p.claims() {
		if named := claim.Annotations["crdb-kube.github.io/cluster-id"]; named != id {
			p.t.Errorf("%s names cluster %q, want %s", claim.Name, named, id)
		}
	}
	if settings := p.kubectl("get", "configmap", "cockroachdb-cluster", "-o", "jsonpath={.data}"); !strings.Contains(settings, id) {
		p.t.Errorf("the settings do not name cluster %s: %s", id, settings)
	}
	return id
}

func (p place) claims() []corev1.PersistentVolumeClaim {
	p.t.Helper()
	return get[corev1.PersistentVolumeClaimList](p, "persistentvolumeclaims").Items
}

// request is one line of the API server's audit log.
type request struct {
	AuditID, Verb, RequestURI string
	User                      struct{ Username string }
	ResponseStatus            struct{ Code int }
	StageTimestamp            time.Time
}

// audit finds requests about objects of the scenario's namespace.
func (p place) audit(about string) []request {
	p.t.Helper()
	if p.cluster.dir == "" {
		return nil
	}
	file, err := os.Open(filepath.Join(p.cluster.dir, "logs", "audit.json"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer file.Close()
	var found []request
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var entry request
		if !strings.Contains(lines.Text(), "/namespaces/"+p.namespace+"/") || json.Unmarshal(lines.Bytes(), &entry) != nil {
			continue // not of ours, or a line that is being written just now
		}
		if strings.Contains(entry.RequestURI, about) {
			found = append(found, entry)
		}
	}
	if err := lines.Err(); err != nil {
		p.t.Fatal(err)
	}
	return found
}

// inits counts the `cockroach init` that were sent into pods of the scenario's
// namespace.
func (p place) inits() int {
	p.t.Helper()
	ids := map[string]bool{}
	for _, entry := range p.audit("/exec?") {
		asked, err := url.Parse(entry.RequestURI)
		if err != nil {
			p.t.Fatal(err)
		}
		if slices.Contains(asked.Query()["command"], "init") {
			ids[entry.AuditID] = true // each has several lines
		}
	}
	return len(ids)
}

// directories are all files and folders that the scenario's volumes have on
// each machine, by machine.
func (p place) directories() map[string][]string {
	p.t.Helper()
	roots := map[string]string{}
	if p.onMachines() {
		machines, err := filepath.Glob(filepath.Join(p.cluster.dir, "machines", "*"))
		if err != nil || len(machines) != 3 {
			p.t.Fatalf("machines of localkube: %v, %v", machines, err)
		}
		for _, machine := range machines {
			roots[filepath.Base(machine)] = filepath.Join(machine, "root", p.hostPath)
		}
	} else {
		roots["all machines"] = filepath.Join(p.cluster.dir, "shared", "hostpath-provisioner", p.namespace)
	}
	found := map[string][]string{}
	for machine, root := range roots {
		found[machine] = under(p.t, root)
	}
	return found
}

// onMachines says whether the data lies in directories of the machines.
func (p place) onMachines() bool { return p.hostPath != "" }

// under lists what is below a folder; a file may vanish meanwhile.
func under(t *testing.T, root string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if path != root {
			found = append(found, strings.TrimPrefix(path, root+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
