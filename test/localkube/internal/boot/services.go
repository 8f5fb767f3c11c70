package boot

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/machine"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/process"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

// service is a program of the machine.
type service struct {
	name string
	args []string
	env  []string
	log  *os.File
}

// set is all programs of a machine.
type set struct{ containerd, pause, kubelet, proxy *service }

// services says how the machine's programs are called, and opens their logs.
func services(s *state.State, m state.Machine) (set, error) {
	own := machine.Folder
	components := own + "/bin/localkube-components"
	var faults error
	program := func(name string, args ...string) *service {
		log, err := openLog(s.Log(m.Name + "/" + name))
		if err != nil {
			faults = err
		}
		return &service{name: name, args: args, log: log, env: []string{
			"PATH=" + os.Getenv("PATH"), "HOME=/root", process.Mark(m.Name+"/"+name, s.Dir),
		}}
	}
	all := set{
		containerd: program("containerd", "containerd", "--config", own+"/containerd.toml"),
		pause:      program("load", "ctr", "--address", machine.Socket, "--namespace", "k8s.io", "images", "import", own+"/pod.tar"),
		kubelet: program("kubelet", components, "kubelet",
			"--config", own+"/kubelet.yaml", "--kubeconfig", own+"/kubelet.conf", "--root-dir", "/var/lib/kubelet",
			"--hostname-override", m.Name, "--node-ip", s.Network.MachineAddress(m.Index),
			"--node-labels", "topology.kubernetes.io/zone="+m.Zone),
		proxy: program("kube-proxy", components, "kube-proxy",
			"--kubeconfig", own+"/kube-proxy.conf", "--hostname-override", m.Name, "--proxy-mode", "iptables",
			"--cluster-cidr", s.Network.Pods(), "--healthz-bind-address", "127.0.0.1:10256", "--metrics-bind-address", "127.0.0.1:10249",
			// These are the whole host's and not a machine's to set.
			"--conntrack-max-per-core", "0", "--conntrack-tcp-timeout-established", "0s", "--conntrack-tcp-timeout-close-wait", "0s"),
	}
	return all, faults
}

func openLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}

// awaitAPI waits until the API server can be reached from the machine, so that
// the kubelet need not back off. If it cannot, the kubelet starts all the same
// and goes on trying, as on any machine.
func awaitAPI(ctx context.Context, s *state.State, limit time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	client := &http.Client{
		Timeout:   time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, // nothing is told to it
	}
	address := fmt.Sprintf("https://%s:%d/readyz", s.Network.Gateway(), s.Ports["kube-apiserver"])
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return
		}
		if answer, err := client.Do(request); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-ctx.Done():
			say("%s does not answer; the kubelet starts without it", address)
			return
		case <-tick.C:
		}
	}
}
