package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

const (
	statusTimeout = 30 * time.Second
	watchPause    = 2 * time.Second
)

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
	if !slices.Contains([]output{outputTable, outputWide, outputJSON, outputYAML}, output(text)) {
		return fmt.Errorf("not one of table, wide, json, yaml")
	}
	*o = output(text)
	return nil
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
is no such cluster.`,
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
	if status.Condition != deploy.Healthy {
		return &exitError{exitNotHealthy}
	}
	return nil
}

// watchStatus shows the status whenever it reads differently. It ends only
// with the context.
func (a *app) watchStatus(ctx context.Context, at connection, form output) error {
	last := ""
	target := deploy.Target{Namespace: at.namespace, Name: a.name}
	err := kube.Await(ctx, nil, func(ctx context.Context) (kube.Verdict, error) {
		next := kube.Verdict{Why: "the next change", Again: watchPause}
		status, err := deploy.GetStatus(ctx, at.client, target, a.now)
		if ctx.Err() != nil {
			return next, err
		}
		now := fingerprint(status)
		if err != nil {
			now = err.Error()
		}
		if now == last {
			return next, nil
		}
		first := last == ""
		last = now
		if err != nil {
			// Who watches wants to see it come back.
			_, err = fmt.Fprintf(a.streams.ErrOut, "%s  %s\n", a.now().Format(time.TimeOnly), progress.Clean(oneLine(err)))
			return next, err
		}
		if !first && (form == outputTable || form == outputWide) {
			fmt.Fprintf(a.streams.Out, "\n%s\n", a.now().Format(time.TimeOnly))
		}
		return next, a.writeStatus(status, form)
	})
	if interrupted, ok := errors.AsType[Interrupted](context.Cause(ctx)); ok {
		return &exitError{signalCode(interrupted.Signal)} // to leave is how it ends
	}
	return err
}

// fingerprint is the status without what changes by itself all the time.
func fingerprint(status deploy.Status) string {
	view := viewOf(status)
	for i := range view.Pods {
		view.Pods[i].UsedBytes = nil
	}
	text, err := json.Marshal(view)
	if err != nil {
		return err.Error()
	}
	return string(text)
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
		text, err = yaml.Marshal(view)
	case outputJSON:
		text, err = json.MarshalIndent(view, "", "  ")
		text = append(text, '\n')
	}
	if err != nil {
		return err
	}
	_, err = a.streams.Out.Write(text)
	return err
}
