package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// ending is a way in which a command ends.
type ending struct {
	name string
	ctx  context.Context //nolint:containedctx // it is what the cases differ in
	err  error
	said progress.End
}

func endings(t *testing.T) []ending {
	t.Helper()
	cause := &progress.Cause{ID: diagnose.ImageNotFound, Class: progress.User, Sentence: "not found in its registry"}
	ready := progress.End{Message: "ready in 4.1s: cockroachdb, 3 pods, TLS"}
	return []ending{
		{name: "done", ctx: t.Context(), said: ready},
		{name: "not healthy", ctx: t.Context(), err: &exitError{exitNotHealthy}, said: progress.End{
			Message: "cockroachdb in default: stopped", Seen: []string{"it is stopped"}, Next: "crdb-kube up starts it",
		}},
		{name: "failed", ctx: t.Context(), err: &deploy.Error{
			Message: "3 pods: cannot pull 100% of image x:v1 (IMAGE_NOT_FOUND)", Cause: cause,
			Seen: []string{"Failed to pull image \"x:v1\": not found", "::error::\x1b[31mevil ##[group]x"},
			Next: "crdb-kube up --image with an image that exists",
		}},
		{name: "failed to say that it is done", ctx: t.Context(), err: errors.New("write stdout: no space left"), said: ready},
		{name: "wrong use, twice", ctx: t.Context(), err: &usageError{[]fault{{"--nodes 2: two", "1, or 3 and more"}, {"--name X: bad", "a-z"}}}},
		{name: "timed out", ctx: t.Context(), err: &kube.WaitError{Why: "cockroachdb-1 to answer", Err: context.DeadlineExceeded}},
		{name: "refused", ctx: t.Context(), err: &deploy.Error{Kind: deploy.Refused, Message: "service/x: is not ours", Next: "delete it"}},
		{name: "no cluster", ctx: t.Context(), err: &deploy.Error{Kind: deploy.Absent, Message: "cluster x: there is none", Next: "crdb-kube up makes it"}},
		{name: "interrupted", ctx: endedBy(t, os.Interrupt), err: context.Canceled},
	}
}

func TestPrintEnd_inEachMode(t *testing.T) {
	for _, mode := range []progress.Mode{progress.Plain, progress.GitHub, progress.GitLab, progress.None, progress.JSON} {
		var all strings.Builder
		for _, one := range endings(t) {
			a, out, errOut := testApp(noInput(), nil)
			a.progress, a.now, a.said = mode, seenAt, one.said
			a.printEnd(one.ctx, &cobra.Command{Use: "crdb-kube"}, one.err, exitCode(one.ctx, one.err))
			fmt.Fprintf(&all, "--- %s\n%s", one.name, errOut)
			if out.Len() > 0 {
				t.Errorf("%s, %s: on stdout: %q", mode, one.name, out)
			}
			if mode == progress.JSON && (strings.Count(errOut.String(), "\n") != 1 || !json.Valid(errOut.Bytes())) {
				t.Errorf("%s: want one line of JSON: %q", one.name, errOut)
			}
		}
		golden(t, "end-"+string(mode)+".txt", strings.ReplaceAll(all.String(), "\x1b", `\e`))
	}
}

func TestColour_isInGitLabsLogOnlyOnStderrAndNotAgainstNoColor(t *testing.T) {
	gitlab := func(more ...string) map[string]string {
		env := map[string]string{"GITLAB_CI": "true"}
		for _, name := range more {
			env[name] = "1"
		}
		return env
	}
	for name, test := range map[string]struct {
		color progress.ColorMode
		env   map[string]string
		want  bool
	}{
		"gitlab":         {progress.ColorAuto, gitlab(), true},
		"gitlab, never":  {progress.ColorNever, gitlab(), false},
		"gitlab, NO":     {progress.ColorAuto, gitlab("NO_COLOR"), false},
		"github":         {progress.ColorAuto, map[string]string{"GITHUB_ACTIONS": "true"}, false},
		"a pipe":         {progress.ColorAuto, map[string]string{"CI": "true"}, false},
		"a pipe, always": {progress.ColorAlways, nil, true},
	} {
		a, out, errOut := testApp(noInput(), test.env)
		a.color = test.color
		a.printEnd(t.Context(), &cobra.Command{Use: "crdb-kube"}, errors.New("x"), 1)
		if got := strings.Contains(errOut.String(), "\x1b[31merror: "); got != test.want {
			t.Errorf("%s: red %v, want %v: %q", name, got, test.want, errOut)
		}
		if err := a.print(progress.Result{Headline: "ready"}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "\x1b["); got != (test.color == progress.ColorAlways) {
			t.Errorf("%s: colour on stdout %v: %q", name, got, out)
		}
	}
}

func TestOut_letsNothingThroughThatGitHubsRunnerObeys(t *testing.T) {
	status := statuses()["degraded"]
	status.Problems, status.Next = []string{"x ##[group]y"}, "##[error]z"
	a, out, _ := testApp(noInput(), map[string]string{"GITHUB_ACTIONS": "true"})
	if err := a.writeStatus(status, outputTable); err != nil {
		t.Fatal(err)
	}
	if err := a.print(progress.Result{Headline: "::error::x", Lines: []progress.Pair{{Label: "a", Text: "##[error]"}, {Label: "a", Text: "::error::x"}}}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if strings.Contains(line, "##[") || strings.HasPrefix(strings.TrimSpace(line), "::") {
			t.Errorf("printed %q", line)
		}
	}
}

func TestSaid_isTheResultInShort(t *testing.T) {
	a, _, _ := testApp(noInput(), nil)
	r := progress.Result{Headline: "stopped in 6.0s", Lines: []progress.Pair{{Label: "kept", Text: "3 claims"}, {Label: "next", Text: "crdb-kube up continues"}}}
	if err := a.print(r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(progress.End{Message: "stopped in 6.0s", Next: "crdb-kube up continues"}, a.said); diff != "" {
		t.Error(diff)
	}
}

func TestForesee_findsTheModeAmongArgumentsThatAreWrong(t *testing.T) {
	for args, want := range map[string]progress.Mode{
		"up --no-such --progress json":      progress.JSON,
		"up -x --progress=json":             progress.JSON,
		"--progress json up --nodes abc":    progress.JSON,
		"sideways --progress github":        progress.GitHub,
		"up --no-such":                      progress.Auto,
		"up --progress loud":                progress.Auto,
		"up --progress":                     progress.Auto,
		"up extra -- --progress json":       progress.Auto,
		"up --name x --progress none --bad": progress.None,
	} {
		a, out, errOut := testApp(noInput(), nil)
		a.foresee(strings.Fields(args))
		if a.progress != want || out.Len()+errOut.Len() > 0 {
			t.Errorf("%s: %s, want %s; printed %q %q", args, a.progress, want, out, errOut)
		}
	}
}

func TestConfirm_asksNobodyAmongJSONLines(t *testing.T) {
	q, said := questionOf(t, noInput())
	q.app.progress = progress.JSON
	var refused *deploy.Error
	err := q.confirm([]string{"x"})
	if !errors.As(err, &refused) || refused.Kind != deploy.Refused || said.String() != "" {
		t.Fatalf("got %v, printed %q", err, said)
	}
	if !strings.Contains(refused.Message, "--progress json") || !strings.Contains(refused.Next, "--yes") {
		t.Errorf("%q, next %q", refused.Message, refused.Next)
	}
}
