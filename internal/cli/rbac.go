package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
)

func (a *app) rbac() *cobra.Command {
	var account string
	var volumes bool
	cmd := &cobra.Command{
		Use:   "rbac",
		Short: "print the smallest Role with which all commands work",
		Long: `rbac prints, as YAML, the least that a user or service account must be allowed
in the namespace so that every command works. It asks no server. Nothing of it
concerns the whole Kubernetes cluster, but for volumes of our own (--volumes),
which only clusters without a StorageClass have.`,
		Example: `  crdb-kube rbac -n shop | kubectl apply -f -
  crdb-kube rbac -n shop --service-account ci | kubectl apply -f -`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if account != "" && len(validation.IsDNS1123Subdomain(account)) > 0 {
				return wrongUse(cmd, &usageError{[]fault{{fmt.Sprintf("--service-account %q: not a name that Kubernetes allows", account), "kubectl get serviceaccounts lists them"}}})
			}
			a.running = true
			namespace, _, err := a.flags.ToRawKubeConfigLoader().Namespace()
			if err != nil || namespace == "" {
				namespace = "default"
			}
			text, err := roles(namespace, account, volumes)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(a.streams.Out, text)
			return err
		},
	}
	cmd.Flags().StringVar(&account, "service-account", "", "bind the Role to this service account of the namespace")
	cmd.Flags().BoolVar(&volumes, "volumes", false, "with what volumes of our own need, cluster-wide")
	return cmd
}

// roles is the YAML.
func roles(namespace, account string, volumes bool) (string, error) {
	reach := deploy.NamespaceOnly
	if volumes {
		reach = deploy.WithVolumes
	}
	var texts []string
	for _, object := range deploy.Roles(namespace, account, reach) {
		text, err := encodeYAML(object)
		if err != nil {
			return "", err
		}
		texts = append(texts, strings.ReplaceAll(string(text), "  creationTimestamp: null\n", ""))
	}
	return strings.Join(texts, "---\n"), nil
}
