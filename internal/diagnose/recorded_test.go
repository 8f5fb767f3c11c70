package diagnose

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

var update = flag.Bool("update", false, "write what is said now into the golden files")

// recorded is one file under testdata/causes: a moment of a cluster, as its API
// server and its pods showed it.
type recorded struct {
	Now     metav1.Time             `json:"now"`
	Nodes   int                     `json:"nodes"`
	Said    map[string]recordedSaid `json:"said"`
	Logs    map[string]string       `json:"logs"`
	Objects []runtime.RawExtension  `json:"objects"`
	// Fresh: the cluster has not been initialised yet.
	Fresh bool `json:"fresh"`
}

// recordedSaid is an answer at the health endpoint.
type recordedSaid struct {
	Status int    `json:"status"`
	Body   string `json:"body"`
	Error  string `json:"error"`
}

func (r recordedSaid) word() Word {
	if r.Status == 0 {
		return Word{Text: r.Error}
	}
	health, text := cockroach.ParseReady(r.Status, []byte(r.Body))
	return Word{health, text}
}

// readScene makes a scene of a recording. All clues are given that it has.
func readScene(t *testing.T, file string) Scene {
	t.Helper()
	text, err := os.ReadFile(file)
	wantNoError(t, err)
	var r recorded
	wantNoError(t, yaml.UnmarshalStrict(text, &r))
	s := Scene{
		Cluster: sample(func(c *cockroach.Cluster) { c.Nodes = r.Nodes }),
		Said:    map[string]Word{},
		Clues:   Clues{Logs: r.Logs, Volumes: map[string]*corev1.PersistentVolume{}},
		Now:     r.Now.Time,
	}
	if r.Fresh {
		s.Cluster.ClusterID = ""
	}
	for pod, said := range r.Said {
		s.Said[pod] = said.word()
	}
	for _, raw := range r.Objects {
		s.add(t, raw.Raw)
	}
	slices.SortStableFunc(s.Workload.Events, func(a, b *corev1.Event) int { return kube.EventTime(a).Compare(kube.EventTime(b)) })
	return s
}

// add sorts an object into its place.
func (s *Scene) add(t *testing.T, raw []byte) {
	t.Helper()
	read := func(into any) { wantNoError(t, yaml.Unmarshal(raw, into)) }
	var kind metav1.PartialObjectMetadata
	read(&kind)
	switch kind.Kind {
	case "StatefulSet":
		s.Workload.StatefulSet = &appsv1.StatefulSet{}
		read(s.Workload.StatefulSet)
		s.Cluster.Name, s.Cluster.Namespace = kind.Name, kind.Namespace
	case "Pod":
		pod := &corev1.Pod{}
		read(pod)
		if pod.Labels["controller-revision-hash"] == "" { // not of the StatefulSet: it was looked up by its name
			s.Pods = map[string]*corev1.Pod{pod.Name: pod}
			break
		}
		s.Workload.Pods = append(s.Workload.Pods, pod)
	case "PersistentVolumeClaim":
		claim := &corev1.PersistentVolumeClaim{}
		read(claim)
		s.Workload.Claims = append(s.Workload.Claims, claim)
		if id := claim.Annotations[cockroach.AnnotationClusterID]; id != "" {
			s.Cluster.ClusterID = id
		}
	case "Event":
		event := &corev1.Event{}
		read(event)
		s.Workload.Events = append(s.Workload.Events, event)
	case "Node":
		node := &corev1.Node{}
		read(node)
		if s.Nodes == nil {
			s.Nodes = map[string]*corev1.Node{}
		}
		s.Nodes[node.Name] = node
	case "PersistentVolume":
		volume := &corev1.PersistentVolume{}
		read(volume)
		s.Volumes[volume.Name] = volume
	}
}

// sayingOf is what a rollout says, for people and for programs.
func sayingOf(s Scene) []byte {
	rollout := s.Assess()
	var text bytes.Buffer
	for _, pod := range rollout.Pods {
		fmt.Fprintf(&text, "%s %s\n", pod.Name, pod.Words())
		if pod.Cause == nil {
			continue
		}
		fmt.Fprintf(&text, "  %s (%s): %s\n", pod.Cause.ID, pod.Cause.Class, pod.Cause.Sentence)
		for _, one := range pod.Cause.Evidence {
			fmt.Fprintf(&text, "    seen %s\n", one)
		}
		fmt.Fprintf(&text, "    next %s\n", pod.Cause.Next)
	}
	text.WriteString("\n")
	printer := progress.New(&text, progress.Options{Mode: progress.JSON})
	for _, pod := range rollout.Pods {
		if pod.Cause != nil {
			printer.Report(progress.Event{Time: s.Now, Subject: "pod/" + pod.Name, State: progress.Running, Message: pod.Words(), Cause: pod.Cause})
			break
		}
	}
	printer.Close()
	return text.Bytes()
}

func TestAssess_saysWhatIsWrongInRecordedStates(t *testing.T) {
	files, err := filepath.Glob("testdata/causes/*.yaml")
	wantNoError(t, err)
	if len(files) == 0 {
		t.Fatal("no recordings")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			got := sayingOf(readScene(t, file))
			golden := strings.TrimSuffix(file, ".yaml") + ".golden"
			if *update {
				wantNoError(t, os.WriteFile(golden, got, 0o600))
			}
			want, err := os.ReadFile(golden)
			wantNoError(t, err)
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Every cause of the catalogue that a pod can have is found in a recording, and
// none is found that the catalogue does not have.
func TestCatalogue_isWhatRecordingsShow(t *testing.T) {
	files, err := filepath.Glob("testdata/causes/*.yaml")
	wantNoError(t, err)
	found := map[string]string{
		// These are of the whole cluster, and are tested where it is judged.
		ClaimTerminating: "", DataReplaced: "", LicenceThrottled: "",
	}
	for _, file := range files {
		for _, pod := range readScene(t, file).Assess().Pods {
			if pod.Cause != nil {
				found[pod.Cause.ID] = file
			}
		}
	}
	states, err := filepath.Glob("testdata/pods/*.yaml")
	wantNoError(t, err)
	for _, file := range states {
		if cause := readPod(t, file).describe().Cause; cause != nil {
			found[cause.ID] = file
		}
	}
	seen := map[string]bool{}
	for _, entry := range Catalogue() {
		if _, ok := found[entry.ID]; !ok {
			t.Errorf("%s: no recording shows it", entry.ID)
		}
		if seen[entry.ID] || entry.Class == "" || entry.Means == "" || entry.Seen == "" || entry.Do == "" {
			t.Errorf("%s: twice in the catalogue, or incomplete", entry.ID)
		}
		seen[entry.ID] = true
	}
	for id, file := range found {
		if !seen[id] {
			t.Errorf("%s, in %s: not in the catalogue", id, file)
		}
	}
}

// A cause that nobody has asked for yet must not be looked for at the API
// server: a healthy start costs no request for clues.
func TestWants_isNothingWhereAllGoesWell(t *testing.T) {
	for name, pod := range map[string]*corev1.Pod{
		"just made":    {},
		"just started": {Spec: corev1.PodSpec{NodeName: "m"}, Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(time.Unix(999, 0))}}}}}},
	} {
		pod.Name = "cockroachdb-0"
		s := Scene{Cluster: sample(), Workload: kube.Workload{Pods: []*corev1.Pod{pod}}, Now: time.Unix(1000, 0)}
		if wants := s.Wants(s.Assess()); !wants.None() {
			t.Errorf("%s: wants %+v", name, wants)
		}
	}
}
