package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// atWidths writes something for a pipe and for terminals of three widths.
func atWidths(t *testing.T, write func(width int) string) string {
	t.Helper()
	var b strings.Builder
	for _, width := range []int{0, 40, 80, 120} {
		fmt.Fprintf(&b, "--- width %d\n%s", width, write(width))
	}
	return b.String()
}

func results() map[string]progress.Result {
	c := cluster()
	single := cluster()
	single.Nodes, single.Namespace, single.Name = 1, "db", "small"
	throttled := time.Date(2026, 11, 29, 14, 2, 0, 0, time.UTC)
	target := deploy.Target{Namespace: "default", Name: "cockroachdb"}
	return map[string]progress.Result{
		"up-first":       upResult(deploy.UpResult{Cluster: c, Changed: 11, Elapsed: 4100 * time.Millisecond, ThrottledFrom: throttled}),
		"up-again":       upResult(deploy.UpResult{Cluster: c, Elapsed: 400 * time.Millisecond}),
		"up-single-away": upResult(deploy.UpResult{Cluster: single, Changed: 1, Elapsed: 72 * time.Second}),
		"down":           downResult(deploy.DownResult{Kept: []string{"3 claims of 10Gi", "settings"}, Elapsed: 6200 * time.Millisecond}, target),
		"down-other":     downResult(deploy.DownResult{Kept: []string{"1 claim of 10Gi", "settings"}, Elapsed: time.Second}, deploy.Target{Namespace: "db", Name: "small"}),
		"down-data":      downResult(deploy.DownResult{Elapsed: 9 * time.Second}, target),
		"down-retained":  downResult(deploy.DownResult{Retained: []string{"persistentvolume/pvc-1"}, Elapsed: 9 * time.Second}, target),
		"down-nothing":   downResult(deploy.DownResult{Nothing: true}, target),
	}
}

func TestResult_readsWellAtEveryWidth(t *testing.T) {
	for name, result := range results() {
		t.Run(name, func(t *testing.T) {
			golden(t, "result-"+name+".txt", atWidths(t, func(width int) string {
				var b strings.Builder
				if err := result.Write(&b, progress.NewPalette(progress.ColorNever), width); err != nil {
					t.Fatal(err)
				}
				return b.String()
			}))
		})
	}
}

func TestFailures_nameTheThingAndTheNextStep(t *testing.T) {
	refused := errors.New("dial tcp 127.0.0.1:1: connect: connection refused")
	cases := map[string]struct {
		ctx context.Context //nolint:containedctx // it is what the cases differ in
		err error
	}{
		"unreachable": {t.Context(), &kube.UnreachableError{Server: "https://127.0.0.1:1", Err: refused}},
		"credentials": {t.Context(), &kube.CredentialsError{Server: "https://127.0.0.1:1", Err: errors.New("Unauthorized")}},
		"forbidden":   {t.Context(), &kube.ForbiddenError{Verb: "list", Resource: "pods", Namespace: "db", Err: errors.New("x")}},
		"locked": {t.Context(), &kube.LockedError{Holder: kube.Holder{
			Command: "up", Host: "laptop", PID: 4711, Since: seenAt().Local(), Token: "t",
		}}},
		"timed-out":   {t.Context(), &kube.WaitError{Why: "cockroachdb-1 to answer", Err: context.DeadlineExceeded}},
		"interrupted": {endedBy(t, os.Interrupt), &kube.WaitError{Why: "cockroachdb-1 to answer", Err: context.Canceled}},
		"two-lines":   {t.Context(), errors.New("first\n  second")},
		"wrong-use":   {t.Context(), &usageError{[]fault{{"--nodes 2: two", "1, or 3 and more"}, {"--name X: bad", "a-z"}}}},
		"with-evidence": {t.Context(), &deploy.Error{
			Message: "3 pods: cannot pull image x:v1: not found in its registry (IMAGE_NOT_FOUND)",
			Seen:    []string{"Failed to pull image \"x:v1\": not found   (pod cockroachdb-0, node minikube)", "another line"},
			Next:    "crdb-kube up --image with an image that exists",
		}},
		"pods-late": {t.Context(), &deploy.Error{
			Kind: deploy.TimedOut, Err: context.DeadlineExceeded,
			Seen: []string{"cockroachdb-1 joining: node is not healthy"}, Next: "crdb-kube status shows how it goes on",
		}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			got := atWidths(t, func(width int) string {
				var b strings.Builder
				for _, failure := range failures(test.ctx, &cobra.Command{Use: "crdb-kube"}, test.err) {
					if err := failure.Write(&b, progress.NewPalette(progress.ColorNever), width); err != nil {
						t.Fatal(err)
					}
				}
				return b.String()
			})
			if strings.Count(got, "error: ") < 4 || strings.Count(got, "  next  ") < 4 {
				t.Errorf("no error or no next step:\n%s", got)
			}
			if name == "locked" { // the time is that of the machine's zone
				got = strings.ReplaceAll(got, seenAt().Local().Format(time.TimeOnly), "14:30:00")
			}
			golden(t, "failure-"+name+".txt", got)
		})
	}
}
