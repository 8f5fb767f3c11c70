// Command crdb-kube brings up CockroachDB on Kubernetes.
package main

import (
	"context"
	"os"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/crdb-kube/crdb-kube/internal/cli"
)

func main() {
	ctx, end := context.WithCancelCause(context.Background())
	heedSignals(end)
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: openStdout(), ErrOut: os.Stderr}
	os.Exit(cli.Main(ctx, os.Args, streams))
}
