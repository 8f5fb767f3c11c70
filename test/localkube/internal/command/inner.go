package command

import (
	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/api"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/boot"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/control"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/storage"
)

// inner are the commands that localkube starts itself with.
func (a *app) inner() []*cobra.Command {
	var name, listen, to string
	first := a.withDir(&cobra.Command{
		Use: "machine-init", Hidden: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return boot.Run(c.Context(), a.dir, name) },
	})
	first.Flags().StringVar(&name, "name", "", "the machine's name")

	gateway := &cobra.Command{
		Use: control.Gateway, Hidden: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return control.RunGateway(c.Context(), listen, to) },
	}
	gateway.Flags().StringVar(&listen, "listen", "", "where connections come in")
	gateway.Flags().StringVar(&to, "to", "", "where they go")

	provisioner := a.withDir(&cobra.Command{
		Use: control.Provisioner, Hidden: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := state.Load(a.dir)
			if err != nil {
				return err
			}
			client, err := api.Connect(s.Config("provisioner.conf"))
			if err != nil {
				return err
			}
			return storage.RunProvisioner(c.Context(), client, s, c.ErrOrStderr())
		},
	})
	return []*cobra.Command{first, gateway, provisioner}
}

// kubectlHelp is there for the list of commands; the word is dealt with before
// cobra sees it, since what follows belongs to kubectl.
func kubectlHelp() *cobra.Command {
	return &cobra.Command{
		Use: "kubectl [--dir D] [--] ARGS…", Short: "kubectl, on the cluster in --dir or as KUBECONFIG says",
		DisableFlagParsing: true, RunE: func(*cobra.Command, []string) error { return nil },
	}
}
