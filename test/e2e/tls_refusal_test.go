package e2e

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"testing"
	"time"
)

// What cannot work, or would lock somebody out, is refused before anything is
// made. All cases of a scenario lie there side by side, so that it looks only
// twice at what there is.

// refusal is an up that must end so.
type refusal struct {
	sentence string
	code     int
	flags    []string
	words    []string
}

// refuses tries them one after the other. None may make or change anything.
func (p place) refuses(all []refusal) {
	p.t.Helper()
	before := p.look()
	for _, one := range all {
		p.t.Run(one.sentence, func(t *testing.T) {
			here := p
			here.t = t
			here.crdb(p.up(append([]string{"--host-path", "/var/lib/crdb-kube-e2e/none"}, one.flags...)...)...).fails(one.code, one.words...)
		})
	}
	p.same(before)
	p.unlocked()
}

func TestTLS_refusesACAThatCannotSignBeforeAnythingIsMade(t *testing.T) {
	p := arrive(t, anyMachines)
	good := newAuthority(t, time.Now().Add(day))
	cert, key := good.files()
	_, otherKey := newAuthority(t, time.Now().Add(day)).files()
	ended, endedKey := newAuthority(t, time.Now().Add(-time.Minute)).files()
	set := good.certificates(p.namespace, time.Now().Add(day))
	leaf, leafKey := file(t, "leaf.crt", set["node.crt"]), file(t, "leaf.key", set["node.key"])
	garbage := file(t, "garbage", []byte("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n"))
	p.refuses([]refusal{
		{"a key that is another CA's", 2, []string{"--ca-cert", cert, "--ca-key", otherKey}, []string{"--ca-key " + otherKey}},
		{"a CA that has ended", 2, []string{"--ca-cert", ended, "--ca-key", endedKey}, []string{"--ca-cert " + ended, "ended"}},
		{"a certificate that is none", 2, []string{"--ca-cert", garbage, "--ca-key", key}, []string{"--ca-cert " + garbage}},
		{"a key that is none", 2, []string{"--ca-cert", cert, "--ca-key", garbage}, []string{"--ca-key " + garbage}},
		{"a certificate that may not sign", 2, []string{"--ca-cert", leaf, "--ca-key", leafKey}, []string{"--ca-cert " + leaf, "CA"}},
		{"a file that is not there", 2, []string{"--ca-cert", cert, "--ca-key", "absent"}, []string{"--ca-key absent"}},
		{"a CA without its key", 2, []string{"--ca-cert", cert}, []string{"--ca-key"}},
		{"a CA for an insecure cluster", 2, []string{"--ca-cert", cert, "--ca-key", key, "--insecure"}, []string{"--insecure"}},
		{"a CA beside a Secret with certificates", 2, []string{"--ca-cert", cert, "--ca-key", key, "--certs-secret", "mine"}, []string{"--certs-secret"}},
		{"certificates for an insecure cluster", 2, []string{"--insecure", "--certs-secret", "mine"}, []string{"--certs-secret"}},
		{"root as the application's user", 2, []string{"--app-user", "root"}, []string{"--app-user root"}},
	})
}

func TestTLS_refusesCertificatesThatCannotWorkBeforeAnythingIsMade(t *testing.T) {
	p := arrive(t, anyMachines)
	mine := newAuthority(t, time.Now().Add(day))
	good := mine.certificates(p.namespace, time.Now().Add(day))
	ended := mine.certificates(p.namespace, time.Now().Add(-time.Minute))
	foreign := newAuthority(t, time.Now().Add(day)).certificates(p.namespace, time.Now().Add(day))
	_, _, unkeyed := sign(t, x509.Certificate{Subject: pkix.Name{CommonName: "node"}, NotAfter: time.Now().Add(day)}, mine)
	pair := func(name string, of map[string][]byte, from string) map[string][]byte {
		return with(with(good, name+".crt", of[from+".crt"]), name+".key", of[from+".key"])
	}
	all := []refusal{{"a Secret that is not there", 1, []string{"--certs-secret", "absent"}, []string{"secret/absent", "not found"}}}
	secrets := map[string]map[string][]byte{}
	for i, one := range []struct {
		sentence string
		data     map[string][]byte
		words    []string
	}{
		{"a key that is missing", without(good, "node.key"), []string{"node.key"}},
		{"a certificate that is missing", without(good, "client.root.crt"), []string{"client.root.crt"}},
		{"a CA that is missing", without(good, "ca.crt"), []string{"ca.crt"}},
		{"a key that is no PEM", with(good, "node.key", []byte("secret")), []string{"node.key"}},
		{"a certificate in another format", with(good, "node.crt", bytes.Repeat([]byte{0x30, 0x82}, 200)), []string{"node.crt"}},
		{"a key of another certificate", with(good, "node.key", good["client.root.key"]), []string{"node.key"}},
		{"a certificate of another key", with(good, "node.crt", unkeyed), []string{"node.key"}},
		{"a node certificate that has ended", pair("node", ended, "node"), []string{"node.crt", "ended"}},
		{"a node certificate of another CA", pair("node", foreign, "node"), []string{"node.crt", "vouched"}},
		{"a node certificate for other names", mine.certificates("elsewhere", time.Now().Add(day)), []string{"node.crt", "cockroachdb-public." + p.namespace}},
		{"a certificate for somebody else than root", pair("client.root", good, "node"), []string{"client.root.crt", "root"}},
	} {
		name := fmt.Sprintf("mine-%d", i)
		secrets[name] = one.data
		all = append(all, refusal{one.sentence, 1, []string{"--certs-secret", name}, append(one.words, "secret/"+name)})
	}
	p.putSecrets(nil, secrets)
	p.refuses(all)
}

// Each case is a cluster of another name, whose Secrets are there before it.
func TestTLS_refusesSecretsUnderItsNamesThatCannotBeUsed(t *testing.T) {
	p := arrive(t, anyMachines)
	ca, other := newAuthority(t, time.Now().Add(365*day)), newAuthority(t, time.Now().Add(365*day))
	ended := newAuthority(t, time.Now().Add(-time.Minute))
	set := ca.certificates(p.namespace, time.Now().Add(100*day))
	otherCert, otherKey := other.files()
	theirs := []string{"--ca-cert", otherCert, "--ca-key", otherKey}
	type secrets map[string]map[string][]byte // by the end of their names
	var all []refusal
	for i, one := range []struct {
		sentence string
		code     int
		secrets  secrets
		flags    []string
		words    []string
	}{
		{"a CA whose key is another's", 1, secrets{"ca": with(ca.secret(), "ca.key", other.keyPEM())}, nil, []string{"-ca", "ca.key"}},
		{"a CA that has ended", 1, secrets{"ca": ended.secret()}, nil, []string{"-ca", "ca.crt", "ended"}},
		{"a CA that is no PEM", 1, secrets{"ca": with(ca.secret(), "ca.crt", []byte("nothing"))}, nil, []string{"-ca", "ca.crt"}},
		{"a CA's Secret without the CA", 1, secrets{"ca": without(ca.secret(), "ca.crt")}, nil, []string{"-ca", "ca.crt"}},
		{"a CA without its key, which has signed nothing", 1, secrets{"ca": without(ca.secret(), "ca.key")}, nil, []string{"-ca", "--ca-key"}},
		{"certificates that lack a key, and whose CA is not there", 1, secrets{"certs": without(set, "node.key")}, nil, []string{"-certs", "node.key", "--ca-key"}},
		{"certificates of another CA than the one that is there", 1, secrets{"ca": other.secret(), "certs": set}, nil, []string{"-certs", "-ca"}},
		{"another CA than the one that is there", 5, secrets{"ca": ca.secret()}, theirs, []string{"-ca", "another CA"}},
		{"another CA than the one that signed what is there", 5, secrets{"certs": set}, theirs, []string{"-certs", "another CA"}},
		{"a CA of somebody else", 5, secrets{"ca": ca.secret()}, nil, []string{"-ca", "was not made by crdb-kube", "somebody"}},
		{"certificates of somebody else", 5, secrets{"certs": set}, nil, []string{"-certs", "was not made by crdb-kube", "somebody"}},
		{"credentials of somebody else", 5, secrets{"app": {"password": []byte("theirs")}}, nil, []string{"-app", "was not made by crdb-kube", "somebody"}},
	} {
		name, named := fmt.Sprintf("db%d", i), secrets{}
		for end, data := range one.secrets {
			named[name+"-"+end] = data
		}
		labels := ourLabels(name)
		if one.words[len(one.words)-1] == "somebody" {
			labels = nil
		}
		p.putSecrets(labels, named)
		one.words[0] = "secret/" + name + one.words[0]
		all = append(all, refusal{one.sentence, one.code, append(one.flags, "--name", name), one.words})
	}
	p.refuses(all)
}
