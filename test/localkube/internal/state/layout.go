package state

import "path/filepath"

// Path is a place in the cluster's folder.
func (s *State) Path(elements ...string) string {
	return filepath.Join(append([]string{s.Dir}, elements...)...)
}

// Kubeconfig is the administrator's kubeconfig.
func (s *State) Kubeconfig() string { return s.Path("kubeconfig") }

// Config is a file that a component in the host's namespaces reads.
func (s *State) Config(name string) string { return s.Path("control", name) }

// PKI is a certificate or key.
func (s *State) PKI(name string) string { return s.Path("pki", name) }

// Log is the log file of a process; its name may be "machine-1/kubelet".
func (s *State) Log(name string) string {
	return s.Path("logs", filepath.Base(filepath.Dir("/"+name)), filepath.Base(name)+".log")
}

// Root is where the root directory of a real machine stands on the host: the
// machine's /var/lib/x is Root(name)/var/lib/x here.
func (s *State) Root(machine string) string { return s.Path("machines", machine, "root") }

// Shared is the directory that all machines of the set-up "immediate" see as
// /tmp/hostpath-provisioner.
func (s *State) Shared() string { return s.Path("shared", "hostpath-provisioner") }

// Own lists everything in the folder that localkube makes, but the logs.
func Own() []string {
	return []string{"control", "etcd", "images", "kubeconfig", "lock", "machines", "pki", "shared", "state.json", "state.json.new"}
}
