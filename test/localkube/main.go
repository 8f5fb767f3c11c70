// Command localkube runs a real Kubernetes of several machines on one Linux
// machine, for tests, and is kubectl as well.
//
//	localkube up|down|load|status|kubeconfig|machine|apiserver|etcd …
//	localkube kubectl [--dir D] [--] ARGS…
//	kubectl ARGS…                           (called by that name)
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	_ "k8s.io/client-go/plugin/pkg/client/auth"
	componentcli "k8s.io/component-base/cli"
	kubectlcmd "k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/command"
)

func main() {
	name, args := filepath.Base(os.Args[0]), os.Args[1:]
	if strings.HasPrefix(name, "kubectl") {
		runKubectl(args)
		return
	}
	if len(args) > 0 && args[0] == "kubectl" {
		rest, err := chooseCluster(args[1:])
		if err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		runKubectl(rest)
		return
	}
	// Containers run as any user and must get through the folders made here.
	syscall.Umask(0o022)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := command.Main(ctx, args, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// chooseCluster takes --dir and a following -- off the arguments and lets
// kubectl use that cluster.
func chooseCluster(args []string) ([]string, error) {
	dir := ""
	switch {
	case len(args) > 1 && args[0] == "--dir":
		dir, args = args[1], args[2:]
	case len(args) > 0 && strings.HasPrefix(args[0], "--dir="):
		dir, args = strings.TrimPrefix(args[0], "--dir="), args[1:]
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if dir == "" {
		return args, nil
	}
	path, err := filepath.Abs(filepath.Join(dir, "kubeconfig"))
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%s: no cluster here", dir)
	}
	return args, os.Setenv("KUBECONFIG", path)
}

// runKubectl is kubectl's own main; it exits by itself after an error.
func runKubectl(args []string) {
	os.Args = append([]string{"kubectl"}, args...)
	if err := componentcli.RunNoErrOutput(kubectlcmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err)
	}
}
