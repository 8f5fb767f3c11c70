// Command localkube-components is one program that is each of the Kubernetes
// components that localkube runs, so that their common code is linked once:
//
//	localkube-components etcd|kube-apiserver|kube-controller-manager|kube-scheduler|kubelet|kube-proxy ARGS…
//
// A link of one of these names to it works as well.
//
// It must be built with the flags below, because client libraries read the
// server's version and Kubernetes takes its own from the linker:
//
//	-ldflags "-s -w -X k8s.io/component-base/version.gitVersion=v1.37.2 -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37"
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// components returns the constructor of each Kubernetes component's command.
func components() map[string]func() *cobra.Command {
	return map[string]func() *cobra.Command{
		"kube-apiserver":          apiserver.NewAPIServerCommand,
		"kube-controller-manager": controllers.NewControllerManagerCommand,
		"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
		"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
		"kube-proxy":              proxy.NewProxyCommand,
	}
}

func main() {
	os.Exit(run(os.Args))
}

// run becomes the component that args name, first by the program's own name,
// else by its first argument, and returns the exit code.
func run(args []string) int {
	all := components()
	name := filepath.Base(args[0])
	if _, known := all[name]; !known && name != "etcd" {
		if len(args) < 2 {
			return unknown("", all)
		}
		args = args[1:]
		name = args[0]
	}
	if name == "etcd" {
		etcdmain.Main(append([]string{"etcd"}, args[1:]...))
		return 0
	}
	build, known := all[name]
	if !known {
		return unknown(name, all)
	}
	command := build()
	command.SetArgs(args[1:])
	return cli.Run(command)
}

// unknown says which components there are.
func unknown(name string, all map[string]func() *cobra.Command) int {
	names := []string{"etcd"}
	for n := range all {
		names = append(names, n)
	}
	slices.Sort(names)
	fmt.Fprintf(os.Stderr, "component %q is not known; these are: %s\n", name, strings.Join(names, ", "))
	return 2
}
