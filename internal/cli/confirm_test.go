package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// questionOf is one about a cluster on minikube, answered by in.
func questionOf(t *testing.T, in io.Reader) (q question, errOut interface{ String() string }) {
	t.Helper()
	a, _, said := testApp(in, nil)
	a.name = "db"
	clock, cancel := limited(t.Context(), time.Minute)
	t.Cleanup(cancel)
	printer := progress.New(io.Discard, progress.Options{Mode: progress.None})
	t.Cleanup(printer.Close)
	return question{
		app: a, printer: printer, clock: clock, command: "crdb-kube down --delete-data",
		at: connection{context: "minikube", namespace: "shop"},
	}, said
}

func TestConfirm_refusesWithoutATerminal(t *testing.T) {
	q, said := questionOf(t, strings.NewReader("yes\n"))
	losing := []string{"persistentvolumeclaim/a, 10Gi"}
	err := q.confirm(losing)
	var refused *deploy.Error
	if !errors.As(err, &refused) || refused.Kind != deploy.Refused {
		t.Fatalf("got %v, want a refusal", err)
	}
	if diff := cmp.Diff(losing, refused.Seen); diff != "" {
		t.Errorf("seen (-want +got):\n%s", diff)
	}
	if !strings.Contains(refused.Message, "cluster db in namespace shop on minikube") ||
		!strings.Contains(refused.Next, "crdb-kube down --delete-data --yes") || said.String() != "" {
		t.Errorf("%q, next %q, printed %q", refused.Message, refused.Next, said)
	}
	if err := q.confirm(nil); err != nil {
		t.Errorf("nothing to lose: %v", err)
	}
}

func TestConfirm_showsWhatDiesEvenWithYes(t *testing.T) {
	q, said := questionOf(t, noInput())
	q.yes = true
	if err := q.confirm([]string{"persistentvolumeclaim/a, 10Gi"}); err != nil {
		t.Fatal(err)
	}
	want := "This deletes the data of cluster db in namespace shop on minikube:\n  persistentvolumeclaim/a, 10Gi\n"
	if diff := cmp.Diff(want, said.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	q, said = questionOf(t, noInput())
	q.yes, q.app.progress = true, progress.JSON
	if err := q.confirm([]string{"x"}); err != nil || said.String() != "" {
		t.Errorf("among JSON lines: %v, %q", err, said)
	}
}

func TestAsk_takesOnlyYes(t *testing.T) {
	for answer, yes := range map[string]bool{
		"yes\n": true, " yes \n": true, "yes": true,
		"y\n": false, "YES\n": false, "no\n": false, "\n": false, "": false, "yes please\n": false,
	} {
		q, said := questionOf(t, strings.NewReader(answer))
		q.show([]string{"claim \x1b[31mone"})
		err := q.ask()
		if (err == nil) != yes {
			t.Errorf("%q: got %v", answer, err)
		}
		if exitCode(t.Context(), err) > 1 {
			t.Errorf("%q: declined with exit code %d", answer, exitCode(t.Context(), err))
		}
		if !strings.Contains(said.String(), "one") || strings.Contains(said.String(), "\x1b") {
			t.Errorf("%q: asked %q", answer, said)
		}
	}
}

func TestAsk_isOverWhenTheCommandIsInterrupted(t *testing.T) {
	silent, answer := io.Pipe()
	defer answer.Close()
	q, _ := questionOf(t, silent)
	ctx, interrupt := context.WithCancelCause(t.Context())
	var cancel context.CancelFunc
	q.clock, cancel = limited(ctx, time.Minute)
	defer cancel()
	interrupt(Interrupted{os.Interrupt})
	if err := q.ask(); !errors.Is(err, Interrupted{os.Interrupt}) {
		t.Errorf("got %v", err)
	}
}
