package cli

import (
	"fmt"
	"strings"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// print writes what a command ends with to stdout, on a terminal apart from
// the steps above it.
func (a *app) print(result progress.Result) error {
	palette, width := a.outLook()
	if progress.StreamOf(a.streams.Out) == progress.Terminal {
		fmt.Fprintln(a.streams.Out)
	}
	a.said = progress.End{Message: result.Headline}
	for i, line := range result.Lines {
		result.Lines[i].Text = a.scoped(line.Text)
		if line.Label == "next" {
			a.said.Next = result.Lines[i].Text
		}
	}
	return result.Write(a.out(), palette, width)
}

func upResult(r deploy.UpResult) progress.Result {
	c := r.Cluster
	headline := fmt.Sprintf("ready in %s: %s, %s, %s", progress.Duration(r.Elapsed), c.Name, plural(c.Nodes, "pod"), c.Security)
	if r.Changed == 0 && !r.Waited {
		headline = fmt.Sprintf("ready, nothing to change: %s, %s, %s", c.Name, plural(c.Nodes, "pod"), c.Security)
	}
	lines := []progress.Pair{{Label: "shell", Text: "crdb-kube sql"}}
	lines = append(lines, appLines(c)...)
	lines = append(lines, progress.Pair{Label: "here", Text: "crdb-kube forward -- COMMAND", Form: progress.Prose})
	if c.Security == cockroach.Insecure {
		lines = append(lines, progress.Pair{Label: "note", Text: "insecure: no TLS and no passwords; whoever reaches the port is root", Form: progress.Prose})
	}
	if !r.ThrottledFrom.IsZero() {
		lines = append(lines, progress.Pair{
			Label: "note",
			Text:  fmt.Sprintf("no licence: from %s at most 5 transactions at once; --nodes 1 is exempt", r.ThrottledFrom.UTC().Format("2006-01-02")),
			Form:  progress.Prose,
		})
	}
	return progress.Result{Headline: headline, Lines: lines}
}

// appLines say how the application connects. A password is never among it.
func appLines(c cockroach.Cluster) []progress.Pair {
	var lines []progress.Pair
	if c.AppUser != "" {
		lines = append(lines, progress.Pair{Label: "app", Text: fmt.Sprintf("secret/%s, key uri: user %s, database %s", c.AppSecretName(), c.AppUser, cockroach.AppDatabase)})
	}
	if c.Security == cockroach.Insecure {
		lines = append(lines, progress.Pair{Label: "root", Text: c.Connect(cockroach.RootUser, cockroach.Password{}).URL(cockroach.Hidden)})
	}
	return lines
}

func downResult(r deploy.DownResult, target deploy.Target) progress.Result {
	switch {
	case r.Nothing:
		return progress.Result{Headline: fmt.Sprintf("nothing to do: no cluster %s runs in namespace %s", target.Name, target.Namespace)}
	case len(r.Kept) > 0:
		return progress.Result{
			Headline: "stopped in " + progress.Duration(r.Elapsed),
			Lines: []progress.Pair{
				{Label: "kept", Text: strings.Join(r.Kept, ", ")},
				{Label: "next", Text: "crdb-kube up continues with them, crdb-kube down --delete-data removes them", Form: progress.Prose},
			},
		}
	}
	if len(r.Retained) > 0 {
		return progress.Result{
			Headline: "gone in " + progress.Duration(r.Elapsed) + ", but not all data",
			Lines: []progress.Pair{
				{Label: "kept", Text: strings.Join(r.Retained, ", ")},
				{Label: "note", Text: "the class retains volumes whose claims are deleted: what they stand for is to be deleted where it is", Form: progress.Prose},
			},
		}
	}
	return progress.Result{Headline: "gone in " + progress.Duration(r.Elapsed) + ", with all data"}
}

// plural writes a number with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
