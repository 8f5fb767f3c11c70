package control

import (
	"embed"
	"fmt"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

//go:embed files
var files embed.FS

// WriteConfig writes the configuration files of the control plane.
func WriteConfig(s *state.State) error {
	entries, err := files.ReadDir("files")
	if err != nil {
		return err
	}
	for _, e := range entries {
		data, err := files.ReadFile("files/" + e.Name())
		if err != nil {
			return err
		}
		if err := state.WriteFile(s.Config(e.Name()), data, 0o644); err != nil {
			return err
		}
	}
	return state.WriteFile(s.Config("Corefile"), []byte(corefile(s)), 0o644)
}

// corefile serves the cluster's own names only: nothing is asked of the world.
func corefile(s *state.State) string {
	return fmt.Sprintf(`.:%d {
  bind %s
  errors
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig %s
    pods verified
    ttl 2
  }
  cache 2
}
`, s.Ports[CoreDNS], s.Network.Gateway(), s.Config("coredns.conf"))
}
