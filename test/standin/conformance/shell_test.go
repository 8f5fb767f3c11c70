package conformance

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody is a user whom file modes keep out, which they do not with root.
const nobody = 65534

// shell runs a script in the program under the name sh, as nobody where this
// is root.
func shell(t *testing.T, script string) (code int, stderr string) {
	t.Helper()
	cmd := exec.Command(program)
	cmd.Args = []string{"/bin/sh", "-c", script}
	var errs buffer
	cmd.Stderr = &errs
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), errs.String()
}

// mounted makes of dir a mounted Secret: links to files 0440 root:nobody.
func mounted(t *testing.T, dir string) string {
	t.Helper()
	mount := folder(t)
	data := filepath.Join(mount, "..data")
	if err := os.Symlink(dir, data); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ca.crt", "node.crt", "node.key", "client.root.crt", "client.root.key"} {
		err := os.Symlink(filepath.Join("..data", name), filepath.Join(mount, name))
		if err == nil {
			err = os.Chmod(filepath.Join(dir, name), 0o440)
		}
		if err == nil && os.Getuid() == 0 {
			err = os.Chown(filepath.Join(dir, name), 0, nobody)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return mount
}

// TestShell_copiesCertificatesForTheDatabase is what a pod's init container
// and a rotation do: the copies are 0400 the second time, too, when the first
// ones cannot be written to.
func TestShell_copiesCertificatesForTheDatabase(t *testing.T) {
	t.Parallel()
	if !isStandIn() {
		t.Log("the real image has a shell of its own: nothing to prove here")
		return
	}
	ca := newAuthority(t)
	secret, certs := ca.certsDir(t), folder(t)
	mount := mounted(t, secret)
	if os.Getuid() == 0 {
		if err := os.Chown(certs, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	names := strings.Fields("ca.crt node.crt node.key client.root.crt client.root.key")
	script := "cd " + mount + "/..data && umask 077 && cp -f " + strings.Join(names, " ") + " " + certs + "/"
	copied := func() {
		t.Helper()
		for _, name := range names {
			info, err := os.Lstat(filepath.Join(certs, name))
			if err != nil || info.Mode() != 0o400 {
				t.Errorf("%s: %v %v, want a file with mode 0400", name, info, err)
				continue
			}
			want, _ := os.ReadFile(filepath.Join(secret, name))
			if got, err := os.ReadFile(filepath.Join(certs, name)); err != nil || string(got) != string(want) {
				t.Errorf("%s: another content: %v", name, err)
			}
		}
	}
	if code, stderr := shell(t, script); code != 0 || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	copied()
	a := loud(t, certs)
	old := served(a.rpc)
	ca.fill(t, secret)
	mounted(t, secret)
	if code, stderr := shell(t, script+" && kill -HUP 99999999"); code != 1 || !strings.HasPrefix(stderr, "sh: kill: ") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	copied()
	if served(a.rpc) != old {
		t.Error("loaded without the signal")
	}
	if os.Getuid() != 0 { // else the process is not nobody's to signal
		if code, stderr := shell(t, fmt.Sprintf("kill -HUP %d", a.cmd.Process.Pid)); code != 0 {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
	} else {
		a.signal(t, syscall.SIGHUP)
	}
	a.awaitLog(t, `"Success":true`)
	if served(a.rpc) == old {
		t.Error("the old certificate is served")
	}
}

func TestShell_saysWhoseItIs(t *testing.T) {
	t.Parallel()
	if !isStandIn() {
		t.Log("the real image has a shell of its own: nothing to prove here")
		return
	}
	for _, script := range []string{"ls", "cp a b; rm b", "echo $HOME"} {
		if code, stderr := shell(t, script); code != 2 || !strings.Contains(stderr, "the stand-in's shell") {
			t.Errorf("%s: exit code %d: %s", script, code, stderr)
		}
	}
}
