package e2e

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func TestTLS_letsRootAndTheApplicationInAndNobodyElse(t *testing.T) {
	p := arrive(t, defaultClass)
	p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods, TLS", "secret/cockroachdb-app, key uri")
	p.writeRow()
	stranger := newAuthority(t, time.Now().Add(day))
	p.putSecret("stranger", nil, stranger.certificates(p.namespace, time.Now().Add(day)))
	p.makeClient(strangers(), asItStands(), verifying(), way{name: "stranger", mounts: []corev1.VolumeMount{
		{Name: "of-another-ca", MountPath: "/of-another-ca"}, {Name: "with-our-ca", MountPath: "/with-our-ca"}, {Name: "ca-alone", MountPath: "/ca-alone"},
	}})

	p.step("root's certificate in a pod gets in", func(p place) {
		if got := p.sql("cockroachdb-1", "SELECT current_user()"); got != "current_user\nroot" {
			p.t.Errorf("current user %q", got)
		}
	})
	p.step("without that certificate, with those of another CA and without TLS nobody gets in", strangersStayOut)
	p.step("the application gets in from another pod by what its Secret says", func(p place) {
		for _, way := range []string{"plain", "verifying"} {
			p.getsIn(way, "current_user\napp", "-e", "SELECT current_user()")
		}
	})
	p.step("not with another password, and not without one", func(p place) {
		at := "@cockroachdb-public:26257/app?sslmode=require&sslrootcert=/ca-alone/ca.crt"
		refused := []string{"password authentication failed for user app"}
		p.staysOut("stranger", refused, "--url", "postgresql://app:another"+at)
		p.staysOut("stranger", refused, "--url", "postgresql://app"+at)
	})
	p.step("it may do what it likes in its own database, and nothing in another", func(p place) {
		p.getsIn("plain", "CREATE TABLE\nINSERT 1\nn\n1", "-e", "CREATE TABLE t (n INT PRIMARY KEY)", "-e", "INSERT INTO t VALUES (1)", "-e", "SELECT n FROM t")
		p.staysOut("plain", []string{"privilege"}, "-e", "CREATE TABLE e2e.t (n INT PRIMARY KEY)")
		p.staysOut("plain", []string{"privilege"}, "-e", "SELECT word FROM e2e.words")
		p.staysOut("plain", []string{"privilege"}, "-e", "CREATE USER another")
	})
	p.step("--insecure is refused from then on", func(p place) {
		p.settle(3)
		before := p.look()
		p.crdb("up", "--insecure").fails(5, "TLS")
		p.same(before)
	})
	p.step("--rotate-app-password gives it another password, and the old one is worth nothing", func(p place) {
		before := p.secrets()
		p.crdb("up", "--rotate-app-password").ok("ready in")
		// The client's variables hold what stood in the Secret when it started.
		p.staysOut("plain", []string{"password authentication failed for user app"})
		if now := p.secrets(); string(now[appSecret].Data["password"]) == string(before[appSecret].Data["password"]) ||
			string(now[caSecret].Data["ca.key"]) != string(before[caSecret].Data["ca.key"]) {
			p.t.Error("want another password, and the same CA")
		}
		p.kubectl("delete", "pod", client, "--grace-period=1")
		p.makeClient(nil, asItStands(), verifying())
		p.getsIn("plain", "n\n1", "-e", "SELECT n FROM t")
		p.getsIn("verifying", "n\n1", "-e", "SELECT n FROM t")
	})
}

// strangers are directories of certificates with which nobody may get in:
// all of another CA; root's by another CA, with ours to trust; ours to trust
// and nothing else.
func strangers() []corev1.Volume {
	secret := func(name string, keys ...string) corev1.VolumeProjection {
		one := corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: name}}
		for _, key := range keys {
			one.Items = append(one.Items, corev1.KeyToPath{Key: key, Path: key})
		}
		return corev1.VolumeProjection{Secret: &one}
	}
	volume := func(name string, sources ...corev1.VolumeProjection) corev1.Volume {
		mode := int32(0o400)
		return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: sources, DefaultMode: &mode}}}
	}
	client := []string{"client.root.crt", "client.root.key"}
	return []corev1.Volume{
		volume("of-another-ca", secret("stranger", append(client, "ca.crt")...)),
		volume("with-our-ca", secret("stranger", client...), secret("cockroachdb-app", "ca.crt")),
		volume("ca-alone", secret("cockroachdb-app", "ca.crt")),
	}
}

func strangersStayOut(p place) {
	host := "--host=cockroachdb-public"
	for _, one := range []struct {
		args  []string
		words []string
	}{
		{[]string{"--certs-dir=/nowhere", host}, []string{"cannot load certificates"}},
		{[]string{"--certs-dir=/ca-alone", host}, []string{"password authentication failed for user root"}},
		{[]string{"--certs-dir=/of-another-ca", host}, []string{"x509: certificate signed by unknown authority"}},
		{[]string{"--certs-dir=/with-our-ca", host}, []string{"tls: "}},
		{[]string{"--insecure", host}, []string{"node is running secure mode, SSL connection required"}},
		{[]string{"--url", "postgresql://root@cockroachdb-public:26257/?sslmode=disable"}, []string{"node is running secure mode"}},
		{[]string{"--url", "postgresql://root@cockroachdb-public:26257/?sslmode=require&sslrootcert=/ca-alone/ca.crt"}, []string{"password authentication failed for user root"}},
		{[]string{"--url", "postgresql://root:root@cockroachdb-public:26257/?sslmode=require&sslrootcert=/ca-alone/ca.crt"}, []string{"password authentication failed for user root"}},
	} {
		p.staysOut("stranger", one.words, one.args...)
	}
	// Inside a pod of the database it is no other.
	got := p.try(p.t.Context(), "exec", "cockroachdb-0", "-c", "cockroachdb", "--", "/cockroach/cockroach", "sql", "--insecure", "-e", "SELECT 'inside'")
	if got.code == 0 || !strings.Contains(got.stderr, "node is running secure mode") {
		p.t.Errorf("--insecure in cockroachdb-0: %s", got)
	}
}
