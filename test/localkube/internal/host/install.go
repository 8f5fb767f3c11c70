package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/turn"
)

// Installer provides missing programs.
type Installer struct {
	// Policy is the file by which Debian is told not to start services.
	Policy string
	// Root says that the rights are there to install something.
	Root bool
	// Report is told before anything is installed.
	Report func(string)
	// Out gets what apt-get says.
	Out io.Writer
}

// NewInstaller makes one for this host.
func NewInstaller(report func(string), out io.Writer) Installer {
	return Installer{Policy: "/usr/sbin/policy-rc.d", Root: os.Geteuid() == 0, Report: report, Out: out}
}

const installing = "apt-get install --no-remove --no-upgrade --no-install-recommends -y"

// Provide sees to it that all programs are there: it installs what is missing
// where that can be done without removing or replacing anything (root, on
// Debian and its relatives), else the error says the command to type.
func (i Installer) Provide(ctx context.Context) error {
	names, packages := Missing()
	if len(names) == 0 {
		return nil
	}
	command := installing + " " + strings.Join(packages, " ")
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("%s: not on this host's PATH; install them with its package manager (on Debian: %s)", strings.Join(names, ", "), strings.Join(packages, " "))
	}
	if !i.Root {
		return fmt.Errorf("%s: not on this host's PATH; type: sudo %s", strings.Join(names, ", "), command)
	}
	release, err := turn.Take(ctx, "installing packages")
	if err != nil {
		return err
	}
	defer release()
	if names, packages = Missing(); len(names) == 0 {
		return nil // another localkube has installed them meanwhile
	}
	i.Report("installing " + strings.Join(packages, " ") + " (apt-get; nothing is removed or replaced, no service started)")
	restore, err := i.denyServices()
	if err != nil {
		return err
	}
	defer restore()
	if err := i.install(ctx, packages); err != nil {
		return err
	}
	if names, _ := Missing(); len(names) > 0 {
		return fmt.Errorf("%s: still not there after %s", strings.Join(names, ", "), command)
	}
	return nil
}

// install runs apt-get, and once more with fresh package lists where the old
// ones do not serve. A fresh machine often installs something by itself at
// that moment: that is waited for.
func (i Installer) install(ctx context.Context, packages []string) error {
	command := installing + " -o DPkg::Lock::Timeout=300 " + strings.Join(packages, " ")
	run := func(line string) error {
		cmd := exec.CommandContext(ctx, "sh", "-c", line)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		cmd.Stdout, cmd.Stderr = i.Out, i.Out
		return cmd.Run()
	}
	if run(command) == nil {
		return nil
	}
	stale := run("apt-get update")
	if err := run(command); err != nil {
		if stale != nil {
			return fmt.Errorf("apt-get update: %w; %s: %w", stale, command, err)
		}
		return fmt.Errorf("%s: %w", command, err)
	}
	return nil
}

// policy is what our policy file says.
const policy = "#!/bin/sh\n# made by localkube while it installs packages; safe to delete\nexit 101\n"

// denyServices keeps a freshly installed containerd from being started as a
// service, by the means that Debian has for it. A policy that is there already
// stays as it is.
func (i Installer) denyServices() (restore func(), err error) {
	if err := i.Tidy(); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(i.Policy, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return func() {}, nil
	}
	if err != nil {
		return nil, err
	}
	_, err = f.WriteString(policy)
	return func() { _ = os.Remove(i.Policy) }, errors.Join(err, f.Close())
}

// Tidy removes a policy that a killed installation left.
func (i Installer) Tidy() error {
	text, err := os.ReadFile(i.Policy)
	if err != nil || string(text) != policy {
		return nil //nolint:nilerr // there is none, or it is not ours to read
	}
	return os.Remove(i.Policy)
}
