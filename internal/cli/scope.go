package cli

import (
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

// typed is the command with its arguments and the flags of its own that were
// given, so that it can be typed again; scoped adds where the cluster is.
func typed(cmd *cobra.Command) string {
	args := cmd.Flags().Args()
	if dash := cmd.ArgsLenAtDash(); dash >= 0 {
		args = args[:dash] // what follows is another program's
	}
	words := []string{ownName + strings.TrimPrefix(cmd.CommandPath(), cmd.Root().DisplayName())}
	for _, arg := range args {
		words = append(words, quoted(arg))
	}
	text := strings.Join(words, " ")
	cmd.LocalNonPersistentFlags().VisitAll(func(flag *pflag.Flag) {
		switch {
		case !flag.Changed || flag.Name == "yes":
		case flag.Value.Type() == "bool" && flag.Value.String() == "true":
			text += " --" + flag.Name
		default:
			text += " --" + flag.Name + "=" + quoted(flag.Value.String())
		}
	})
	return text
}

// scoped adds to the commands in a hint what the user said about where the
// cluster is, so that they can be typed as they stand.
func (a *app) scoped(text string) string { return a.named(a.placed(text)) }

func (a *app) placed(text string) string {
	own, kubectl := a.scope()
	if kubectl == "" && own == "" {
		return text
	}
	said := strings.Contains(text, " -n ")
	text = ownCommand.ReplaceAllString(text, "${0}"+strings.ReplaceAll(own, "$", "$$"))
	if strings.Contains(text, "kubectl config ") {
		return text // which is about the file, not about a cluster
	}
	if said && *a.flags.Namespace != "" {
		kubectl = strings.TrimSuffix(kubectl, " -n "+*a.flags.Namespace)
	}
	return kubectlCommand.ReplaceAllStringFunc(text, func(command string) string {
		if command == pluginName {
			return command
		}
		return command + kubectl
	})
}

// Commands in a hint that are about one cluster. What only prints, such as
// explain, is not among them.
var (
	ownCommand     = regexp.MustCompile(`\bcrdb-kube (certs rotate|certs|up|down|status|rbac|forward|sql|url|console|logs|doctor|render|diff|restart|scale|upgrade)\b`)
	kubectlCommand = regexp.MustCompile(`\bkubectl( crdb)?\b`)
)

// scope is what the user typed to say where the cluster is, for commands of
// this program and for kubectl, which knows no name of a database cluster.
func (a *app) scope() (own, kubectl string) {
	if a.flags == nil {
		return "", ""
	}
	for _, flag := range []struct {
		name  string
		value *string
	}{
		{"--kubeconfig", a.flags.KubeConfig},
		{"--context", a.flags.Context},
		{"--cluster", a.flags.ClusterName},
		{"--user", a.flags.AuthInfoName},
		{"-n", a.flags.Namespace},
	} {
		if flag.value != nil && *flag.value != "" {
			kubectl += " " + flag.name + " " + quoted(*flag.value)
		}
	}
	own = kubectl
	if a.name != "" && a.name != cockroach.DefaultName {
		own += " --name " + a.name
	}
	return own, kubectl
}

// quoted is a word as a shell needs it: in quotes, unless all of it surely means
// nothing to any.
func quoted(word string) string {
	if regexp.MustCompile(`[^A-Za-z0-9_@%+=:,./-]`).MatchString(word) {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}
