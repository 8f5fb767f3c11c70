package deploy

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

func stuck(name string, class progress.Class) diagnose.Pod {
	return diagnose.Pod{Name: name, Phase: diagnose.Crashing, Cause: &progress.Cause{
		ID: "C_" + strings.ToUpper(string(class)), Class: class, Sentence: "it is stuck", Next: "do this",
		Evidence: []progress.Evidence{{Text: "seen", Where: "there"}},
	}}
}

func well(name string) diagnose.Pod { return diagnose.Pod{Name: name, Phase: diagnose.Ready} }

func TestVerdict_failsAtOnceForWhatOnlyTheUserCanChange(t *testing.T) {
	err := newVerdict(DefaultGrace, time.Now()).failure(diagnose.Rollout{Pods: []diagnose.Pod{well("a-0"), stuck("a-1", progress.User)}}, time.Now())
	own := theError(t, err, Failed, "pod a-1: it is stuck (C_USER)")
	if own.Next != "do this" || own.Cause == nil {
		t.Errorf("got %+v", own)
	}
	if diff := cmp.Diff([]string{"seen   (there)"}, own.Seen); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
}

func TestVerdict_saysOnceWhatSeveralPodsHave(t *testing.T) {
	err := newVerdict(DefaultGrace, time.Now()).failure(diagnose.Rollout{Pods: []diagnose.Pod{stuck("a-0", progress.User), stuck("a-1", progress.User), stuck("a-2", progress.Passing)}}, time.Now())
	wantError(t, err, Failed, "2 pods: it is stuck (C_USER)")
}

func TestVerdict_failsAfterTheGraceForWhatIsUnclear(t *testing.T) {
	began := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	v := newVerdict(DefaultGrace, time.Now())
	rollout := diagnose.Rollout{Pods: []diagnose.Pod{stuck("a-0", progress.Unclear)}}
	for _, after := range []time.Duration{0, 30 * time.Second, time.Minute - time.Nanosecond} {
		wantNoError(t, v.failure(rollout, began.Add(after)))
	}
	wantError(t, v.failure(rollout, began.Add(time.Minute)), Failed, "C_UNCLEAR")
}

func TestVerdict_forgetsACauseThatWentAway(t *testing.T) {
	began := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	v := newVerdict(DefaultGrace, time.Now())
	rollout := diagnose.Rollout{Pods: []diagnose.Pod{stuck("a-0", progress.Unclear)}}
	wantNoError(t, v.failure(rollout, began))
	wantNoError(t, v.failure(diagnose.Rollout{Pods: []diagnose.Pod{well("a-0")}}, began.Add(50*time.Second)))
	wantNoError(t, v.failure(rollout, began.Add(70*time.Second)))
	wantError(t, v.failure(rollout, began.Add(130*time.Second)), Failed)
}

// With each restart a crashing pod runs for a second before it ends again.
func TestVerdict_countsTheGraceThroughRestarts(t *testing.T) {
	began := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	v := newVerdict(DefaultGrace, time.Now())
	crashing, again := diagnose.Rollout{Pods: []diagnose.Pod{stuck("a-0", progress.Unclear)}}, diagnose.Rollout{Pods: []diagnose.Pod{{Name: "a-0", Phase: diagnose.Starting}}}
	for after := time.Duration(0); after < time.Minute; after += 20 * time.Second {
		wantNoError(t, v.failure(crashing, began.Add(after)))
		wantNoError(t, v.failure(again, began.Add(after+time.Second)))
	}
	wantError(t, v.failure(crashing, began.Add(time.Minute)), Failed, "C_UNCLEAR")
}

func TestVerdict_neverFailsForWhatPasses(t *testing.T) {
	began := time.Now()
	v := newVerdict(DefaultGrace, time.Now())
	rollout := diagnose.Rollout{Pods: []diagnose.Pod{stuck("a-0", progress.Passing)}}
	wantNoError(t, v.failure(rollout, began))
	wantNoError(t, v.failure(rollout, began.Add(24*time.Hour)))
}

func TestExpired_saysWhatWasMissingAndTheNextStepOfItsCause(t *testing.T) {
	err := expired(context.DeadlineExceeded, diagnose.Rollout{Pods: []diagnose.Pod{well("a-0"), {Name: "a-1", Phase: diagnose.Joining, Detail: "slow"}, stuck("a-2", progress.Passing)}}, diagnose.Pod.IsReady)
	own := theError(t, err, TimedOut)
	if diff := cmp.Diff([]string{"a-1 joining: slow", "a-2 crashing: it is stuck (C_PASSING)"}, own.Seen); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
	if own.Next != "do this" || own.Cause == nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %+v", own)
	}
	err = expired(context.DeadlineExceeded, diagnose.Rollout{Pods: []diagnose.Pod{{Name: "a-0", Phase: diagnose.Joining}}}, diagnose.Pod.IsReady)
	if own := theError(t, err, TimedOut); !strings.Contains(own.Next, "--timeout") {
		t.Errorf("next %q", own.Next)
	}
}
