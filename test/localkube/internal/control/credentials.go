// Package control is the control plane: its certificates, its kubeconfigs, and
// how each of its programs is called.
package control

import (
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/machine"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/pki"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

// admins is the group that may do everything.
const admins = "system:masters"

// client is one user of the API server in the host's namespaces.
type client struct {
	file, user string
	groups     []string
}

// clients lists them. CoreDNS, kwok and the provisioners are administrators
// under names of their own: the audit log tells who asked.
func clients() []client {
	return []client{
		{"admin.conf", "localkube-admin", []string{admins}},
		{"kube-controller-manager.conf", "system:kube-controller-manager", nil},
		{"kube-scheduler.conf", "system:kube-scheduler", nil},
		{"coredns.conf", "localkube-coredns", []string{admins}},
		{"kwok.conf", "localkube-kwok", []string{admins}},
		{"provisioner.conf", "localkube-provisioner", []string{admins}},
	}
}

// WriteCredentials makes all certificates and kubeconfigs of the cluster, and
// those of its machines in their roots.
func WriteCredentials(s *state.State) error {
	authority, err := pki.NewAuthority("localkube")
	if err != nil {
		return err
	}
	if err := writePair(s.PKI("ca"), authority.Pair); err != nil {
		return err
	}
	n := s.Network
	for file, identity := range map[string]pki.Identity{
		"kube-apiserver": {User: "kube-apiserver", Names: []string{
			"127.0.0.1", "localhost", n.Gateway(), n.APIService(), "kubernetes", "kubernetes.default",
			"kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
		}},
		"kubelet-client":  {User: "kube-apiserver-kubelet-client", Groups: []string{admins}},
		"service-account": {User: "service-account"}, // only its key is used
	} {
		pair, err := authority.Issue(identity)
		if err != nil {
			return err
		}
		if err := writePair(s.PKI(file), pair); err != nil {
			return err
		}
	}
	for _, c := range clients() {
		pair, err := authority.Issue(pki.Identity{User: c.user, Groups: c.groups})
		if err != nil {
			return err
		}
		server := fmt.Sprintf("https://127.0.0.1:%d", s.Ports[APIServer])
		if err := writeKubeconfig(s.Config(c.file), server, authority, pair); err != nil {
			return err
		}
	}
	admin, err := os.ReadFile(s.Config("admin.conf"))
	if err != nil {
		return err
	}
	if err := state.WriteFile(s.Kubeconfig(), admin, 0o600); err != nil {
		return err
	}
	for _, m := range s.Machines {
		if err := machineCredentials(s, m, authority); err != nil {
			return err
		}
	}
	return nil
}

// machineCredentials writes what a machine's programs identify themselves by.
func machineCredentials(s *state.State, m state.Machine, authority *pki.Authority) error {
	own := filepath.Join(s.Root(m.Name), machine.Folder)
	kubelet, err := authority.Issue(pki.Identity{
		User: "system:node:" + m.Name, Groups: []string{"system:nodes"},
		Names: []string{m.Name, s.Network.MachineAddress(m.Index)},
	})
	if err != nil {
		return err
	}
	proxy, err := authority.Issue(pki.Identity{User: "system:kube-proxy"})
	if err != nil {
		return err
	}
	if err := state.WriteFile(filepath.Join(own, "ca.crt"), authority.Cert, 0o644); err != nil {
		return err
	}
	if err := writePair(filepath.Join(own, "kubelet"), kubelet); err != nil {
		return err
	}
	server := fmt.Sprintf("https://%s:%d", s.Network.Gateway(), s.Ports[APIServer])
	if err := writeKubeconfig(filepath.Join(own, "kubelet.conf"), server, authority, kubelet); err != nil {
		return err
	}
	return writeKubeconfig(filepath.Join(own, "kube-proxy.conf"), server, authority, proxy)
}

func writePair(path string, pair pki.Pair) error {
	if err := state.WriteFile(path+".crt", pair.Cert, 0o644); err != nil {
		return err
	}
	return state.WriteFile(path+".key", pair.Key, 0o600)
}

// writeKubeconfig writes one that holds its certificates itself, so that it
// can be copied anywhere.
func writeKubeconfig(path, server string, authority *pki.Authority, user pki.Pair) error {
	const name = "localkube"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: authority.Cert}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificateData: user.Cert, ClientKeyData: user.Key}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	data, err := clientcmd.Write(*config)
	if err != nil {
		return err
	}
	return state.WriteFile(path, data, 0o600)
}
