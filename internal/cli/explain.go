package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

func (a *app) explain() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CAUSE]",
		Short: "say what a cause means and what ends it; without one, list them",
		Long: `explain prints what stands in the catalogue of causes. The name of a cause stands
behind an error of up and a problem of status, in capitals. It asks no server.`,
		Example: `  crdb-kube explain
  crdb-kube explain STORE_NOT_WRITABLE`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("unexpected argument %q", args[1])
			}
			return nil
		},
		ValidArgsFunction: completeCauses,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.running = true
			if len(args) == 0 {
				return a.listCauses()
			}
			entry, found := diagnose.Lookup(args[0])
			if !found {
				return wrongUse(cmd, &usageError{[]fault{{fmt.Sprintf("explain %q: there is no such cause", args[0]), "crdb-kube explain lists them"}}})
			}
			palette, width := a.outLook()
			return entryResult(entry).Write(a.out(), palette, width)
		},
	}
}

func completeCauses(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var all []string
	for _, entry := range diagnose.Catalogue() {
		if strings.HasPrefix(entry.ID, strings.ToUpper(typed)) {
			all = append(all, entry.ID)
		}
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) listCauses() error {
	table := progress.Table{Header: []string{"CAUSE", "CLASS", "MEANS"}}
	for _, entry := range diagnose.Catalogue() {
		first, _, _ := strings.Cut(entry.Means, ". ")
		table.Rows = append(table.Rows, []progress.Cell{{Text: entry.ID}, {Text: string(entry.Class)}, {Text: strings.TrimSuffix(first, ".")}})
	}
	slices.SortStableFunc(table.Rows, func(x, y []progress.Cell) int { return strings.Compare(x[0].Text, y[0].Text) })
	palette, width := a.outLook()
	return table.Write(a.out(), palette, width)
}

func entryResult(e diagnose.Entry) progress.Result {
	return progress.Result{Headline: e.ID, Lines: []progress.Pair{
		{Label: "means", Text: e.Means, Form: progress.Prose},
		{Label: "seen", Text: e.Seen, Form: progress.Prose},
		{Label: "do", Text: e.Do, Form: progress.Prose},
		{Label: "class", Text: string(e.Class) + ": " + classMeans(e.Class), Form: progress.Prose},
	}}
}

// classMeans says what a class is for whoever waits.
func classMeans(class progress.Class) string {
	switch class {
	case progress.User:
		return "only somebody can end it, so a command that waits fails at once"
	case progress.Unclear:
		return "it may pass, so a command waits for it as long as --grace says, and then fails"
	case progress.Passing:
		return "it passes, or does not keep anything from working: it is shown, and waited for"
	}
	return ""
}
