package cockroach

import (
	"bytes"
	"crypto/elliptic"
	"strings"
	"testing"
)

// sound says whether faults can be printed: one line, with a field and a reason.
func sound(t *testing.T, faults []*Fault) {
	t.Helper()
	for _, fault := range faults {
		text := fault.Error() + fault.Hint
		if fault.Field == "" || fault.Reason == "" || text != printable(text) {
			t.Errorf("not fit to be printed: %q", text)
		}
	}
}

func FuzzParseAuthority(f *testing.F) {
	key := ecKey(f, elliptic.P256())
	ca := handmadeCA(f, key)
	f.Add(certificatePEM(ca), pkcs8(f, key))
	f.Add(certificatePEM(ca), sec1(f, key))
	f.Add(append(certificatePEM(ca), certificatePEM(ca)...), pkcs1(rsaKeys[2048]()))
	f.Add(pkcs8(f, edKey(f)), []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"))
	f.Add([]byte("-----BEGIN \x1b[31m-----\n-----END \x1b[31m-----\n"), []byte("hello"))
	f.Fuzz(func(t *testing.T, certText, keyText []byte) {
		a, err := ParseAuthority(certText, keyText, today())
		if err != nil {
			if sound(t, Faults(err)); len(Faults(err)) == 0 {
				t.Errorf("no fault: %v", err)
			}
			return
		}
		again, err := ParseAuthority(a.CertPEM(), a.KeyPEM(), today())
		if err != nil || !bytes.Equal(again.CertPEM(), a.CertPEM()) || !bytes.Equal(again.KeyPEM(), a.KeyPEM()) {
			t.Errorf("is another one when it is read again: %v", err)
		}
	})
}

func FuzzParseCertificates(f *testing.F) {
	c, a := sampleCluster(secure), newCA(f)
	good := issued(f, c, a).Data()
	f.Add(good[FileCA], good[FileNode], good[FileNodeKey], good[FileRoot], good[FileRootKey])
	f.Add(good[FileCA], good[FileRoot], good[FileRootKey], []byte{}, good[FileNodeKey])
	own := newOwn(f).data
	f.Add(own[FileCA], own[FileNode], own[FileNodeKey], own[FileRoot], own[FileRootKey])
	f.Add(own[FileCA], good[FileNode], good[FileNodeKey], own[FileRoot], []byte("hello"))
	f.Add([]byte("-----BEGIN CERTIFICATE-----"), []byte("\x1b[2J"), []byte{}, []byte{0}, []byte("\n"))
	f.Fuzz(func(t *testing.T, ca, node, nodeKey, root, rootKey []byte) {
		s, faults := c.ParseCertificates(map[string][]byte{
			FileCA: ca, FileNode: node, FileNodeKey: nodeKey, FileRoot: root, FileRootKey: rootKey,
		})
		sound(t, faults)
		sound(t, c.CheckCertificates(s, today()))
		done, err := c.CompleteCertificates(s, a, today())
		if err != nil {
			if !strings.Contains(err.Error(), "is of another CA than") {
				t.Errorf("cannot be completed: %v", err)
			}
			return
		}
		_, faults = c.ParseCertificates(done.Data())
		if faults = append(faults, c.CheckCertificates(done, today())...); len(faults) > 0 {
			t.Errorf("is not whole: %v", errorText(faults))
		}
	})
}
