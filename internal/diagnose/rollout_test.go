package diagnose

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// podState is one file under testdata/pods: a pod with its events, as an API
// server shows them, what it said of itself, and what that is in our words.
type podState struct {
	Pod    *corev1.Pod     `json:"pod"`
	Events []*corev1.Event `json:"events"`
	Said   struct {
		Health cockroach.Health `json:"health"`
		Text   string           `json:"text"`
	} `json:"said"`
	Want podWords `json:"want"`
}

type podWords struct {
	Phase     Phase          `json:"phase"`
	Words     string         `json:"words"`
	Answering bool           `json:"answering"`
	Restarts  int32          `json:"restarts"`
	Cause     string         `json:"cause"`
	Class     progress.Class `json:"class"`
	Sentence  string         `json:"sentence"`
	Evidence  string         `json:"evidence"`
	Next      string         `json:"next"`
}

func readPod(t *testing.T, file string) podState {
	t.Helper()
	text, err := os.ReadFile(file)
	wantNoError(t, err)
	var state podState
	wantNoError(t, yaml.UnmarshalStrict(text, &state))
	return state
}

func (s podState) describe() Pod {
	return Scene{
		Cluster:  sample(func(c *cockroach.Cluster) { c.ClusterID = "" }),
		Workload: kube.Workload{Events: s.Events},
		Said:     map[string]Word{s.Pod.Name: {s.Said.Health, s.Said.Text}},
	}.Describe(s.Pod)
}

func TestDescribe_findsPhaseAndCauseInRecordedStates(t *testing.T) {
	files, err := filepath.Glob("testdata/pods/*.yaml")
	wantNoError(t, err)
	if len(files) < 20 {
		t.Fatalf("only %d states", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			state := readPod(t, file)
			pod := state.describe()
			got := podWords{Phase: pod.Phase, Words: pod.Words(), Answering: pod.Answering(), Restarts: pod.Restarts}
			if pod.Cause != nil {
				got.Cause, got.Class, got.Sentence = pod.Cause.ID, pod.Cause.Class, pod.Cause.Sentence
				if state.Want.Evidence != "" {
					got.Evidence = pod.Cause.Evidence[0].Text
				}
				if state.Want.Next != "" {
					got.Next = pod.Cause.Next
				}
				if pod.Cause.Next == "" || len(pod.Cause.Evidence) == 0 {
					t.Errorf("a cause without evidence or next step: %+v", pod.Cause)
				}
			}
			if diff := cmp.Diff(state.Want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDescribe_doesNotTakeEventsOfAnEarlierPodOfTheSameName(t *testing.T) {
	state := readPod(t, "testdata/pods/pulling.yaml")
	state.Pod.UID = "another"
	if pod := state.describe(); pod.Phase != Scheduled {
		t.Errorf("got %q", pod.Phase)
	}
}

func TestAssess_namesEveryPodThatThereShouldBe(t *testing.T) {
	made := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "cockroachdb-1"}, Spec: corev1.PodSpec{NodeName: "m1"}}
	extra := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "cockroachdb-3"}}
	rollout := Scene{Cluster: sample(), Workload: kube.Workload{Pods: []*corev1.Pod{made, extra}}}.Assess()
	var got []string
	for _, pod := range rollout.Pods {
		got = append(got, pod.Name+" "+string(pod.Phase))
	}
	want := []string{"cockroachdb-0 waiting to be made", "cockroachdb-1 waiting for its container", "cockroachdb-2 waiting to be made"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if why := rollout.Why(Pod.Answering); why != "cockroachdb-0 and cockroachdb-2 waiting to be made; cockroachdb-1 waiting for its container" {
		t.Errorf("why: %q", why)
	}
}

func TestAssess_doesNotAccuseAPodThatIsBeingReplaced(t *testing.T) {
	state := readPod(t, "testdata/pods/image-pull-back-off-not-found.yaml")
	state.Pod.Name = "cockroachdb-0"
	state.Pod.Labels = map[string]string{appsv1.ControllerRevisionHashLabelKey: "old"}
	set := &appsv1.StatefulSet{Status: appsv1.StatefulSetStatus{UpdateRevision: "new"}}
	w := kube.Workload{StatefulSet: set, Pods: []*corev1.Pod{state.Pod}, Events: state.Events}
	if got := (Scene{Cluster: sample(), Workload: w}).Assess().Pods[0]; got.Phase != Outdated || got.Cause != nil {
		t.Errorf("got %s, cause %+v", got.Words(), got.Cause)
	}
	set.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateStatefulSetStrategy{Partition: new(int32(3))}
	if got := (Scene{Cluster: sample(), Workload: w}).Assess().Pods[0]; got.Phase != CannotPull || got.Cause == nil {
		t.Errorf("held back by the partition: got %s, cause %+v", got.Words(), got.Cause)
	}
}

// An init container that goes on beside the database holds nothing up.
func TestDescribe_doesNotWaitForASidecar(t *testing.T) {
	state := readPod(t, "testdata/pods/running-joining.yaml")
	state.Pod.Spec.InitContainers = []corev1.Container{{Name: "proxy", RestartPolicy: new(corev1.ContainerRestartPolicyAlways)}}
	state.Pod.Status.InitContainerStatuses = []corev1.ContainerStatus{{
		Name: "proxy", Started: new(true), State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}},
	}}
	if got := state.describe(); got.Phase != Joining {
		t.Errorf("got %+v", got)
	}
	state.Pod.Status.InitContainerStatuses[0].Started = new(false)
	if got := state.describe(); got.Phase != Starting {
		t.Errorf("before it has started: got %+v", got)
	}
}

func TestWho_namesTheFirstOfVeryMany(t *testing.T) {
	g := SameWords{Names: strings.Split("a b c d e f g h i j", " ")}
	if got := g.Who(); got != "a, b, c, d, e, f, g, h, i and j" {
		t.Errorf("ten: %s", got)
	}
	g.Names = append(g.Names, "k", "l")
	if got := g.Who(); got != "a, b, c, d, e, f, g, h, i, j and 2 more" {
		t.Errorf("twelve: %s", got)
	}
}

func TestReasonToWait_saysWhatNothingIsKnownOf(t *testing.T) {
	waits := func(reason, message string) corev1.ContainerStatus {
		return corev1.ContainerStatus{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}}
	}
	for want, status := range map[string]corev1.ContainerStatus{
		"":               waits("ContainerCreating", "x"),
		"Shoes":          waits("Shoes", ""),
		"Shoes: are wet": waits("Shoes", "are wet"),
		"Shoes: " + strings.Repeat("ä", 146) + "…": waits("Shoes", strings.Repeat("ä", 1000)),
	} {
		if got := reasonToWait(status); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
