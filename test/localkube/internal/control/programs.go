package control

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/machine"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/process"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

// The names of the processes in the host's namespaces, which are also the
// names of their logs and ports.
const (
	Etcd        = "etcd"
	APIServer   = "kube-apiserver"
	Controllers = "kube-controller-manager"
	Scheduler   = "kube-scheduler"
	Gateway     = "gateway"
	CoreDNS     = "coredns"
	Kwok        = "kwok"
	Provisioner = "provisioner"
	LocalPath   = "local-path-provisioner"
)

// PortNames lists what needs a port of its own on 127.0.0.1.
func PortNames() []string {
	return []string{Etcd, "etcd-peers", APIServer, Controllers, Scheduler, CoreDNS}
}

// Start starts one of the programs and records it.
func Start(s *state.State, name string) (*process.Running, error) {
	args, err := arguments(s, name)
	if err != nil {
		return nil, err
	}
	running, err := process.Start(process.Command{Name: name, Dir: s.Dir, Log: s.Log("control/" + name), Args: args})
	if err != nil {
		return nil, err
	}
	return running, s.Record(running.Ref)
}

// arguments is the command line of a program.
func arguments(s *state.State, name string) ([]string, error) {
	switch name {
	case Etcd, APIServer, Controllers, Scheduler:
		components, err := machine.Components(s)
		if err != nil {
			return nil, err
		}
		flags := map[string]func(*state.State) []string{
			Etcd: etcd, APIServer: apiServer, Controllers: controllers, Scheduler: scheduler,
		}[name](s)
		return append([]string{components, name}, flags...), nil
	case Gateway, Provisioner:
		self, err := machine.Self()
		if err != nil {
			return nil, err
		}
		return append([]string{self, name}, own(s, name)...), nil
	}
	path := filepath.Join(s.Bin, name)
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%s: not found in %s: `make bin/%s` builds it", name, s.Bin, name)
	}
	flags := map[string]func(*state.State) []string{CoreDNS: coreDNS, Kwok: kwok, LocalPath: localPath}[name]
	return append([]string{path}, flags(s)...), nil
}

func etcd(s *state.State) []string {
	clients := fmt.Sprintf("http://127.0.0.1:%d", s.Ports[Etcd])
	peers := fmt.Sprintf("http://127.0.0.1:%d", s.Ports["etcd-peers"])
	return []string{
		"--data-dir", s.Path("etcd"), "--unsafe-no-fsync",
		"--listen-client-urls", clients, "--advertise-client-urls", clients,
		"--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", "default=" + peers,
	}
}

func apiServer(s *state.State) []string {
	flags := []string{
		"--etcd-servers", fmt.Sprintf("http://127.0.0.1:%d", s.Ports[Etcd]),
		"--bind-address", "127.0.0.1", "--secure-port", strconv.Itoa(s.Ports[APIServer]),
		"--tls-cert-file", s.PKI("kube-apiserver.crt"), "--tls-private-key-file", s.PKI("kube-apiserver.key"),
		"--client-ca-file", s.PKI("ca.crt"),
		"--authorization-mode", "Node,RBAC", "--enable-admission-plugins", "NodeRestriction",
		"--service-account-issuer", "https://kubernetes.default.svc",
		"--service-account-key-file", s.PKI("service-account.key"),
		"--service-account-signing-key-file", s.PKI("service-account.key"),
		"--service-cluster-ip-range", s.Network.Services(),
		"--kubelet-client-certificate", s.PKI("kubelet-client.crt"), "--kubelet-client-key", s.PKI("kubelet-client.key"),
		"--kubelet-certificate-authority", s.PKI("ca.crt"), "--kubelet-preferred-address-types", "InternalIP",
		"--allow-privileged",
		"--audit-policy-file", s.Config("audit-policy.yaml"), "--audit-log-path", s.Path("logs", "audit.json"),
	}
	if len(s.Machines) == 0 {
		// An endpoint on a loopback address is not allowed.
		return append(flags, "--endpoint-reconciler-type", "none")
	}
	return append(flags, "--advertise-address", s.Network.Gateway())
}

func controllers(s *state.State) []string {
	config := s.Config("kube-controller-manager.conf")
	return []string{
		"--kubeconfig", config, "--authentication-kubeconfig", config, "--authorization-kubeconfig", config,
		"--bind-address", "127.0.0.1", "--secure-port", strconv.Itoa(s.Ports[Controllers]),
		"--service-account-private-key-file", s.PKI("service-account.key"), "--root-ca-file", s.PKI("ca.crt"),
		"--cluster-signing-cert-file", s.PKI("ca.crt"), "--cluster-signing-key-file", s.PKI("ca.key"),
		"--use-service-account-credentials", "--leader-elect=false",
		// It asks for some 150 things at its start; the default of 20 a second
		// would be the longest wait of all.
		"--kube-api-qps", "500", "--kube-api-burst", "1000",
		// The default is a folder of the host's, which would be made.
		"--flex-volume-plugin-dir", s.Config("volume-plugins"),
		"--node-monitor-period", "2s", "--node-monitor-grace-period", fmt.Sprintf("%ds", machine.LeaseSeconds),
	}
}

func scheduler(s *state.State) []string {
	config := s.Config("kube-scheduler.conf")
	return []string{
		"--kubeconfig", config, "--authentication-kubeconfig", config, "--authorization-kubeconfig", config,
		"--bind-address", "127.0.0.1", "--secure-port", strconv.Itoa(s.Ports[Scheduler]), "--leader-elect=false",
	}
}

func coreDNS(s *state.State) []string { return []string{"-conf", s.Config("Corefile")} }

func kwok(s *state.State) []string {
	return []string{
		"--kubeconfig", s.Config("kwok.conf"), "--config", s.Config("kwok-stages.yaml"),
		"--manage-all-nodes=false", "--manage-nodes-with-annotation-selector", SimulatedAnnotation + "=fake",
		"--cidr", s.Network.SimulatedPods(), "--node-lease-duration-seconds", strconv.Itoa(2 * machine.LeaseSeconds),
		"--server-address", "", "--enable-crds", "",
	}
}

// SimulatedAnnotation marks the nodes that kwok plays.
const SimulatedAnnotation = "kwok.x-k8s.io/node"

func localPath(s *state.State) []string {
	return []string{
		"start", "--kubeconfig", s.Config("provisioner.conf"), "--namespace", "kube-system",
		"--config", s.Config("local-path.json"), "--helper-pod-file", s.Config("local-path-pod.yaml"),
		"--helper-image", machine.PauseImage, "--service-account-name", "default", "--configmap-name", "local-path-config",
	}
}

// own are the flags of the programs that localkube itself is.
func own(s *state.State, name string) []string {
	if name == Gateway {
		port := s.Ports[APIServer]
		return []string{
			"--listen", fmt.Sprintf("%s:%d", s.Network.Gateway(), port),
			"--to", fmt.Sprintf("127.0.0.1:%d", port),
		}
	}
	return []string{"--dir", s.Dir}
}

// RequireBinaries is an error that names the first binary not found in dir,
// and how to build it.
func RequireBinaries(dir string, names ...string) error {
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("%s: not found in %s: `make bin/%s` builds it", name, dir, name)
		}
	}
	return nil
}
