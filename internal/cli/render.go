package cli

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// aheadTimeout is for what only asks, some dozens of requests.
const aheadTimeout = time.Minute

func (a *app) render() *cobra.Command {
	var f upFlags
	var show bool
	var timeout *time.Duration
	cmd := &cobra.Command{
		Use:   "render",
		Short: "print the objects that up would apply, as YAML",
		Long: `render decides as up does, with the same flags, from what there is, and prints
the objects in the order in which up applies them. It writes nothing to the
server. Secrets are left out unless --show-secrets is given; a comment names
them. What to do with the text is in docs/diff.md.`,
		Example: `  crdb-kube render > cluster.yaml
  crdb-kube render --nodes 5 | kubectl apply --server-side --dry-run=server -f -`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, opts, err := a.prepare(cmd, f)
			if err != nil {
				return err
			}
			policy := deploy.LeaveSecrets
			if show {
				policy = deploy.ShowSecrets
			}
			ctx, cancel := limited(cmd.Context(), *timeout)
			defer cancel()
			manifest, err := deploy.Render(ctx, at.client, deploy.Target{Namespace: at.namespace, Name: a.name}, opts, policy)
			if err != nil {
				return err
			}
			return a.writeManifest(manifest)
		},
	}
	f.describe(cmd)
	cmd.Flags().BoolVar(&show, "show-secrets", false, "print Secrets as well, with keys and passwords")
	timeout = timeoutFlag(cmd, aheadTimeout)
	return cmd
}

// writeManifest prints the comments and then one document for each object. Each
// begins with a line of its own, so that a file can be put behind another one.
func (a *app) writeManifest(m deploy.Manifest) error {
	var b strings.Builder
	b.WriteString("# Cluster " + m.Cluster.Name + " in namespace " + m.Cluster.Namespace + ", as crdb-kube up would apply it.\n")
	for _, text := range m.Comments {
		b.WriteString("# " + progress.Clean(a.scoped(text)) + "\n")
	}
	for _, object := range m.Objects {
		text, err := encodeYAML(object)
		if err != nil {
			return err
		}
		b.WriteString("---\n")
		b.Write(text)
	}
	_, err := a.streams.Out.Write([]byte(b.String()))
	return err
}
