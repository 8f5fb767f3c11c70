package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/tools/clientcmd"

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
	own.Var(&a.progress, "progress", "how progress is shown on stderr: auto, tty, plain, github, gitlab, json or none")
	own.Var(&a.color, "color", "when colour is used: auto, always or never; NO_COLOR is heeded")
	own.Var(&duration{&a.waitLock}, "wait-lock", "how long to wait for another crdb-kube that works on the same cluster")
	own.CountVarP(&a.verbose, "verbose", "v", "log the requests to the API server on stderr; twice: with their bodies, but for Secrets")
	own.AddFlagSet(connection)

	root.SetUsageFunc(func(cmd *cobra.Command) error { return writeUsage(cmd, connection) })
}

// timeoutFlag is one deadline for the whole command.
func timeoutFlag(cmd *cobra.Command, byDefault time.Duration) *time.Duration {
	timeout := byDefault
	cmd.Flags().Var(&duration{&timeout}, "timeout", "end the command after this time; 0: never")
	return &timeout
}

// duration is a flag whose value is a time that is not negative.
type duration struct{ value *time.Duration }

func (d *duration) Set(text string) error {
	value, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return err
	case value < 0:
		return errors.New("negative")
	}
	*d.value = value
	return nil
}

func (d *duration) String() string {
	if d.value == nil || *d.value == 0 {
		return "0"
	}
	return d.value.String()
}

// Type is the word for the value in help.
func (d *duration) Type() string { return "duration" }

// checkConnectionFlags finds what is wrong with the connection's flags by
// themselves: what client-go would find only later, or the server.
func (a *app) checkConnectionFlags() error {
	if _, err := clientcmd.ParseTimeout(*a.flags.Timeout); err != nil {
		return &usageError{[]fault{{fmt.Sprintf("--request-timeout %q: not a duration", *a.flags.Timeout), "it wants a duration such as 30s, or 0 for none"}}}
	}
	if name := *a.flags.Namespace; name != "" && len(validation.IsDNS1123Label(name)) > 0 {
		return &usageError{[]fault{{fmt.Sprintf("--namespace %q: not a name that a namespace can have", name), "it wants at most 63 of a-z, 0-9 and -, with a letter or digit at both ends"}}}
	}
	return nil
}

// strictHelp makes cobra's own commands refuse what they do not know: a
// mistyped shell must not look like an empty script.
func strictHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "completion":
			cmd.Args = noArguments
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		case "help":
			run := cmd.Run
			cmd.Run = nil
			cmd.RunE = func(cmd *cobra.Command, args []string) error {
				if found, rest, err := root.Find(args); err != nil || found == nil || len(rest) > 0 && found == root {
					return fmt.Errorf("unknown help topic %q", strings.Join(args, " "))
				}
				run(cmd, args)
				return nil
			}
		}
	}
}

// noArguments is the Args of a command that takes none.
func noArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasSubCommands():
		if likely := cmd.SuggestionsFor(args[0]); len(likely) > 0 {
			return &usageError{[]fault{{fmt.Sprintf("unknown command %q", args[0]), "did you mean " + likely[0] + "?"}}}
		}
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
