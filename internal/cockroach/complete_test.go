package cockroach

import (
	"bytes"
	"crypto/elliptic"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// changed lists the files that differ, in a stable order.
func changed(before, after map[string][]byte) []string {
	names := []string{}
	for _, file := range certificateFiles() {
		if !bytes.Equal(before[file], after[file]) {
			names = append(names, file)
		}
	}
	return names
}

func TestCompleteCertificates_issuesOnlyWhatIsMissingOrBad(t *testing.T) {
	c, a := sampleCluster(secure), newCA(t)
	foreign := issued(t, c, newCA(t)).Data()
	otherCluster := issued(t, sampleCluster(secure, func(c *Cluster) { c.Namespace = "elsewhere" }), a).Data()
	node, root := []string{FileNode, FileNodeKey}, []string{FileRoot, FileRootKey}
	for _, test := range []struct {
		what   string
		change func(map[string][]byte)
		want   []string
	}{
		{"good", func(map[string][]byte) {}, []string{}},
		{"good, with a comment", func(d map[string][]byte) { d[FileNode] = append([]byte("# mine\n"), d[FileNode]...) }, []string{}},
		{"nothing", func(d map[string][]byte) { clear(d) }, certificateFiles()},
		{"no CA", func(d map[string][]byte) { delete(d, FileCA) }, []string{FileCA}},
		{"CA in bits", func(d map[string][]byte) { d[FileCA] = d[FileCA][:40] }, []string{FileCA}},
		{"CA with its key", func(d map[string][]byte) { d[FileCA] = append(d[FileCA], a.KeyPEM()...) }, []string{FileCA}},
		{"CA and more", func(d map[string][]byte) { d[FileCA] = slices.Concat(foreign[FileCA], d[FileCA]) }, []string{}},
		{"no node certificate", func(d map[string][]byte) { delete(d, FileNode) }, node},
		{"no node key", func(d map[string][]byte) { delete(d, FileNodeKey) }, node},
		{"no root key", func(d map[string][]byte) { delete(d, FileRootKey) }, root},
		{"neither pair", func(d map[string][]byte) { d[FileNode], d[FileRootKey] = nil, nil }, append(node, root...)},
		{"key of another", func(d map[string][]byte) { d[FileNodeKey] = d[FileRootKey] }, node},
		{"of another CA", func(d map[string][]byte) { d[FileRoot], d[FileRootKey] = foreign[FileRoot], foreign[FileRootKey] }, root},
		{"other names", func(d map[string][]byte) {
			d[FileNode], d[FileNodeKey] = otherCluster[FileNode], otherCluster[FileNodeKey]
		}, node},
		{"root in the place of node", func(d map[string][]byte) { d[FileNode], d[FileNodeKey] = d[FileRoot], d[FileRootKey] }, node},
	} {
		before := issued(t, c, a).Data()
		test.change(before)
		s, _ := c.ParseCertificates(before)
		done, err := c.CompleteCertificates(s, a, today())
		if err != nil {
			t.Errorf("%s: %v", test.what, err)
			continue
		}
		if diff := cmp.Diff(test.want, changed(before, done.Data())); diff != "" {
			t.Errorf("%s: changed (-want +got):\n%s", test.what, diff)
		}
		again, faults := c.ParseCertificates(done.Data())
		if faults = append(faults, c.CheckCertificates(again, today())...); len(faults) > 0 {
			t.Errorf("%s: not whole: %v", test.what, errorText(faults))
		}
		twice, err := c.CompleteCertificates(again, a, today())
		if err != nil || len(changed(done.Data(), twice.Data())) > 0 {
			t.Errorf("%s: the second time: %v, changed %v", test.what, err, changed(done.Data(), twice.Data()))
		}
	}
}

func TestCompleteCertificates_renewsWhatEnded(t *testing.T) {
	c, a := sampleCluster(secure), newCA(t)
	s := issued(t, c, a)
	late := today().Add(leafLife + day)
	done, err := c.CompleteCertificates(s, a, late)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{FileNode, FileNodeKey, FileRoot, FileRootKey}
	if diff := cmp.Diff(want, changed(s.Data(), done.Data())); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	if faults := c.CheckCertificates(done, late); len(faults) > 0 {
		t.Error(errorText(faults))
	}
}

func TestCompleteCertificates_refusesAnotherCA(t *testing.T) {
	c, a, b := sampleCluster(secure), newCA(t), newCA(t)
	whole := issued(t, c, a).Data()
	for what, data := range map[string]map[string][]byte{
		"whole": whole, "its CA alone": {FileCA: whole[FileCA]},
		"something behind the CA": {FileCA: slices.Concat(whole[FileCA], pkcs8(t, ecKey(t, elliptic.P256())))},
	} {
		s, _ := c.ParseCertificates(data)
		_, err := c.CompleteCertificates(s, b, today())
		want := []string{"ca.crt: is of another CA than the one that is to issue the rest"}
		if !s.Trusts(a) || s.Trusts(b) || s.Trusts(Authority{}) || (Certificates{}).Trusts(a) {
			t.Errorf("%s: trusts others than its own CA", what)
		}
		if diff := cmp.Diff(want, errorText(Faults(err))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

// Where no port may be forwarded, the end in a pod's metrics is all that tells
// an old certificate from a new one.
func TestRenew_neverGivesTheSameEndTwice(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for name, at := range map[string]time.Time{"five years before": now, "where the CA ends first": now.Add(9 * year)} {
		c := sampleCluster()
		a := must[Authority](t)(NewAuthority(now))
		first := must[Certificates](t)(c.Issue(a, at))
		second := must[Certificates](t)(c.Renew(first, a, at))
		if first.Ends().Node.Equal(second.Ends().Node) || second.Ends().Node.Before(first.Ends().Node.Add(-time.Minute)) {
			t.Errorf("%s: until %s, then until %s", name, first.Ends().Node, second.Ends().Node)
		}
		if string(first.Data()[FileCA]) != string(second.Data()[FileCA]) {
			t.Errorf("%s: ca.crt changed", name)
		}
	}
}
