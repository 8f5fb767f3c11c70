// Package machine prepares and starts real machines, seen from the host: what
// stands in a machine's root directory, and its first process.
package machine

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

// Folder is where a machine's own configuration stands in it.
const Folder = "/localkube"

// PauseImage is the image of every pod's first container, which also serves
// where else a small program is needed in a pod.
const PauseImage = "localkube.test/pod:1"

// Socket is containerd's socket in a machine.
const Socket = "/run/containerd/containerd.sock"

// Write writes the configuration of a machine's programs into its root.
func Write(s *state.State, m state.Machine) error {
	kubelet, err := kubeletConfig(s, m)
	if err != nil {
		return err
	}
	network, err := json.MarshalIndent(cniConfig(s, m), "", "  ")
	if err != nil {
		return err
	}
	files := map[string][]byte{
		"kubelet.yaml":              kubelet,
		"cni/10-localkube.conflist": network,
		"containerd.toml":           []byte(containerdConfig(s)),
		"resolv.conf":               []byte("nameserver " + s.Network.DNSService() + "\n"),
	}
	for name, data := range files {
		if err := state.WriteFile(filepath.Join(s.Root(m.Name), Folder, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// containerdConfig writes version 2 of containerd's configuration, which 1.x
// and 2.x read.
func containerdConfig(s *state.State) string {
	snapshotter := "overlayfs"
	var fs unix.Statfs_t
	if err := unix.Statfs(s.Dir, &fs); err == nil && fs.Type == unix.OVERLAYFS_SUPER_MAGIC {
		snapshotter = "native" // overlayfs cannot stand on overlayfs
	}
	return fmt.Sprintf(`version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = %q
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %q
  # Without CAP_SYS_RESOURCE no score may be lowered.
  restrict_oom_score_adj = true
  enable_selinux = false
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "%s/cni-plugins"
    conf_dir = "%s/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = %q
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
`, Socket, PauseImage, Folder, Folder, snapshotter)
}

// cniConfig connects each pod to its machine by a cable of its own, so that
// all of a pod's packets pass the machine's rules for Services, whether the
// kernel shows bridged ones to them or not.
func cniConfig(s *state.State, m state.Machine) any {
	type object = map[string]any
	return object{
		"cniVersion": "0.4.0",
		"name":       "localkube",
		"plugins": []object{
			{
				"type":   "ptp",
				"ipMasq": false,
				"ipam": object{
					"type":    "host-local",
					"dataDir": "/run/cni-addresses", // as short-lived as the pods
					"ranges":  [][]object{{{"subnet": s.Network.PodRange(m.Index)}}},
					"routes":  []object{{"dst": "0.0.0.0/0"}},
				},
			},
			{"type": "portmap", "capabilities": object{"portMappings": true}},
		},
	}
}

// LeaseSeconds is how long a machine that says nothing counts as ready. It is
// half of Kubernetes' default, since tests wait for it.
const LeaseSeconds = 20

func kubeletConfig(s *state.State, m state.Machine) ([]byte, error) {
	reserved, err := reservation(s)
	if err != nil {
		return nil, err
	}
	type object = map[string]any
	return json.MarshalIndent(object{
		"apiVersion":               "kubelet.config.k8s.io/v1beta1",
		"kind":                     "KubeletConfiguration",
		"address":                  s.Network.MachineAddress(m.Index),
		"healthzPort":              0,
		"authentication":           object{"anonymous": object{"enabled": false}, "webhook": object{"enabled": true}, "x509": object{"clientCAFile": Folder + "/ca.crt"}},
		"authorization":            object{"mode": "Webhook"},
		"tlsCertFile":              Folder + "/kubelet.crt",
		"tlsPrivateKeyFile":        Folder + "/kubelet.key",
		"clusterDNS":               []string{s.Network.DNSService()},
		"clusterDomain":            "cluster.local",
		"resolvConf":               Folder + "/resolv.conf",
		"containerRuntimeEndpoint": "unix://" + Socket,
		"volumePluginDir":          "/var/lib/kubelet/plugins-exec",
		"failCgroupV1":             false,
		"cgroupDriver":             "cgroupfs",
		"cgroupRoot":               "/" + s.Cgroup() + "/" + m.Name,
		"enforceNodeAllocatable":   []string{},
		"systemReserved":           reserved,
		"failSwapOn":               false,
		// All machines share the host's memory and disk: only a host in need evicts.
		"evictionHard":                  object{"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
		"imageGCHighThresholdPercent":   100,
		"localStorageCapacityIsolation": false,
		"nodeLeaseDurationSeconds":      LeaseSeconds,
		"nodeStatusUpdateFrequency":     "5s",
	}, "", "  ")
}

// reservation is what a kubelet must set aside so that it reports no more than
// the state asks for.
func reservation(s *state.State) (map[string]string, error) {
	reserved := map[string]string{}
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return nil, err
	}
	var cpus unix.CPUSet
	if err := unix.SchedGetaffinity(1, &cpus); err != nil {
		return nil, err
	}
	memory := resource.NewQuantity(int64(info.Totalram)*int64(info.Unit), resource.BinarySI)
	for _, r := range []struct {
		name, wanted string
		has          *resource.Quantity
	}{
		{"memory", s.MachineMemory, memory},
		{"cpu", s.MachineCPU, resource.NewQuantity(int64(cpus.Count()), resource.DecimalSI)},
	} {
		if r.wanted == "" {
			continue
		}
		wanted, err := resource.ParseQuantity(r.wanted)
		if err != nil {
			return nil, fmt.Errorf("--machine-%s %s: %w", r.name, r.wanted, err)
		}
		if wanted.Cmp(*r.has) > 0 {
			return nil, fmt.Errorf("--machine-%s %s: this host has only %s", r.name, r.wanted, r.has)
		}
		if r.name == "memory" { // the eviction threshold is taken off as well
			wanted.Add(resource.MustParse("100Mi"))
		}
		rest := r.has.DeepCopy()
		rest.Sub(wanted)
		if rest.Sign() > 0 {
			reserved[r.name] = rest.String()
		}
	}
	return reserved, nil
}

// HostPath is where a path of a machine stands on the host, for the paths that
// are its own.
func HostPath(s *state.State, m state.Machine, path string) string {
	const shared = "/tmp/hostpath-provisioner"
	if rest, inside := cutFolder(path, shared); inside && s.Storage == "immediate" {
		return filepath.Join(s.Shared(), rest)
	}
	return filepath.Join(s.Root(m.Name), path)
}

func cutFolder(path, folder string) (string, bool) {
	rest, err := filepath.Rel(folder, path)
	if err != nil || rest == ".." || len(rest) > 2 && rest[:3] == "../" {
		return "", false
	}
	return rest, true
}

// binary is a program that a machine gets under Folder/bin.
func binary(s *state.State, name string) (string, error) {
	path, err := filepath.EvalSymlinks(filepath.Join(s.Bin, name))
	if err != nil {
		return "", fmt.Errorf("%s: not found in %s: `make bin/%s` builds it", name, s.Bin, name)
	}
	return path, nil
}

// Components is the real path of the program that is all of Kubernetes.
func Components(s *state.State) (string, error) { return binary(s, "localkube-components") }

// Self is the real path of this program.
func Self() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}
