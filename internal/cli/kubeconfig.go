package cli

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
)

// configFault is what is wrong with a kubeconfig.
func configFault(message, next string) error {
	return &deploy.Error{Message: "kubeconfig: " + message, Next: next}
}

// checkConfig finds what a kubeconfig leaves open. client-go would take a
// server at localhost:8080 in place of one that is not named, and nobody in
// place of a user that is not there.
func (a *app) checkConfig(raw api.Config) error {
	const contexts = "kubectl config get-contexts lists those that there are; --context takes one"
	if *a.flags.APIServer != "" {
		return nil
	}
	if len(raw.Contexts) == 0 {
		return a.withoutContext()
	}
	name := cmp.Or(*a.flags.Context, raw.CurrentContext)
	context := raw.Contexts[name]
	switch {
	case name == "" && *a.flags.ClusterName == "":
		return configFault("no context is chosen: it has no current-context", contexts)
	case name == "":
		context = api.NewContext()
	case context == nil:
		return configFault(fmt.Sprintf("context %q does not exist", name), contexts)
	}
	cluster, user := cmp.Or(*a.flags.ClusterName, context.Cluster), cmp.Or(*a.flags.AuthInfoName, context.AuthInfo)
	switch {
	case cluster == "":
		return configFault(fmt.Sprintf("context %q names no cluster", name), contexts)
	case raw.Clusters[cluster] == nil:
		return configFault(fmt.Sprintf("cluster %q does not exist", cluster), "kubectl config get-clusters lists those that there are; --cluster takes one")
	case raw.Clusters[cluster].Server == "":
		return configFault(fmt.Sprintf("cluster %q has no server", cluster), "kubectl config set-cluster sets one; --server names one")
	case user != "" && raw.AuthInfos[user] == nil:
		return configFault(fmt.Sprintf("user %q does not exist", user), "kubectl config get-users lists those that there are; --user takes one")
	}
	return nil
}

// withoutContext is nil in a pod, whose service account is the user.
func (a *app) withoutContext() error {
	const start = "start a cluster that writes one (minikube start, kind create cluster), or pass "
	if a.getenv("KUBERNETES_SERVICE_HOST") != "" {
		if _, err := rest.InClusterConfig(); err != nil {
			return configFault("there is none, and in this pod no service account: "+err.Error(), "give the pod's spec automountServiceAccountToken: true, or pass --kubeconfig")
		}
		return nil
	}
	said := filepath.SplitList(a.getenv("KUBECONFIG"))
	files := said
	if len(files) == 0 {
		files = []string{clientcmd.RecommendedHomeFile}
	}
	if *a.flags.KubeConfig != "" {
		said, files = nil, []string{*a.flags.KubeConfig}
	}
	for _, file := range files {
		if _, err := os.Stat(file); err == nil {
			return configFault(file+" has no context", start+"another with --kubeconfig")
		}
	}
	if len(said) > 0 {
		return configFault("there is none at "+strings.Join(said, " or "), "set KUBECONFIG to a file that exists, or pass one with --kubeconfig")
	}
	return configFault("there is none at "+files[0], start+"--kubeconfig")
}
