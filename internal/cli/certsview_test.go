package cli

import (
	"testing"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
)

// allCerts are those that people meet, by the names of their golden files.
func allCerts() map[string]deploy.Certs {
	begin, end := seenAt().Add(-time.Hour), seenAt().Add(20*24*time.Hour)
	one := func(usage, file string, sans ...string) deploy.Certificate {
		return deploy.Certificate{Usage: usage, Secret: "cockroachdb-certs", File: file, SANs: sans, NotBefore: begin, NotAfter: end}
	}
	unreadable := deploy.Certificate{Usage: "client root", Secret: "mine", File: "client.root.crt", Problem: "is not there"}
	return map[string]deploy.Certs{
		"good": {
			Cluster: cluster(), Seen: seenAt(), AuthorityKey: true,
			Certificates: []deploy.Certificate{one("CA", "ca.crt"), one("node", "node.crt", "localhost", "127.0.0.1"), one("client root", "client.root.crt")},
			Pods: []deploy.PodCertificate{
				{Name: "cockroachdb-0", NotAfter: end, Same: true}, {Name: "cockroachdb-1", NotAfter: begin}, {Name: "cockroachdb-2", Problem: "does not answer"},
			},
		},
		"bad":  {Cluster: cluster(), Seen: seenAt(), Certificates: []deploy.Certificate{unreadable}},
		"none": {Cluster: cluster(), Seen: seenAt()},
	}
}

func TestWriteCerts_inEveryForm(t *testing.T) {
	for name, certs := range allCerts() {
		for _, form := range []output{outputTable, outputWide, outputJSON, outputYAML} {
			t.Run(name+" "+string(form), func(t *testing.T) {
				a, out, errOut := testApp(noInput(), nil)
				if err := a.writeCerts(certs, form); err != nil {
					t.Fatal(err)
				}
				if errOut.Len() != 0 {
					t.Errorf("on stderr: %q", errOut)
				}
				golden(t, "certs-"+name+"."+string(form), out.String())
			})
		}
	}
}
