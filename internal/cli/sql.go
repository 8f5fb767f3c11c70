package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

func (a *app) sql() *cobra.Command {
	var statements []string
	var database string
	cmd := &cobra.Command{
		Use:   "sql [flags] [-- ARGS of cockroach sql]",
		Short: "a SQL shell as root, in a pod that is ready",
		Long: `sql runs CockroachDB's own SQL shell as root in a pod that is ready. Nothing
has to be installed on this machine.

Without -e it reads stdin: on a terminal it is a shell with history and
completion, in a script each statement that comes. The exit code is that of
cockroach sql; those of this command itself, such as 6 where there is no
cluster, come before the shell was started.`,
		Example: `  crdb-kube sql
  crdb-kube sql -e 'SHOW DATABASES'
  crdb-kube sql -d app -- --format=csv < report.sql`,
		Args: argumentsBehindDashes("arguments of cockroach sql stand"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := deploy.Check(a.name, deploy.Wish{}); err != nil {
				return wrongUse(cmd, err)
			}
			a.running = true
			var own []string
			if database != "" {
				own = append(own, "--database="+database)
			}
			for _, one := range statements {
				own = append(own, "--execute="+one)
			}
			return a.runSQL(cmd.Context(), own, args, len(statements) > 0)
		},
	}
	cmd.Flags().StringArrayVarP(&statements, "execute", "e", nil, "run this `STATEMENT` and end; may be given several times")
	cmd.Flags().StringVarP(&database, "database", "d", "", "begin in this `DATABASE`")
	return cmd
}

// argumentsBehindDashes refuses arguments that do not stand behind two dashes.
func argumentsBehindDashes(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 && cmd.ArgsLenAtDash() != 0 {
			return &usageError{[]fault{{fmt.Sprintf("unexpected argument %q", args[0]), what + " behind two dashes: " + cmd.CommandPath() + " -- " + args[0]}}}
		}
		return nil
	}
}

func (a *app) runSQL(ctx context.Context, own, further []string, batch bool) error {
	at, err := a.dial()
	if err != nil {
		return err
	}
	access, err := deploy.Open(ctx, at.client, deploy.Target{Namespace: at.namespace, Name: a.name})
	if err != nil {
		return err
	}
	pod, err := a.readyPod(ctx, access)
	if err != nil {
		return err
	}
	in, out := progress.StreamOf(a.streams.In), progress.StreamOf(a.streams.Out)
	s := deploy.Session{Stdin: a.streams.In, Stdout: a.streams.Out, Stderr: a.streams.ErrOut}
	switch {
	case batch:
		s.Stdin = nil // which may be the script that calls
	case in == progress.Terminal && out == progress.Terminal:
		screen, restore, err := takeTerminal(ctx, a.streams.In, a.streams.Out)
		if err != nil {
			return err
		}
		shown := &endOfLine{out: a.streams.Out}
		defer shown.complete()
		defer restore()
		s.Stdout, s.Terminal = shown, screen
	}
	if s.Terminal == nil && out == progress.Terminal {
		own = append(own, "--format=table") // it sees no terminal there
	}
	s.Args = append(own, further...)
	code, err := access.Shell(ctx, pod, s)
	if err != nil || code == 0 {
		return err
	}
	a.said = progress.End{Message: fmt.Sprintf("cockroach sql ended with exit code %d", code)}
	return &exitError{code}
}

// endOfLine lets the next prompt begin on a line of its own, wherever the
// session was left.
type endOfLine struct {
	out  io.Writer
	last byte
}

// Write passes on.
func (e *endOfLine) Write(p []byte) (int, error) {
	if len(p) > 0 {
		e.last = p[len(p)-1]
	}
	return e.out.Write(p)
}

func (e *endOfLine) complete() {
	if e.last != 0 && e.last != '\n' {
		fmt.Fprintln(e.out)
	}
}

// readyPod waits for a pod that is ready, and says so where that takes a while.
func (a *app) readyPod(ctx context.Context, access deploy.Access) (string, error) {
	printer := a.printer()
	defer printer.Close()
	return access.ReadyPod(ctx, printer.Report, a.now)
}
