package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

const statusTimeout = 30 * time.Second

// output is the value of -o.
type output string

const (
	outputTable output = "table"
	outputWide  output = "wide"
	outputJSON  output = "json"
	outputYAML  output = "yaml"
)

// Set makes it a flag value.
func (o *output) Set(text string) error {
	if !slices.Contains(o.Values(), text) {
		return fmt.Errorf("not one of table, wide, json, yaml")
	}
	*o = output(text)
	return nil
}

// Values are those that there are.
func (*output) Values() []string {
	return []string{string(outputTable), string(outputWide), string(outputJSON), string(outputYAML)}
}

func (o *output) String() string { return string(*o) }

// Type is the word for the value in help.
func (o *output) Type() string { return "format" }

func (a *app) status() *cobra.Command {
	form := outputTable
	watch := false
	var timeout *time.Duration
	cmd := &cobra.Command{
		Use:   "status",
		Short: "show what there is, how it does, what is wrong and what to do",
		Long: `status shows the pods and what the database says of itself. Its exit code is 0
when the cluster is healthy, 4 when it is not or still starts, and 6 when there
is no such cluster.

With --watch it goes on until it is interrupted: on a terminal the table is
repainted in place, elsewhere, or with --progress plain, it is printed again
after each change. With -o json each change is one line. What -o wide adds, and
what the numbers mean, is in docs/status.md.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := deploy.Check(a.name, deploy.Wish{}); err != nil {
				return wrongUse(cmd, err)
			}
			a.running = true
			at, err := a.dial()
			if err != nil {
				return err
			}
			if watch {
				return a.watchStatus(cmd.Context(), at, form)
			}
			ctx, cancel := limited(cmd.Context(), *timeout)
			defer cancel()
			return a.showStatus(ctx, at, form)
		},
	}
	cmd.Flags().VarP(&form, "output", "o", "table, wide, json or yaml")
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "show it again whenever it has changed, until interrupted")
	timeout = timeoutFlag(cmd, statusTimeout)
	return cmd
}

func (a *app) showStatus(ctx context.Context, at connection, form output) error {
	status, err := deploy.GetStatus(ctx, at.client, deploy.Target{Namespace: at.namespace, Name: a.name}, a.now)
	if err != nil {
		return err
	}
	if err := a.writeStatus(status, form); err != nil {
		return err
	}
	a.said = progress.End{
		Message: fmt.Sprintf("%s in %s: %s", status.Cluster.Name, status.Cluster.Namespace, status.Condition),
		Seen:    slices.Concat(status.Problems, status.Warnings),
		Next:    a.scoped(status.Next),
	}
	if status.Condition != deploy.Healthy {
		return &exitError{exitNotHealthy}
	}
	return nil
}

func (a *app) writeStatus(status deploy.Status, form output) error {
	return a.write(form, viewOf(status), func() error { return a.writeTable(status, form) })
}

// write prints a view as JSON or YAML, or the table that is made of the same.
func (a *app) write(form output, view any, table func() error) error {
	var text []byte
	var err error
	switch form {
	case outputTable, outputWide:
		return table()
	case outputYAML:
		text, err = encodeYAML(view)
	case outputJSON:
		text, err = encodeJSON(view, "  ")
	}
	if err != nil {
		return err
	}
	_, err = a.streams.Out.Write(text)
	return err
}
