package boot

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/host"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/machine"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

// systemFolders are the host's folders that a machine sees, read-only. All
// else under / is the machine's own, so that nothing a pod does to its host
// reaches the real one, and two machines never share a directory by accident.
func systemFolders() []string {
	return []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/nix", "/gnu"}
}

// enterRoot makes the machine's root from its folder and moves into it.
func enterRoot(s *state.State, m state.Machine) error {
	self, err := machine.Self()
	if err != nil {
		return err
	}
	components, err := machine.Components(s)
	if err != nil {
		return err
	}
	root := s.Root(m.Name)
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("mounts of this machine: %w", err)
	}
	if err := bind(root, root); err != nil {
		return err
	}
	for _, folder := range append(systemFolders(), host.Folders()...) {
		if err := show(folder, root); err != nil {
			return err
		}
	}
	own := filepath.Join(root, machine.Folder)
	for _, pair := range [][2]string{
		{self, own + "/bin/localkube"},
		{components, own + "/bin/localkube-components"},
		{host.CNI(), own + "/cni-plugins"},
	} {
		if err := bindReadOnly(pair[0], pair[1]); err != nil {
			return err
		}
	}
	if s.Storage == "immediate" {
		if err := bind(s.Shared(), root+"/tmp/hostpath-provisioner"); err != nil {
			return err
		}
	}
	if err := kernelFolders(root); err != nil {
		return err
	}
	return pivot(root)
}

// kernelFolders mounts what the kernel provides, and an empty /run.
func kernelFolders(root string) error {
	for _, m := range []struct {
		source, folder, kind string
		flags                uintptr
		data                 string
	}{
		{"proc", "/proc", "proc", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
		{"/sys", "/sys", "", unix.MS_BIND | unix.MS_REC, ""},
		{"/dev", "/dev", "", unix.MS_BIND | unix.MS_REC, ""},
		{"tmpfs", "/run", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV, "mode=755"},
	} {
		if err := os.MkdirAll(root+m.folder, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.source, root+m.folder, m.kind, m.flags, m.data); err != nil {
			return fmt.Errorf("mount %s: %w", m.folder, err)
		}
	}
	if err := os.MkdirAll(root+"/run/lock", 0o1777); err != nil {
		return err
	}
	return link("/run", root+"/var/run")
}

// show makes a folder of the host visible at its own path under root. A
// symbolic link of the host's becomes the same link; what is not there or is
// shown already is passed over.
func show(folder, root string) error {
	info, err := os.Lstat(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		to, err := os.Readlink(folder)
		if err != nil {
			return err
		}
		return link(to, root+folder)
	}
	for _, shown := range systemFolders() {
		if strings.HasPrefix(folder, shown+"/") {
			return nil
		}
	}
	return bindReadOnly(folder, root+folder)
}

func link(to, path string) error {
	err := os.Symlink(to, path)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// bind makes source visible at target too, with all mounted below it; target
// is made where it is missing.
func bind(source, target string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if info.IsDir() {
		err = os.MkdirAll(target, 0o755)
	} else {
		err = touch(target)
	}
	if err != nil {
		return err
	}
	if err := unix.Mount(source, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind %s to %s: %w", source, target, err)
	}
	return nil
}

func bindReadOnly(source, target string) error {
	if err := bind(source, target); err != nil {
		return err
	}
	// Where the kernel does not allow that, the mount has flags that must stay.
	for _, flags := range []uintptr{0, unix.MS_NODEV, unix.MS_NOSUID | unix.MS_NODEV} {
		if err := unix.Mount("", target, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|flags, ""); err == nil {
			return nil
		}
	}
	return fmt.Errorf("bind %s: cannot be made read-only", target)
}

func touch(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	return f.Close()
}

// pivot makes root the root directory and lets go of the host's.
func pivot(root string) error {
	if err := os.Chdir(root); err != nil {
		return err
	}
	// Old and new root on one place, then the upper one off: no folder needed.
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("root of this machine: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("root of this machine: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	// Pods may ask for mounts that propagate; within the machine they can.
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "")
}
