// Package command is localkube's command line: flags become values, errors become
// an exit code.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/cluster"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/host"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/machine"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/storage"
)

// Main runs the command line and returns the exit code: 0, or 1 with the
// reason on stderr, or 2 for wrong use.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if err := host.WidenPath(); err != nil {
		fmt.Fprintln(stderr, "error:", err)
		return 1
	}
	root := newRoot() //nolint:contextcheck // ExecuteContext hands it to the commands
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	_, misused := errors.AsType[wrongUse](err)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, cluster.ErrNotWell):
		return 1
	case misused:
		fmt.Fprintln(stderr, "error:", err)
		return 2
	}
	fmt.Fprintln(stderr, "error:", err)
	return 1
}

// wrongUse is a fault of the command line.
type wrongUse struct{ error }

// app is what the commands share.
type app struct{ dir string }

func newRoot() *cobra.Command {
	a := &app{}
	root := &cobra.Command{
		Use:   "localkube",
		Short: "A real Kubernetes of several machines on one Linux machine, without Docker and without a registry",
		Long: `localkube runs a real Kubernetes on this Linux machine, for tests: etcd,
kube-apiserver (with an audit log), kube-controller-manager, kube-scheduler,
CoreDNS, and machines. Real machines are namespaces of this host with a root
directory, a containerd, a kubelet and a kube-proxy of their own; they need
root. Simulated ones are played by kwok and need nothing.

Everything stands in one folder, --dir; clusters in different folders do not
disturb each other. "localkube kubectl" is kubectl, and so is a link of that
name to this program.`,
		SilenceUsage: true, SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return wrongUse{err} })
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(
		a.up(), a.down(), a.load(), a.status(), a.kubeconfig(), kubectlHelp(),
		a.machine(), a.server("apiserver", "kube-apiserver"), a.server("etcd", "etcd"),
	)
	root.AddCommand(a.inner()...)
	return root
}

// withDir gives a command the flag --dir, made absolute before it runs.
func (a *app) withDir(c *cobra.Command) *cobra.Command {
	c.Flags().StringVar(&a.dir, "dir", "", "the cluster's folder (required)")
	positional := c.Args
	c.Args = func(c *cobra.Command, args []string) error {
		if err := positional(c, args); err != nil {
			return wrongUse{err}
		}
		if a.dir == "" {
			return wrongUse{errors.New("--dir: say which folder the cluster stands in")}
		}
		dir, err := filepath.Abs(a.dir)
		if err != nil {
			return err
		}
		// One folder has one name, whatever links lead to it.
		if target, err := filepath.EvalSymlinks(dir); err == nil {
			dir = target
		} else if parent, err := filepath.EvalSymlinks(filepath.Dir(dir)); err == nil {
			dir = filepath.Join(parent, filepath.Base(dir))
		}
		a.dir = dir
		return nil
	}
	return c
}

func (a *app) up() *cobra.Command {
	o := cluster.Options{}
	c := &cobra.Command{
		Use: "up --dir D", Short: "start a cluster and wait until it is ready", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.Dir, o.Progress = a.dir, c.ErrOrStderr()
			if o.Bin == "" {
				self, err := os.Executable()
				if err != nil {
					return err
				}
				o.Bin = filepath.Dir(self)
			}
			bin, err := filepath.Abs(o.Bin)
			if err != nil {
				return err
			}
			o.Bin = bin
			return cluster.Up(c.Context(), o)
		},
	}
	f := c.Flags()
	f.IntVar(&o.Real, "real", 0, "number of real machines")
	f.IntVar(&o.Simulated, "simulated", 0, "number of simulated machines (8 CPU and 32Gi each)")
	f.StringVar(&o.Storage, "storage", storage.None, "storage set-up: none, immediate, root-owned, wait-for-consumer")
	f.StringSliceVar(&o.Images, "image", nil, "docker-archive to load into every real machine; may be given several times")
	f.StringVar(&o.MachineMemory, "machine-memory", "", "allocatable memory of a real machine, such as 8Gi (default all of the host's)")
	f.StringVar(&o.MachineCPU, "machine-cpu", "", "allocatable CPU of a real machine (default all of the host's)")
	f.StringVar(&o.Bin, "bin", "", "folder with localkube-components, coredns and the others (default this program's own)")
	return a.withDir(c)
}

func (a *app) down() *cobra.Command {
	purge := false
	c := &cobra.Command{
		Use: "down --dir D", Short: "end a cluster, whatever state it is in, and remove everything but its logs", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			logs := cluster.KeepLogs
			if purge {
				logs = cluster.PurgeLogs
			}
			return cluster.Down(c.Context(), a.dir, logs, c.ErrOrStderr())
		},
	}
	c.Flags().BoolVar(&purge, "purge", false, "remove the logs and the folder too")
	return a.withDir(c)
}

func (a *app) load() *cobra.Command {
	return a.withDir(&cobra.Command{
		Use: "load --dir D IMAGE.tar…", Short: "load images (docker-archive) into every real machine", Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := state.Load(a.dir)
			if err != nil {
				return err
			}
			return cluster.Load(c.Context(), s, args, c.ErrOrStderr())
		},
	})
}

func (a *app) status() *cobra.Command {
	return a.withDir(&cobra.Command{
		Use: "status --dir D", Short: "what runs; exit code 1 if not all does", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return cluster.Status(c.Context(), a.dir, c.OutOrStdout())
		},
	})
}

func (a *app) kubeconfig() *cobra.Command {
	return a.withDir(&cobra.Command{
		Use: "kubeconfig --dir D", Short: "print the path of the administrator's kubeconfig", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := state.Load(a.dir)
			if err == nil {
				_, err = fmt.Fprintln(c.OutOrStdout(), s.Kubeconfig())
			}
			return err
		},
	})
}

func (a *app) machine() *cobra.Command {
	group := &cobra.Command{Use: "machine", Short: "stop and start real machines; where their files are", Args: cobra.NoArgs}
	group.AddCommand(
		a.withDir(&cobra.Command{
			Use: "stop NAME --dir D", Short: "cut a machine's power", Args: cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error {
				return cluster.StopMachine(c.Context(), a.dir, args[0], c.ErrOrStderr())
			},
		}),
		a.withDir(&cobra.Command{
			Use: "start NAME --dir D", Short: "start a stopped machine with what is on its disk", Args: cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error {
				return cluster.StartMachine(c.Context(), a.dir, args[0], c.ErrOrStderr())
			},
		}),
		a.withDir(&cobra.Command{
			Use: "path NAME PATH --dir D", Short: "where a path of a machine stands on this host", Args: cobra.ExactArgs(2),
			RunE: func(c *cobra.Command, args []string) error {
				s, err := state.Load(a.dir)
				if err != nil {
					return err
				}
				m, err := s.Machine(args[0])
				if err == nil {
					_, err = fmt.Fprintln(c.OutOrStdout(), machine.HostPath(s, m, args[1]))
				}
				return err
			},
		}),
	)
	return group
}

// server is the command that stops and starts a server of the control plane.
func (a *app) server(word, process string) *cobra.Command {
	group := &cobra.Command{Use: word, Short: "stop and start " + process, Args: cobra.NoArgs}
	group.AddCommand(
		a.withDir(&cobra.Command{
			Use: "stop --dir D", Short: "stop " + process, Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				return cluster.StopServer(c.Context(), a.dir, process, c.ErrOrStderr())
			},
		}),
		a.withDir(&cobra.Command{
			Use: "start --dir D", Short: "start " + process + " again", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				return cluster.StartServer(c.Context(), a.dir, process, c.ErrOrStderr())
			},
		}),
	)
	return group
}
