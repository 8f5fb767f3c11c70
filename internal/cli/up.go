package cli

import (
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

const upTimeout = 10 * time.Minute

// upFlags are the flags of `up` as they were typed.
type upFlags struct {
	nodes, spares                int
	image, class, hostPath       string
	patch, initSQL               string
	caCert, caKey, certsSecret   string
	appUser                      string
	cpu, memory, storage         *resource.Quantity
	insecure, fresh, yes         bool
	createNamespace, forceOthers bool
	rotatePassword               bool
	grace                        time.Duration
}

func (a *app) up() *cobra.Command {
	var f upFlags
	var timeout *time.Duration
	cmd := &cobra.Command{
		Use:   "up",
		Short: "make the cluster, or make it what the flags say, and wait until it serves",
		Long: `up makes a CockroachDB cluster and waits until it answers SQL. What exists is
used: a flag that is not given means "as it is", the same command twice changes
nothing, and after an interruption it goes on from there.`,
		Example: `  crdb-kube up                        three nodes, sized to the machines
  crdb-kube up --nodes 1              one node, for a laptop
  crdb-kube up --host-path /data      keep the data in a directory of the nodes
  crdb-kube up --insecure             no TLS and no passwords, for a test`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runUp(cmd, f, *timeout) },
	}
	f.describe(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.forceOthers, "force-conflicts", false, "take over fields that somebody else has set")
	flags.BoolVar(&f.rotatePassword, "rotate-app-password", false, "give the application's user a new password")
	flags.BoolVar(&f.fresh, "fresh", false, "delete the cluster with all its data first, and start empty")
	flags.BoolVar(&f.yes, "yes", false, "with --fresh: do not ask")
	f.grace = deploy.DefaultGrace
	flags.Var(&duration{&f.grace}, "grace", "how long to wait for what may pass by itself, such as a registry that is not reached, before it counts as a failure")
	timeout = timeoutFlag(cmd, upTimeout)
	return cmd
}

// describe adds the flags that say what the cluster shall be.
func (f *upFlags) describe(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&f.nodes, "nodes", 3, "number of CockroachDB nodes: 1, or 3 and more")
	flags.StringVar(&f.image, "image", cockroach.DefaultImage, "image of the database, with a tag or digest")
	flags.Var(quantityFlag{"cpu", &f.cpu}, "cpu", "CPU that each pod asks for, such as 2 or 500m (default: what fits)")
	flags.Var(quantityFlag{"memory", &f.memory}, "memory", "memory of each pod, such as 8Gi (default: what fits)")
	flags.Var(quantityFlag{"storage", &f.storage}, "storage", "size of each claim, such as 50Gi (default 10Gi)")
	flags.StringVar(&f.class, "storage-class", "", "StorageClass of the claims (default: the cluster's default class)")
	flags.StringVar(&f.hostPath, "host-path", "", "make volumes of our own under this directory of the nodes")
	flags.IntVar(&f.spares, "spare-volumes", 0, "claims to make beyond those of the nodes")
	flags.StringVar(&f.patch, "patch", "", "merge the YAML in `FILE` over the objects and record it; \"\" removes it, - is stdin")
	flags.StringVar(&f.initSQL, "init-sql", "", "run the SQL in `FILE` once, after the cluster is initialised; - is stdin")
	flags.BoolVar(&f.insecure, "insecure", false, "without TLS and passwords: whoever reaches the port is root")
	flags.StringVar(&f.caCert, "ca-cert", "", "sign the certificates with the CA in `FILE`, PEM; with --ca-key")
	flags.StringVar(&f.caKey, "ca-key", "", "the key of that CA: `FILE`, PEM; it is kept in a Secret")
	flags.StringVar(&f.certsSecret, "certs-secret", "", "take all certificates from this Secret of yours; \"\" goes back to those of crdb-kube")
	flags.StringVar(&f.appUser, "app-user", cockroach.DefaultAppUser, "SQL user to make for the application, with a Secret of its own; \"\" for none")
	flags.BoolVar(&f.createNamespace, "create-namespace", false, "make the namespace if it does not exist")
}

// wish is what was named on the command line.
func (f upFlags) wish(cmd *cobra.Command) deploy.Wish {
	return deploy.Wish{
		Nodes:        given(cmd, "nodes", f.nodes),
		Image:        given(cmd, "image", f.image),
		CPU:          f.cpu,
		Memory:       f.memory,
		Storage:      f.storage,
		StorageClass: given(cmd, "storage-class", f.class),
		HostPath:     given(cmd, "host-path", f.hostPath),
		SpareVolumes: given(cmd, "spare-volumes", f.spares),
		Security:     given(cmd, "insecure", f.security()),
		CertsSecret:  given(cmd, "certs-secret", f.certsSecret),
		AppUser:      given(cmd, "app-user", f.appUser),
	}
}

// checkSecurity finds flags that cannot go together.
func (f upFlags) checkSecurity() error {
	ca := f.caCert != "" || f.caKey != ""
	clash := func(what, hint string) error { return &usageError{[]fault{{what, hint}}} }
	switch {
	case ca && (f.caCert == "" || f.caKey == ""):
		return clash("--ca-cert and --ca-key: one without the other", "a CA signs with its key: give both")
	case ca && f.certsSecret != "":
		return clash("--ca-cert and --certs-secret: certificates are signed here or taken from there", "leave one of them out")
	case ca && f.insecure:
		return clash("--ca-cert and --insecure: an insecure cluster has no certificates", "leave one of them out")
	case f.rotatePassword && f.insecure:
		return clash("--rotate-app-password and --insecure: an insecure cluster has no passwords", "leave one of them out")
	case f.rotatePassword && f.appUser == "":
		return clash("--rotate-app-password and --app-user \"\": there is no user to rotate", "leave one of them out")
	}
	return nil
}

func (f upFlags) security() cockroach.Security {
	if f.insecure {
		return cockroach.Insecure
	}
	return cockroach.TLS
}

// check finds wrong use before any connection is made: the flags alone, laid
// over values that are right.
func (f upFlags) check(name string, wish deploy.Wish) error {
	if err := f.checkSecurity(); err != nil {
		return err
	}
	if f.yes && !f.fresh {
		return &usageError{[]fault{{"--yes: there is nothing to confirm without --fresh", "leave it out, or add --fresh"}}}
	}
	if f.class != "" && f.hostPath != "" {
		return &usageError{[]fault{{"--storage-class and --host-path: only one can hold the data", "leave one of them out"}}}
	}
	return deploy.Check(name, wish)
}

func (a *app) runUp(cmd *cobra.Command, f upFlags, timeout time.Duration) error {
	at, opts, err := a.prepare(cmd, f)
	if err != nil {
		return err
	}
	ctx, cancel := limited(cmd.Context(), timeout)
	defer cancel()
	result, err := a.doUp(ctx, at, opts, question{at: at, command: typed(cmd), yes: f.yes})
	if err != nil {
		return err
	}
	return a.print(upResult(result))
}

// prepare makes options of the flags, and a client. It asks no server.
func (a *app) prepare(cmd *cobra.Command, f upFlags) (connection, deploy.UpOptions, error) {
	wish := f.wish(cmd)
	if err := a.readFiles(cmd, f, &wish); err != nil {
		return connection{}, deploy.UpOptions{}, wrongUse(cmd, err)
	}
	if err := f.check(a.name, wish); err != nil {
		return connection{}, deploy.UpOptions{}, wrongUse(cmd, inFile(err, "patch", f.patch))
	}
	authority, err := a.readAuthority(f.caCert, f.caKey)
	if err != nil {
		return connection{}, deploy.UpOptions{}, wrongUse(cmd, err)
	}
	a.running = true
	at, err := a.dial()
	if err != nil {
		return at, deploy.UpOptions{}, err
	}
	opts, err := a.upOptions(at, f, wish)
	opts.Authority = authority
	return at, opts, err
}

func (a *app) doUp(ctx *deadline, at connection, opts deploy.UpOptions, q question) (deploy.UpResult, error) {
	printer := a.printer()
	defer printer.Close()
	q.app, q.printer, q.clock = a, printer, ctx
	opts.Confirm = q.confirm
	return deploy.Up(ctx, at.client, deploy.Target{Namespace: at.namespace, Name: a.name}, opts, printer.Report)
}

func (a *app) upOptions(at connection, f upFlags, wish deploy.Wish) (deploy.UpOptions, error) {
	holder, err := a.holder("up")
	if err != nil {
		return deploy.UpOptions{}, err
	}
	incarnation, err := random(4)
	opts := deploy.UpOptions{
		Context:      at.context,
		Wish:         wish,
		DefaultImage: cockroach.DefaultImage,
		Lock:         deploy.LockOptions{Holder: holder, Wait: a.waitLock},
		Grace:        f.grace,
		Incarnation:  incarnation,
		Now:          a.now,
	}
	if f.createNamespace {
		opts.Namespace = deploy.CreateNamespace
	}
	if f.forceOthers {
		opts.Conflicts = kube.TakeOver
	}
	if f.fresh {
		opts.Fresh = deploy.Given
	}
	if f.rotatePassword {
		opts.AppPassword = deploy.RotatePassword
	}
	return opts, err
}
