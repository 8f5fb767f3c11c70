package host

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// bare is a host whose PATH has only the scripts given, by name.
func bare(t *testing.T, scripts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/bin/sh", filepath.Join(dir, "sh")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	return dir
}

func TestProvide_withoutRoot_saysTheOneCommandToType(t *testing.T) {
	bare(t, map[string]string{"apt-get": "exit 1"})
	i := Installer{Policy: filepath.Join(t.TempDir(), "policy"), Report: func(string) {}, Out: io.Discard}
	err := i.Provide(t.Context())
	if err == nil || !strings.Contains(err.Error(), "type: sudo apt-get install --no-remove --no-upgrade") || !strings.Contains(err.Error(), "containerd runc iptables") {
		t.Errorf("it says %v", err)
	}
}

func TestProvide_onAnotherSystem_saysWhatIsMissing(t *testing.T) {
	bare(t, nil)
	i := Installer{Root: true, Policy: filepath.Join(t.TempDir(), "policy"), Report: func(string) {}, Out: io.Discard}
	if err := i.Provide(t.Context()); err == nil || !strings.Contains(err.Error(), "install them with its package manager") {
		t.Errorf("it says %v", err)
	}
}

func TestProvide_asRoot_installsWithoutStartingServices(t *testing.T) {
	policyFile := filepath.Join(t.TempDir(), "policy")
	plugins := t.TempDir()
	t.Setenv("CNI_PATH", plugins)
	// This apt-get fails until its lists are fresh, and then looks at the policy.
	dir := bare(t, map[string]string{"apt-get": `
d=$(/usr/bin/dirname "$0")
case "$1 $2" in
"update "*) : > "$d/fresh"; exit 0 ;;
"install --no-remove") [ -f "$d/fresh" ] || exit 100 ;;
*) exit 2 ;;
esac
/bin/grep -q 'exit 101' "` + policyFile + `" || exit 3
for p in containerd containerd-shim-runc-v2 ctr runc iptables iptables-restore mount; do /usr/bin/install -m 755 /dev/null "$d/$p"; done
for p in ptp host-local portmap loopback; do : > "` + plugins + `/$p"; done
`})
	said := ""
	i := Installer{Root: true, Policy: policyFile, Report: func(s string) { said = s }, Out: io.Discard}
	if err := i.Provide(t.Context()); err != nil {
		t.Fatal(err)
	}
	if names, _ := Missing(); len(names) > 0 {
		t.Errorf("missing after that: %v (in %s)", names, dir)
	}
	if _, err := os.Stat(policyFile); !os.IsNotExist(err) {
		t.Errorf("the policy is left behind: %v", err)
	}
	if !strings.HasPrefix(said, "installing containerd") {
		t.Errorf("it said %q", said)
	}
}

func TestTidy_removesOnlyOurPolicy(t *testing.T) {
	for text, stays := range map[string]bool{policy: false, "#!/bin/sh\nexit 0\n": true} {
		i := Installer{Policy: filepath.Join(t.TempDir(), "policy")}
		if err := os.WriteFile(i.Policy, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := i.Tidy(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(i.Policy); (err == nil) != stays {
			t.Errorf("policy %q: %v", text, err)
		}
	}
}

func TestProvide_twoAtOnce_installOnce(t *testing.T) {
	plugins := t.TempDir()
	t.Setenv("CNI_PATH", plugins)
	// This apt-get cannot stand another one beside it.
	dir := bare(t, map[string]string{"apt-get": `
d=$(/usr/bin/dirname "$0")
/bin/mkdir "$d/lock" || exit 100
echo "$1" >> "$d/runs"
/bin/sleep 0.2
for p in containerd containerd-shim-runc-v2 ctr runc iptables iptables-restore mount; do /usr/bin/install -m 755 /dev/null "$d/$p"; done
for p in ptp host-local portmap loopback; do : > "` + plugins + `/$p"; done
/bin/rmdir "$d/lock"
`})
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			i := Installer{Root: true, Policy: filepath.Join(dir, "policy"), Report: func(string) {}, Out: io.Discard}
			if err := i.Provide(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	runs, err := os.ReadFile(filepath.Join(dir, "runs"))
	if err != nil || string(runs) != "install\n" {
		t.Errorf("apt-get ran for %q, %v; want one install", runs, err)
	}
}
