package deploy

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

func stuck(name string, class progress.Class) Pod {
	return Pod{Name: name, Phase: Crashing, Cause: &progress.Cause{
		ID: "C_" + strings.ToUpper(string(class)), Class: class, Sentence: "it is stuck", Next: "do this",
		Evidence: []progress.Evidence{{Text: "seen", Where: "there"}},
	}}
}

func well(name string) Pod { return Pod{Name: name, Phase: Ready} }

func TestVerdict_failsAtOnceForWhatOnlyTheUserCanChange(t *testing.T) {
	err := newVerdict().failure(Rollout{[]Pod{well("a-0"), stuck("a-1", progress.User)}}, time.Now())
	own := theError(t, err, Failed, "pod a-1: it is stuck (C_USER)")
	if own.Next != "do this" || own.Cause == nil {
		t.Errorf("got %+v", own)
	}
	if diff := cmp.Diff([]string{"seen   (there)"}, own.Seen); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
}

func TestVerdict_saysOnceWhatSeveralPodsHave(t *testing.T) {
	err := newVerdict().failure(Rollout{[]Pod{stuck("a-0", progress.User), stuck("a-1", progress.User), stuck("a-2", progress.Passing)}}, time.Now())
	wantError(t, err, Failed, "2 pods: it is stuck (C_USER)")
}

func TestVerdict_failsAfterTheGraceForWhatIsUnclear(t *testing.T) {
	began := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	v := newVerdict()
	rollout := Rollout{[]Pod{stuck("a-0", progress.Unclear)}}
	for _, after := range []time.Duration{0, 30 * time.Second, time.Minute - time.Nanosecond} {
		wantNoError(t, v.failure(rollout, began.Add(after)))
	}
	wantError(t, v.failure(rollout, began.Add(time.Minute)), Failed, "C_UNCLEAR")
}

func TestVerdict_forgetsACauseThatWentAway(t *testing.T) {
	began := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	v := newVerdict()
	rollout := Rollout{[]Pod{stuck("a-0", progress.Unclear)}}
	wantNoError(t, v.failure(rollout, began))
	wantNoError(t, v.failure(Rollout{[]Pod{well("a-0")}}, began.Add(50*time.Second)))
	wantNoError(t, v.failure(rollout, began.Add(70*time.Second)))
	wantError(t, v.failure(rollout, began.Add(130*time.Second)), Failed)
}

// With each restart a crashing pod runs for a second before it ends again.
func TestVerdict_countsTheGraceThroughRestarts(t *testing.T) {
	began := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	v := newVerdict()
	crashing, again := Rollout{[]Pod{stuck("a-0", progress.Unclear)}}, Rollout{[]Pod{{Name: "a-0", Phase: Starting}}}
	for after := time.Duration(0); after < time.Minute; after += 20 * time.Second {
		wantNoError(t, v.failure(crashing, began.Add(after)))
		wantNoError(t, v.failure(again, began.Add(after+time.Second)))
	}
	wantError(t, v.failure(crashing, began.Add(time.Minute)), Failed, "C_UNCLEAR")
}

func TestVerdict_neverFailsForWhatPasses(t *testing.T) {
	began := time.Now()
	v := newVerdict()
	rollout := Rollout{[]Pod{stuck("a-0", progress.Passing)}}
	wantNoError(t, v.failure(rollout, began))
	wantNoError(t, v.failure(rollout, began.Add(24*time.Hour)))
}

func TestExpired_saysWhatWasMissingAndTheNextStepOfItsCause(t *testing.T) {
	err := expired(context.DeadlineExceeded, Rollout{[]Pod{well("a-0"), {Name: "a-1", Phase: Joining, Detail: "slow"}, stuck("a-2", progress.Passing)}}, Pod.isReady)
	own := theError(t, err, TimedOut)
	if diff := cmp.Diff([]string{"a-1 joining: slow", "a-2 crashing"}, own.Seen); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
	if own.Next != "do this" || own.Cause == nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %+v", own)
	}
	err = expired(context.DeadlineExceeded, Rollout{[]Pod{{Name: "a-0", Phase: Joining}}}, Pod.isReady)
	if own := theError(t, err, TimedOut); !strings.Contains(own.Next, "--timeout") {
		t.Errorf("next %q", own.Next)
	}
}

// Where there is data, starting empty is no way out.
func TestNotWritable_neverOffersToStartEmptyOverData(t *testing.T) {
	state := readPod(t, "testdata/pods/crash-loop-store-not-writable.yaml")
	living := describe(state.Pod, nil, word{}, sample())
	if living.Cause == nil || living.Cause.ID != StoreNotWritable || strings.Contains(living.Cause.Next, "--fresh") {
		t.Errorf("got %+v", living.Cause)
	}
}

// With each restart it runs for a second before it ends again: what keeps it
// from starting is known all the same.
func TestDescribe_knowsWhyAPodThatJustRestartedWillEndAgain(t *testing.T) {
	pod := readPod(t, "testdata/pods/crash-loop-store-not-writable.yaml").Pod
	status := &pod.Status.ContainerStatuses[0]
	status.LastTerminationState = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		ExitCode: 1, Message: "ERROR: unable to create log directory: mkdir /cockroach/cockroach-data/logs: permission denied\n",
	}}
	status.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	if again := describe(pod, nil, word{}, sample()); again.Cause == nil || again.Cause.ID != StoreNotWritable || again.Phase != Starting {
		t.Errorf("got %+v, cause %+v", again, again.Cause)
	}
	if answers := describe(pod, nil, word{health: cockroach.WaitingForInit}, sample()); answers.Cause != nil {
		t.Errorf("it answers, and has cause %+v", answers.Cause)
	}
	status.LastTerminationState.Terminated.Message = "ERROR: killed\n"
	if other := describe(pod, nil, word{}, sample()); other.Cause != nil {
		t.Errorf("a single crash was taken for the next: %+v", other.Cause)
	}
}
