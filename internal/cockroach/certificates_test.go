package cockroach

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseCertificates_findsFaultsOfForm(t *testing.T) {
	c := sampleCluster(secure)
	good, other := issued(t, c, newCA(t)).Data(), issued(t, c, newCA(t)).Data()
	for _, test := range []struct {
		what   string
		change func(map[string][]byte)
		want   []string
	}{
		{"good", func(map[string][]byte) {}, []string{}},
		{"more than five", func(d map[string][]byte) { d["ui.crt"] = []byte("hello") }, []string{}},
		{"a chain", func(d map[string][]byte) { d[FileNode] = append(bytes.Clone(d[FileNode]), d[FileCA]...) }, []string{}},
		{"several CAs", func(d map[string][]byte) { d[FileCA] = append(bytes.Clone(other[FileCA]), d[FileCA]...) }, []string{}},
		{"no node key", func(d map[string][]byte) { delete(d, FileNodeKey) }, []string{"node.key: is missing"}},
		{"no root", func(d map[string][]byte) { delete(d, FileRoot); delete(d, FileRootKey) }, []string{
			"client.root.crt: is missing", "client.root.key: is missing",
		}},
		{"empty", func(d map[string][]byte) { d[FileCA], d[FileRootKey] = nil, []byte{} }, []string{"ca.crt: is empty", "client.root.key: is empty"}},
		{"garbage", func(d map[string][]byte) {
			d[FileCA], d[FileNode], d[FileNodeKey] = []byte("a"), []byte("b"), []byte("c")
		}, []string{
			"ca.crt: has no certificate in PEM", "node.crt: has no certificate in PEM", "node.key: has no private key in PEM",
		}},
		{"garbage behind it", func(d map[string][]byte) {
			d[FileNode] = append(bytes.Clone(d[FileNode]), block("CERTIFICATE", []byte("x"))...)
		}, []string{
			"node.crt: certificate 2 in it cannot be read: x509: malformed certificate",
		}},
		{"key of another", func(d map[string][]byte) { d[FileNodeKey] = other[FileNodeKey] }, []string{"node.key: is not the key of node.crt"}},
		{"swapped pairs", func(d map[string][]byte) { d[FileNode], d[FileRoot] = d[FileRoot], d[FileNode] }, []string{
			"node.key: is not the key of node.crt", "client.root.key: is not the key of client.root.crt",
		}},
		{"weak key", func(d map[string][]byte) { d[FileRootKey] = pkcs1(rsaKeys[1024]()) }, []string{
			"client.root.key: is an RSA key of 1024 bits: 2048 to 8192 are taken",
		}},
	} {
		data := maps.Clone(good)
		test.change(data)
		_, faults := c.ParseCertificates(data)
		if diff := cmp.Diff(test.want, errorText(faults)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.what, diff)
		}
	}
}

func TestParseCertificates_namesWhatIsThere(t *testing.T) {
	c := sampleCluster(secure, func(c *Cluster) { c.CertsSecret = "of-mine" })
	const needs = "it needs ca.crt, node.crt, node.key, client.root.crt, client.root.key"
	many := map[string][]byte{}
	for _, name := range "abcdefghij" {
		many[string(name)] = nil
	}
	for _, test := range []struct {
		data map[string][]byte
		want string
	}{
		{nil, "secret/of-mine has nothing; " + needs},
		{map[string][]byte{"tls.key": nil, "tls.crt": nil}, "secret/of-mine has tls.crt, tls.key; " + needs},
		{many, "secret/of-mine has a, b, c, d, e, f, g, h, ...; " + needs},
	} {
		_, faults := c.ParseCertificates(test.data)
		if len(faults) != 5 || faults[2].Error() != "node.key: is missing" || faults[2].Hint != test.want {
			t.Errorf("%d faults, %v, hint %s", len(faults), errorText(faults), faults[0].Hint)
		}
	}
}

func TestCertificates_areFiveFilesThatNobodyChanges(t *testing.T) {
	c, a := sampleCluster(secure), newCA(t)
	s := issued(t, c, a)
	if diff := cmp.Diff([]string{"ca.crt", "client.root.crt", "client.root.key", "node.crt", "node.key"}, slices.Sorted(maps.Keys(s.Data()))); diff != "" {
		t.Error(diff)
	}
	want, data := s.Data(), s.Data()
	again, _ := c.ParseCertificates(data)
	for _, content := range data {
		clear(content)
	}
	if diff := cmp.Diff(want, s.Data()); diff != "" {
		t.Error("who changes Data changes the set")
	}
	if diff := cmp.Diff(want, again.Data()); diff != "" {
		t.Error("who changes the Secret's data changes the set")
	}
	for name, cert := range map[string]string{
		"CN=Cockroach CA,O=Cockroach": s.CACert().Subject.String(), "CN=node,O=Cockroach": s.NodeCert().Subject.String(),
		"CN=root,O=Cockroach": s.RootCert().Subject.String(),
	} {
		if name != cert {
			t.Errorf("is %s, want %s", cert, name)
		}
	}
	var none Certificates
	if none.CACert() != nil || none.NodeCert() != nil || none.RootCert() != nil || len(none.Data()) != 0 {
		t.Error("the zero value has something in it")
	}
}
