package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

// typed is the command with the flags of its own that were given, so that it
// can be typed again; scoped adds where the cluster is.
func typed(cmd *cobra.Command) string {
	text := cmd.CommandPath()
	cmd.LocalNonPersistentFlags().VisitAll(func(flag *pflag.Flag) {
		switch {
		case !flag.Changed || flag.Name == "yes":
		case flag.Value.Type() == "bool" && flag.Value.String() == "true":
			text += " --" + flag.Name
		default:
			text += " --" + flag.Name + "=" + flag.Value.String()
		}
	})
	return text
}

// scoped adds to the commands of this program in a hint what the user said
// about where the cluster is, so that they can be typed as they stand.
func (a *app) scoped(text string) string {
	var scope string
	if a.name != cockroach.DefaultName && !strings.Contains(text, "--name") {
		scope += " --name " + a.name
	}
	if a.flags != nil && *a.flags.Namespace != "" && !strings.Contains(text, "--namespace") {
		scope += " -n " + *a.flags.Namespace
	}
	if a.flags != nil && *a.flags.Context != "" && !strings.Contains(text, "--context") {
		scope += " --context " + *a.flags.Context
	}
	if scope == "" {
		return text
	}
	for _, verb := range []string{"up", "down", "status"} {
		text = strings.ReplaceAll(text, "crdb-kube "+verb, "crdb-kube "+verb+scope)
	}
	return text
}
