package cli

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
)

// completionPatience is how long somebody who has pressed Tab is kept waiting.
const completionPatience = 300 * time.Millisecond

// chooser finds what can stand at a place of the command line. Whatever goes
// wrong, it finds nothing: the line that is being typed is no place for errors.
type chooser func(ctx context.Context, a *app) []string

// completions lets the shell offer what there is.
func (a *app) completions(root *cobra.Command) {
	flags := map[string]chooser{
		"namespace": asking(func(ctx context.Context, at connection, _ *app) ([]string, error) {
			return deploy.Namespaces(ctx, at.client)
		}),
		"name": asking(func(ctx context.Context, at connection, _ *app) ([]string, error) {
			return deploy.Clusters(ctx, at.client, at.namespace)
		}),
		"storage-class": asking(func(ctx context.Context, at connection, _ *app) ([]string, error) {
			return deploy.ClassNames(ctx, at.client)
		}),
		"context":  configured(func(c api.Config) []string { return slices.Collect(maps.Keys(c.Contexts)) }),
		"cluster":  configured(func(c api.Config) []string { return slices.Collect(maps.Keys(c.Clusters)) }),
		"user":     configured(func(c api.Config) []string { return slices.Collect(maps.Keys(c.AuthInfos)) }),
		"progress": fixed("auto", "tty", "plain", "github", "gitlab", "json", "none"),
		"color":    fixed("auto", "always", "never"),
	}
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		offer := func(flag *pflag.Flag) {
			if choose, known := flags[flag.Name]; known {
				_ = cmd.RegisterFlagCompletionFunc(flag.Name, a.completing(choose)) // fails only where there is one
			}
			if values, ok := flag.Value.(interface{ Values() []string }); ok {
				_ = cmd.RegisterFlagCompletionFunc(flag.Name, a.completing(fixed(values.Values()...)))
			}
		}
		if cmd.ValidArgsFunction == nil && cmd.Name() != "forward" { // which takes a command
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
		cmd.PersistentFlags().VisitAll(offer)
		cmd.LocalNonPersistentFlags().VisitAll(offer)
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(root)
}

// podNames completes arguments that are pods of the cluster.
func (a *app) podNames() cobra.CompletionFunc {
	return a.completing(asking(func(ctx context.Context, at connection, a *app) ([]string, error) {
		return deploy.Pods(ctx, at.client, deploy.Target{Namespace: at.namespace, Name: a.name})
	}))
}

// completing is a chooser as cobra asks it.
func (a *app) completing(choose chooser) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionPatience)
		defer cancel()
		// What logs in, such as a program that a kubeconfig names, may heed no end.
		found := make(chan []string, 1)
		go func() { found <- choose(ctx, a) }()
		select {
		case names := <-found:
			return names, cobra.ShellCompDirectiveNoFileComp
		case <-ctx.Done():
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
	}
}

// asking is a chooser that asks the API server.
func asking(list func(ctx context.Context, at connection, a *app) ([]string, error)) chooser {
	return func(ctx context.Context, a *app) []string {
		at, err := a.dial()
		if err != nil {
			return nil
		}
		names, err := list(ctx, at, a)
		if err != nil {
			return nil
		}
		return names
	}
}

// configured is a chooser that reads the kubeconfig.
func configured(list func(api.Config) []string) chooser {
	return func(_ context.Context, a *app) []string {
		config, err := a.flags.ToRawKubeConfigLoader().RawConfig()
		if err != nil {
			return nil
		}
		return slices.Sorted(slices.Values(list(config)))
	}
}

func fixed(values ...string) chooser {
	return func(context.Context, *app) []string { return values }
}
