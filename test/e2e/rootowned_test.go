package e2e

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// A class whose directories belong to root and ignore fsGroup, as minikube
// with several nodes has it: a database that is not root cannot write there.
// What is on offer instead are volumes of our own. The machines of this
// cluster hold one pod each, so that the sizes that were fitted to them would
// not be found a second time.

func TestUp_namesAStoreThatItMayNotWriteAndTheWayOut(t *testing.T) {
	p := arrive(t, rootOwned)
	var next []string
	p.step("up ends early with the cause", func(p place) {
		got := p.crdb(p.up()...).fails(1, "STORE_NOT_WRITABLE")
		if got.took > 30*time.Second {
			p.t.Errorf("took %s", got.took)
		}
		next = got.next()
	})
	p.step("status says the same", func(p place) {
		got := p.crdb("status")
		if got.code != 4 {
			p.t.Errorf("exit code %d, want 4\n%s", got.code, got.all())
		}
		got.says(got.stdout, "STORE_NOT_WRITABLE")
	})
	p.step("its next step, typed as it stands, works after a yes", func(p place) {
		if !slices.Contains(next, p.namespace) {
			p.t.Errorf("does not say the namespace: %s", next)
		}
		p.startWith(p.cluster.kubeconfig, append(next, "--yes")...).wait().ok("ready in", "3 pods")
		p.oneCluster(3)
	})
	made := p
	made.hostPath = hostPathIn(next)
	if made.hostPath == "" {
		t.Fatalf("no --host-path in the next step: %s", next)
	}
	made.step("each pod has a machine of its own, with one directory there", eachPodHasItsDirectory)
	made.step("the class's claims and volumes are gone", func(p place) {
		for _, volume := range p.volumes() {
			if volume.Spec.StorageClassName != "" {
				p.t.Errorf("%s of class %s is left", volume.Name, volume.Spec.StorageClassName)
			}
		}
	})
	made.step("up again on machines that its own pods fill changes nothing", upOnFullMachinesChangesNothing)
	made.step("down --delete-data --yes empties the machines", func(p place) {
		p.crdb("down", "--delete-data", "--yes").ok("gone in")
		p.noVolumes()
		if left := remains(p.directories()); left != "" {
			p.t.Errorf("left: %s", left)
		}
	})
}

// next is the first command in the line of hint, without the words that say
// what it does.
func (r result) next() []string {
	r.t.Helper()
	_, hint, _ := strings.Cut(r.failure(), "\n  next  ")
	_, command, found := strings.Cut(hint, "crdb-kube ")
	words := strings.Fields(command)
	if !found || len(words) == 0 {
		r.t.Fatalf("%s: no command in the line of hint\n%s", r.command, r.all())
	}
	end := 1
	for end < len(words) && (strings.HasPrefix(words[end], "-") || strings.HasPrefix(words[end-1], "-")) {
		end++
	}
	return words[:end]
}

func hostPathIn(words []string) string {
	if i := slices.Index(words, "--host-path"); i >= 0 && i+1 < len(words) {
		return words[i+1]
	}
	return ""
}

// upOnFullMachinesChangesNothing is about promise 6: sizes are fitted once.
func upOnFullMachinesChangesNothing(p place) {
	p.settle(3)
	asked := p.pods()[0].Spec.Containers[0].Resources.Requests
	for name, free := range p.freeCPU() {
		if free >= asked.Cpu().MilliValue() {
			p.t.Fatalf("machine %s has %dm CPU left, room for another pod of %s: this shows nothing", name, free, asked.Cpu())
		}
	}
	before := p.look()
	p.crdb("up").ok("nothing to change")
	p.same(before)
}

// freeCPU is what the pods of all namespaces leave of each machine, in
// thousandths.
func (p place) freeCPU() map[string]int64 {
	p.t.Helper()
	free := map[string]int64{}
	for _, node := range get[corev1.NodeList](p, "nodes").Items {
		free[node.Name] = node.Status.Allocatable.Cpu().MilliValue()
	}
	for _, pod := range get[corev1.PodList](p, "pods", "--all-namespaces").Items {
		for _, container := range pod.Spec.Containers {
			free[pod.Spec.NodeName] -= container.Resources.Requests.Cpu().MilliValue()
		}
	}
	delete(free, "") // those that are not scheduled take nothing
	return free
}

// eachPodHasItsDirectory wants, on volumes of our own, one pod on each machine
// and there one directory, of the cluster's one incarnation.
func eachPodHasItsDirectory(p place) {
	want := map[string][]string{}
	incarnation := p.settings()["incarnation"]
	for i, pod := range p.pods() {
		want[pod.Spec.NodeName] = append(want[pod.Spec.NodeName], path.Join(incarnation, strconv.Itoa(i)))
	}
	if len(want) != 3 {
		p.t.Errorf("the pods are on %d machines, want 3", len(want))
	}
	if diff := cmp.Diff(want, p.stores()); diff != "" {
		p.t.Errorf("directories (-want +got):\n%s", diff)
	}
}

// stores are the directories INCARNATION/ORDINAL on each machine.
func (p place) stores() map[string][]string {
	p.t.Helper()
	found := map[string][]string{}
	for machine, files := range p.directories() {
		for _, file := range files {
			if strings.Count(file, "/") == 1 {
				found[machine] = append(found[machine], file)
			}
		}
	}
	return found
}
