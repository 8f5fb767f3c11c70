package cockroach

import (
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSANs_areNamesAtEveryLength(t *testing.T) {
	dns, ips := sampleCluster().SANs()
	want := []string{
		"localhost",
		"cockroachdb-public", "cockroachdb-public.default", "cockroachdb-public.default.svc", "cockroachdb-public.default.svc.cluster.local",
		"cockroachdb", "cockroachdb.default", "cockroachdb.default.svc", "cockroachdb.default.svc.cluster.local",
		"*.cockroachdb", "*.cockroachdb.default", "*.cockroachdb.default.svc", "*.cockroachdb.default.svc.cluster.local",
	}
	if diff := cmp.Diff(want, dns); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]net.IP{net.ParseIP("127.0.0.1"), net.ParseIP("::1")}, ips); diff != "" {
		t.Errorf("addresses (-want +got):\n%s", diff)
	}
}

func TestSANs_fitIntoTheDNSAtTheLongestNames(t *testing.T) {
	c := longest()
	if faults := c.nameFaults(); len(faults) > 0 {
		t.Fatal(faults[0])
	}
	longestName := 0
	dns, _ := c.SANs()
	for _, name := range dns {
		longestName = max(longestName, len(name))
		for label := range strings.SplitSeq(name, ".") {
			if len(label) > 63 || label == "" {
				t.Errorf("%s: label of %d characters", name, len(label))
			}
		}
	}
	if longestName != 141 {
		t.Errorf("longest name has %d characters, the comment says 141", longestName)
	}
	if got := len(c.PodName(MaxNodes - 1)); got > 63 {
		t.Errorf("name of the last pod has %d characters", got)
	}
}

func longest() Cluster {
	return sampleCluster(secure, nodes(MaxNodes), func(c *Cluster) {
		c.Name, c.Namespace = strings.Repeat("n", maxName), strings.Repeat("s", 63)
	})
}
