package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

// connectionFlags is the heading under which help lists what belongs to the
// connection: --cluster and --user there are Kubernetes', not the database's.
const connectionFlags = "Kubernetes connection"

// globalFlags are those of every command.
func (a *app) globalFlags(root *cobra.Command) {
	connection := pflag.NewFlagSet(connectionFlags, pflag.ContinueOnError)
	a.flags = genericclioptions.NewConfigFlags(true)
	a.flags.AddFlags(connection)

	own := root.PersistentFlags()
	own.StringVar(&a.name, "name", cockroach.DefaultName, "name of the database cluster, so that one namespace can hold several")
	own.Var(&a.progress, "progress", "how progress is shown on stderr: auto, tty, plain, json or none")
	own.Var(&a.color, "color", "when colour is used: auto, always or never; NO_COLOR is heeded")
	own.DurationVar(&a.waitLock, "wait-lock", 0, "how long to wait for another crdb-kube that works on the same cluster")
	own.CountVarP(&a.verbose, "verbose", "v", "log the requests to the API server on stderr; twice: with their bodies")
	own.AddFlagSet(connection)

	root.SetUsageFunc(func(cmd *cobra.Command) error { return writeUsage(cmd, connection) })
}

// timeoutFlag is one deadline for the whole command.
func timeoutFlag(cmd *cobra.Command, byDefault time.Duration) *time.Duration {
	return cmd.Flags().Duration("timeout", byDefault, "end the command after this time; 0: never")
}

// noArguments is the Args of a command that takes none.
func noArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasSubCommands():
		return fmt.Errorf("unknown command %q", args[0])
	}
	return fmt.Errorf("unexpected argument %q", args[0])
}

// quantityFlag is a flag whose value is a Kubernetes quantity. Unset, it
// leaves its value nil.
type quantityFlag struct {
	field string
	value **resource.Quantity
}

func (q quantityFlag) Set(text string) error {
	quantity, err := cockroach.ParseQuantity(q.field, text)
	if err != nil {
		return err
	}
	*q.value = &quantity
	return nil
}

func (q quantityFlag) String() string {
	if q.value == nil || *q.value == nil {
		return ""
	}
	return (*q.value).String()
}

// Type is the word for the value in help.
func (q quantityFlag) Type() string { return "quantity" }

// given is the value of a flag that was named on the command line, else nil.
func given[T any](cmd *cobra.Command, name string, value T) *T {
	if !cmd.Flags().Changed(name) {
		return nil
	}
	return &value
}

// writeUsage prints the usage with the flags in three groups.
func writeUsage(cmd *cobra.Command, connection *pflag.FlagSet) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n  %s\n", cmd.UseLine())
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&b, "  %-12s %s\n", sub.Name(), sub.Short)
			}
		}
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	global := pflag.NewFlagSet("global", pflag.ContinueOnError)
	cmd.Root().PersistentFlags().VisitAll(func(flag *pflag.Flag) {
		if connection.Lookup(flag.Name) == nil {
			global.AddFlag(flag)
		}
	})
	local := cmd.LocalNonPersistentFlags()
	for _, group := range []struct {
		title string
		flags *pflag.FlagSet
	}{{"Flags", local}, {"Global flags", global}, {connectionFlags, connection}} {
		if group.flags.HasAvailableFlags() {
			fmt.Fprintf(&b, "\n%s:\n%s", group.title, group.flags.FlagUsages())
		}
	}
	_, err := fmt.Fprint(cmd.OutOrStderr(), b.String())
	return err
}
