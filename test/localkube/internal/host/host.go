// Package host finds the host's programs that real machines need, and says or
// does what is to be done where one is missing.
package host

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// program is a program that real machines call.
type program struct {
	name string
	// debian is the package that has it on Debian and Ubuntu.
	debian string
}

// programs lists them. The plugins of cniPlugins come with one more package.
func programs() []program {
	return []program{
		{"containerd", "containerd"},
		{"containerd-shim-runc-v2", "containerd"},
		{"ctr", "containerd"},
		{"runc", "runc"},
		{"iptables", "iptables"},
		{"iptables-restore", "iptables"},
		{"mount", "mount"},
	}
}

// cniPlugins are the network plugins that a machine uses.
func cniPlugins() []string { return []string{"ptp", "host-local", "portmap", "loopback"} }

const cniPackage = "containernetworking-plugins"

// CNI returns the folder with the network plugins; empty if there is none with
// all of them.
func CNI() string {
	candidates := append(filepath.SplitList(os.Getenv("CNI_PATH")),
		"/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni", "/usr/local/lib/cni")
	for _, dir := range candidates {
		complete := !slices.ContainsFunc(cniPlugins(), func(name string) bool {
			_, err := os.Stat(filepath.Join(dir, name))
			return err != nil
		})
		if complete {
			return dir
		}
	}
	return ""
}

// WidenPath adds the folders of system programs to PATH, which the users'
// shells of some distributions leave out.
func WidenPath() error {
	path := filepath.SplitList(os.Getenv("PATH"))
	for _, dir := range []string{"/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"} {
		if !slices.Contains(path, dir) {
			path = append(path, dir)
		}
	}
	return os.Setenv("PATH", strings.Join(path, string(filepath.ListSeparator)))
}

// Folders lists the folders that the programs really stand in, so that a
// machine can be given those that are not among the system's own.
func Folders() []string {
	var all []string
	add := func(dir string) {
		if !slices.Contains(all, dir) {
			all = append(all, dir)
		}
	}
	for _, p := range programs() {
		path, err := exec.LookPath(p.name)
		if err != nil {
			continue
		}
		add(filepath.Dir(path))
		if target, err := filepath.EvalSymlinks(path); err == nil {
			add(filepath.Dir(target))
		}
	}
	add(CNI())
	return all
}

// Missing lists the programs that are not there and the Debian packages that
// have them.
func Missing() (names, packages []string) {
	add := func(name, pkg string) {
		names = append(names, name)
		if !slices.Contains(packages, pkg) {
			packages = append(packages, pkg)
		}
	}
	for _, p := range programs() {
		if _, err := exec.LookPath(p.name); err != nil {
			add(p.name, p.debian)
		}
	}
	if CNI() == "" {
		add("CNI plugins ("+strings.Join(cniPlugins(), ", ")+")", cniPackage)
	}
	return names, packages
}

// RequireRoot is an error unless real machines can be made with the rights of
// this process.
func RequireRoot() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("real machines need root (namespaces, mounts, cgroups); as %s use --real 0 --simulated N, or run it with sudo", user())
	}
	return nil
}

func user() string {
	if name := os.Getenv("USER"); name != "" {
		return name
	}
	return fmt.Sprintf("uid %d", os.Geteuid())
}
