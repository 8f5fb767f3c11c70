package cli

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// localhost is the name of this machine that every certificate of the cluster
// is issued for.
const localhost = "localhost"

type forwardFlags struct {
	port    int
	root    bool
	secrecy secrecyFlag
	timeout *time.Duration
	// command is what stands behind the dashes; nil: nothing.
	command []string
}

func (a *app) forward() *cobra.Command {
	var f forwardFlags
	cmd := &cobra.Command{
		Use:   "forward [flags] [-- COMMAND [ARGS]]",
		Short: "SQL on a local port, or a command that is run with it",
		Long: `forward makes the database answer on a port of this machine, through the API
server, for as long as it runs. Connections go to a pod that is ready; when that
one goes, the next connections go to another.

With a command it runs that, with DATABASE_URL (and COCKROACH_URL, PGHOST,
PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE, PGSSLROOTCERT) in its
environment, on a free port, and ends with it. Signals reach the command, and
the exit code is the command's: 128 and the number of the signal where one
ended it, 127 where there is no such command. Codes of forward itself, such as
6 where there is no cluster, come before the command was started.`,
		Example: `  crdb-kube forward
  crdb-kube forward -- go test ./...
  crdb-kube forward --root -- psql -c 'SHOW DATABASES'`,
		Args: argumentsBehindDashes("a command stands"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.command = args
			if err := f.check(cmd, a.name); err != nil {
				return wrongUse(cmd, err)
			}
			a.running = true
			ctx, cancel := limited(cmd.Context(), *f.timeout)
			defer cancel()
			if len(f.command) > 0 {
				return a.runThrough(ctx, f)
			}
			return a.runForward(ctx, f)
		},
	}
	cmd.Flags().IntVar(&f.port, "port", cockroach.SQLPort, "local port; 0 takes a free one, which is what a command gets by default")
	cmd.Flags().BoolVar(&f.root, "root", false, "connect as root instead of as the application's user")
	cmd.Flags().BoolVar((*bool)(&f.secrecy), "show-secrets", false, "print the password, too")
	f.timeout = timeoutFlag(cmd, 0)
	return cmd
}

// secrecyFlag is set where passwords are to be printed.
type secrecyFlag bool

func (s secrecyFlag) value() cockroach.Secrecy {
	if s {
		return cockroach.Shown
	}
	return cockroach.Hidden
}

func (f *forwardFlags) check(cmd *cobra.Command, name string) error {
	if f.port < 0 || f.port > 65535 {
		return badPort(f.port)
	}
	if len(f.command) > 0 && !cmd.Flags().Changed("port") {
		f.port = 0
	}
	return deploy.Check(name, deploy.Wish{})
}

func badPort(port int) error {
	return &usageError{[]fault{{fmt.Sprintf("--port %d: no such port", port), "1 to 65535, or 0 for a free one"}}}
}

// user is the SQL user that connects.
func (f *forwardFlags) user(c cockroach.Cluster) string {
	if f.root || c.Security == cockroach.Insecure && c.AppUser == "" {
		return cockroach.RootUser
	}
	return c.AppUser
}

// opened is what a forward needs before it begins.
type opened struct {
	access    deploy.Access
	listeners []net.Listener
	port      int
}

// open listens, which fails at once where the port is taken, and finds the cluster.
func (a *app) open(ctx context.Context, port int) (opened, error) {
	at, err := a.dial()
	if err != nil {
		return opened{}, err
	}
	o := opened{}
	if o.listeners, o.port, err = listen(ctx, port); err != nil {
		return o, err
	}
	if o.access, err = deploy.Open(ctx, at.client, deploy.Target{Namespace: at.namespace, Name: a.name}); err != nil {
		o.close()
	}
	return o, err
}

func (o opened) close() {
	for _, listener := range o.listeners {
		_ = listener.Close()
	}
}

// forwarding passes connections on while during runs, and says on stderr what
// there is to say of it.
func (a *app) forwarding(ctx context.Context, o opened, port int, during func(ctx context.Context, pod string) error) error {
	printer := a.printer()
	defer printer.Close()
	return o.access.Forward(ctx, deploy.Forwarding{Port: port, Listeners: o.listeners, Report: printer.Report, Now: a.now}, during)
}

// runForward goes on until it is interrupted.
func (a *app) runForward(ctx context.Context, f forwardFlags) error {
	o, err := a.open(ctx, f.port)
	if err != nil {
		return err
	}
	defer o.close()
	client, err := newClientFiles(ctx, o, f.user(o.access.Cluster))
	if err != nil {
		return err
	}
	defer client.remove()
	err = a.forwarding(ctx, o, cockroach.SQLPort, func(ctx context.Context, pod string) error {
		if err := a.print(forwardResult(o, client, pod, f.secrecy.value())); err != nil {
			return err
		}
		<-ctx.Done()
		return context.Cause(ctx)
	})
	return a.left(ctx, err)
}

// left is the end of a command that goes on until somebody leaves it.
func (a *app) left(ctx context.Context, err error) error {
	if interrupted, ok := interruption(ctx); ok {
		a.said = progress.End{Message: interrupted.Error()}
		return &exitError{signalCode(interrupted.Signal)}
	}
	return err
}

func forwardResult(o opened, client clientFiles, pod string, secrecy cockroach.Secrecy) progress.Result {
	result := progress.Result{
		Headline: fmt.Sprintf("%s answers on %s, through %s; Ctrl-C ends it", o.access.Cluster.Name, net.JoinHostPort(localhost, strconv.Itoa(o.port)), pod),
		Lines:    []progress.Pair{{Label: "url", Text: client.connection.URL(secrecy)}},
	}
	if secrecy == cockroach.Hidden && !client.connection.Password.Empty() {
		result.Lines = append(result.Lines, progress.Pair{
			Label: "note", Form: progress.Prose,
			Text: fmt.Sprintf("the password is in secret/%s, key %s; --show-secrets prints it", o.access.Cluster.AppSecretName(), cockroach.AppKeyPassword),
		})
	}
	return result
}
