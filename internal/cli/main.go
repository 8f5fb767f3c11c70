package cli

import (
	"context"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"

	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Interrupted is the cause with which the context of Main is to be ended when
// a signal asks for the end.
type Interrupted struct{ Signal os.Signal }

func (i Interrupted) Error() string {
	name := i.Signal.String()
	switch i.Signal {
	case os.Interrupt:
		name = "SIGINT"
	case syscall.SIGTERM:
		name = "SIGTERM"
	case syscall.SIGHUP:
		name = "SIGHUP"
	}
	return "interrupted by " + name
}

// app is one run of the program: everything that commands share.
type app struct {
	streams genericiooptions.IOStreams
	getenv  func(string) string
	now     func() time.Time
	// connect makes the client of a verb; tests replace it.
	connect func(*rest.Config) (*kube.Client, error)

	// self is how the program is called, commands what it knows; see named.
	self     string
	commands map[string]bool

	flags    *genericclioptions.ConfigFlags
	name     string
	progress progress.Mode
	color    progress.ColorMode
	waitLock time.Duration
	verbose  int
	// said is what the command has told on stdout, in short.
	said progress.End
	// running is set once the flags and arguments of a command were taken:
	// what goes wrong before is wrong use.
	running bool
}

func newApp(streams genericiooptions.IOStreams) *app {
	return &app{
		self:     ownName,
		streams:  streams,
		getenv:   os.Getenv,
		now:      time.Now,
		connect:  kube.New,
		progress: progress.Auto,
		color:    progress.ColorAuto,
	}
}

// Main runs the program with args, the first of which is its own name, and
// returns the exit code. A signal is told by the cause of ctx's end.
func Main(ctx context.Context, args []string, streams genericiooptions.IOStreams) int {
	return newApp(streams).run(ctx, args)
}

func (a *app) run(ctx context.Context, args []string) int {
	self, args := called(args)
	a.self = self
	root := a.root() //nolint:contextcheck // cobra hands ctx to the commands
	root.SetArgs(args)
	root.SetIn(a.streams.In)
	root.SetOut(a.streams.Out)
	root.SetErr(words{a})
	command, err := root.ExecuteContextC(ctx)
	if err != nil && !a.running {
		a.foresee(args)
		err = wrongUse(command, err)
	}
	code := exitCode(ctx, err)
	a.printEnd(ctx, command, err, code)
	return code
}

// root is the command that all others hang on.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           ownName,
		Short:         "CockroachDB on Kubernetes: one command to a database that answers",
		Long:          rootLong,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		Version:       buildVersion(),
		PersistentPreRunE: func(*cobra.Command, []string) error {
			a.logging()
			return a.checkConnectionFlags()
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.running = true
			return cmd.Help()
		},
	}
	root.SuggestionsMinimumDistance = 2
	a.globalFlags(root)
	root.AddCommand(a.up(), a.down(), a.status(), a.scale(), a.upgrade(), a.restart(), a.sql(), a.url(), a.forward(), a.console(), a.logs(), a.certs(), a.doctor(), a.diff(), a.render(), a.explain(), a.rbac(), a.version())
	strictHelp(root)
	a.completions(root)
	a.rename(root)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return err })
	return root
}

const rootLong = `crdb-kube takes a Kubernetes context and ends with a CockroachDB that answers
SQL, and says at each moment what it waits for and why. It runs on minikube,
kind, k3d and any real cluster; nothing is installed there but the database.

No data is deleted unless a command asks for it by name, and what crdb-kube
did not make, it does not touch. Any command can be interrupted and run again.`
