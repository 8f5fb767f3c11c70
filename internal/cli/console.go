package cli

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

func (a *app) console() *cobra.Command {
	port := cockroach.HTTPPort
	show := false
	var timeout *time.Duration
	cmd := &cobra.Command{
		Use:   "console",
		Short: "the DB Console on a local port",
		Long: `console makes the DB Console answer on a port of this machine, for as long as
it runs: ` + strconv.Itoa(cockroach.HTTPPort) + `, or where that is taken a free one. It says the address and who
may log in how.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if port < 0 || port > 65535 {
				return wrongUse(cmd, badPort(port))
			}
			if err := deploy.Check(a.name, deploy.Wish{}); err != nil {
				return wrongUse(cmd, err)
			}
			a.running = true
			ctx, cancel := limited(cmd.Context(), *timeout)
			defer cancel()
			o, err := a.open(ctx, port)
			if err != nil && !cmd.Flags().Changed("port") && o.listeners == nil && taken(ctx, port) {
				o, err = a.open(ctx, 0)
			}
			if err != nil {
				return err
			}
			defer o.close()
			return a.runConsole(ctx, o, show)
		},
	}
	cmd.Flags().IntVar(&port, "port", port, "local port; 0 takes a free one")
	cmd.Flags().BoolVar(&show, "open", false, "open it in the browser")
	timeout = timeoutFlag(cmd, 0)
	return cmd
}

// taken says whether somebody listens on a port of this machine already.
func taken(ctx context.Context, port int) bool {
	listeners, _, err := listen(ctx, port)
	opened{listeners: listeners}.close()
	return err != nil
}

func (a *app) runConsole(ctx context.Context, o opened, show bool) error {
	address := o.access.Cluster.HTTPScheme() + "://" + net.JoinHostPort(localhost, strconv.Itoa(o.port))
	err := a.forwarding(ctx, o, cockroach.HTTPPort, func(ctx context.Context, pod string) error {
		result := consoleResult(o.access.Cluster, address, pod)
		if show {
			if err := openBrowser(ctx, address); err != nil {
				result.Lines = append(result.Lines, progress.Pair{Label: "note", Text: "no browser was opened: " + err.Error(), Form: progress.Prose})
			}
		}
		if err := a.print(result); err != nil {
			return err
		}
		<-ctx.Done()
		return context.Cause(ctx)
	})
	return a.left(ctx, err)
}

func consoleResult(c cockroach.Cluster, address, pod string) progress.Result {
	result := progress.Result{Headline: fmt.Sprintf("DB Console on %s, through %s; Ctrl-C ends it", address, pod)}
	add := func(label, text string) {
		result.Lines = append(result.Lines, progress.Pair{Label: label, Text: text, Form: progress.Prose})
	}
	switch {
	case c.Security == cockroach.Insecure:
		add("login", "none: the cluster is insecure, and whoever reaches it sees everything")
		return result
	case c.AppUser == "":
		add("login", "root has no password and cannot log in; CREATE USER name WITH PASSWORD 'x' in crdb-kube sql makes somebody who can")
	default:
		add("login", fmt.Sprintf("user %s, with the password in secret/%s, key %s; root has none and cannot", c.AppUser, c.AppSecretName(), cockroach.AppKeyPassword))
		add("rights", fmt.Sprintf("it sees little but its own; GRANT admin TO %s in crdb-kube sql shows it everything, and lets it do everything", c.AppUser))
	}
	add("note", "browsers warn: the certificate is signed by the cluster's own CA, and is good for "+localhost)
	return result
}

// openBrowser asks the system to show an address.
func openBrowser(ctx context.Context, address string) error {
	command := []string{"xdg-open"}
	switch {
	case os.Getenv("BROWSER") != "":
		command = []string{os.Getenv("BROWSER")}
	case runtime.GOOS == "darwin":
		command = []string{"open"}
	case runtime.GOOS == "windows":
		command = []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), command[0], append(command[1:], address)...)
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }()
	return nil
}
