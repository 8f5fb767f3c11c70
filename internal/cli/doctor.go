package cli

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

const doctorTimeout = 30 * time.Second

// doctorSchema is raised when a field of doctorView goes or changes its sense.
const doctorSchema = 1

// doctorView is what `doctor -o json` and `-o yaml` print.
type doctorView struct {
	SchemaVersion int         `json:"schemaVersion" jsonschema:"raised when a field changes its meaning or goes away, not for a new one"`
	Context       string      `json:"context" jsonschema:"of the kubeconfig"`
	Namespace     string      `json:"namespace" jsonschema:"where the cluster is, or would be made"`
	Name          string      `json:"name" jsonschema:"the database cluster's name"`
	Failed        bool        `json:"failed" jsonschema:"whether up would fail: the exit code is 1 then, and else 0"`
	Checks        []checkView `json:"checks" jsonschema:"in the order in which they were made"`
	Seen          time.Time   `json:"seen" jsonschema:"when this was seen"`
}

type checkView struct {
	ID       string         `json:"id" jsonschema:"stable, such as storage-class"`
	State    deploy.Outcome `json:"state" jsonschema:"what it came to"`
	Text     string         `json:"text" jsonschema:"what was found, in one line, for people"`
	Evidence []string       `json:"evidence,omitempty" jsonschema:"further lines"`
	Next     string         `json:"next,omitempty" jsonschema:"what to do; absent: nothing"`
}

func (a *app) doctor() *cobra.Command {
	var f upFlags
	form := outputTable
	var timeout *time.Duration
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "look at whether up would work here, and make nothing",
		Long: `doctor looks at what up needs: the server, its clock, the namespace, permissions,
the StorageClass, room on the nodes, quotas, and what an earlier cluster left.
It takes the flags of up, and writes nothing to the server.

Its exit code is 0 where up would work, warnings or not, and 1 where it would
not.`,
		Example: `  crdb-kube doctor
  crdb-kube doctor --nodes 5 --memory 8Gi
  crdb-kube doctor -o json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, opts, err := a.prepare(cmd, f)
			if err != nil {
				return err
			}
			ctx, cancel := limited(cmd.Context(), *timeout)
			defer cancel()
			checkup, err := deploy.CheckUp(ctx, at.client, deploy.Target{Namespace: at.namespace, Name: a.name}, opts)
			if err != nil {
				return err
			}
			return a.showCheckup(checkup, form)
		},
	}
	f.describe(cmd)
	cmd.Flags().VarP(&form, "output", "o", "table, wide, json or yaml")
	timeout = timeoutFlag(cmd, doctorTimeout)
	return cmd
}

func (a *app) showCheckup(c deploy.Checkup, form output) error {
	err := a.write(form, a.viewOfCheckup(c), func() error {
		palette, width := a.outLook()
		return a.checkupPage(c, form).Write(a.out(), palette, width)
	})
	if err != nil {
		return err
	}
	a.said = progress.End{Message: "up would work"}
	if c.Failed() {
		a.said = progress.End{Message: "up would not work"}
		for _, check := range c.Checks {
			if check.Outcome == deploy.Failing && a.said.Next == "" {
				a.said.Seen, a.said.Next = []string{check.ID + ": " + check.Text}, a.scoped(check.Next)
			}
		}
		return &exitError{exitFailed}
	}
	return nil
}

func (a *app) viewOfCheckup(c deploy.Checkup) doctorView {
	view := doctorView{SchemaVersion: doctorSchema, Context: c.Context, Namespace: c.Target.Namespace, Name: c.Target.Name, Failed: c.Failed(), Seen: c.Seen.UTC()}
	for _, check := range c.Checks {
		view.Checks = append(view.Checks, checkView{check.ID, check.Outcome, check.Text, check.Evidence, a.scoped(check.Next)})
	}
	return view
}

// checkupPage has a line for each check, with what was seen where something is
// to be said, or everything is asked for.
func (a *app) checkupPage(c deploy.Checkup, form output) progress.Page {
	marks := map[deploy.Outcome]progress.Cell{
		deploy.Passed:  {Text: "✓", Tone: progress.Good},
		deploy.Warning: {Text: "!", Tone: progress.Warn},
		deploy.Failing: {Text: "✗", Tone: progress.Bad},
		deploy.Skipped: {Text: "-", Tone: progress.Dim},
	}
	widest := 0
	for _, check := range c.Checks {
		widest = max(widest, len(check.ID))
	}
	page := progress.Page{
		progress.Heading{Text: []progress.Cell{{Text: c.Context}}, Parts: []string{"namespace " + c.Target.Namespace, "cluster " + c.Target.Name}},
		progress.Gap{},
	}
	indent := progress.Cell{Text: strings.Repeat(" ", widest+3)}
	for _, check := range c.Checks {
		mark := marks[check.Outcome]
		mark.Text += " " + check.ID + strings.Repeat(" ", widest-len(check.ID)+1)
		page = append(page, progress.Remark{Mark: mark, Text: check.Text})
		if check.Outcome == deploy.Warning || check.Outcome == deploy.Failing || form == outputWide {
			for _, line := range check.Evidence {
				page = append(page, progress.Remark{Mark: indent, Text: line, Tone: progress.Dim})
			}
		}
		if check.Next != "" {
			page = append(page, progress.Remark{Mark: progress.Cell{Text: strings.Repeat(" ", widest-3) + "next  "}, Text: a.scoped(check.Next)})
		}
	}
	return page
}
