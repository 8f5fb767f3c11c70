package e2e

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"regexp"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The Secrets that crdb-kube makes.
const (
	caSecret    = "cockroachdb-ca"
	certsSecret = "cockroachdb-certs"
	appSecret   = "cockroachdb-app"
)

// secrets are those in the scenario's namespace under our names, by name.
func (p place) secrets() map[string]corev1.Secret {
	p.t.Helper()
	found := map[string]corev1.Secret{}
	for _, secret := range get[corev1.SecretList](p, "secrets", "-l", ours).Items {
		found[secret.Name] = secret
	}
	return found
}

// data is what one Secret holds.
func (p place) data(secret string) map[string][]byte {
	p.t.Helper()
	return get[corev1.Secret](p, "secret", secret).Data
}

// keeps wants that these keys of the CA and of the application's Secret have
// the bytes that they had: nobody is locked out.
func (p place) keeps(before map[string]corev1.Secret) {
	p.t.Helper()
	for name, keys := range map[string][]string{caSecret: {"ca.crt", "ca.key"}, appSecret: {"password", "uri", "ca.crt"}} {
		for _, key := range keys {
			was, known := before[name].Data[key]
			if !known {
				p.t.Fatalf("secret/%s had no %s: this shows nothing", name, key)
			}
			if diff := cmp.Diff(was, p.data(name)[key]); diff != "" {
				p.t.Errorf("%s of secret/%s is another one", key, name)
			}
		}
	}
}

// putSecret writes a Secret: crdb-kube's, if it has its labels.
func (p place) putSecret(name string, labels map[string]string, data map[string][]byte) {
	p.t.Helper()
	p.putSecrets(labels, map[string]map[string][]byte{name: data})
}

// putSecrets writes several with the same labels.
func (p place) putSecrets(labels map[string]string, data map[string]map[string][]byte) {
	p.t.Helper()
	var all []corev1.Secret
	for name, one := range data {
		all = append(all, corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}, Data: one})
	}
	p.put(all...)
}

func (p place) put(secrets ...corev1.Secret) {
	p.t.Helper()
	list := corev1.SecretList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "List"}, Items: secrets}
	manager := "somebody"
	for i := range list.Items {
		list.Items[i].TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}
		list.Items[i].Type = corev1.SecretTypeOpaque
		if len(secrets[i].Labels) > 0 { // as if crdb-kube had written it
			manager = "crdb-kube"
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		p.t.Fatal(err)
	}
	p.kubectlWith(string(text), "apply", "--server-side", "--force-conflicts", "--field-manager="+manager, "-f", "-")
}

// ourLabels are those of everything that crdb-kube makes for a cluster.
func ourLabels(name string) map[string]string {
	return map[string]string{
		"app.kubernetes.io/name": "cockroachdb", "app.kubernetes.io/instance": name, "app.kubernetes.io/managed-by": "crdb-kube",
	}
}

// shown is the certificate that a pod shows on its HTTP port.
func (p place) shown(pod string) *x509.Certificate {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	forward := p.suite.command(ctx, p.cluster, "-n", p.namespace, "port-forward", "pod/"+pod, ":8080")
	defer func() {
		cancel()
		_ = forward.Wait() // it was killed
	}()
	stdout, err := forward.StdoutPipe()
	if err == nil {
		err = forward.Start()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	port := regexp.MustCompile(`127\.0\.0\.1:(\d+)`).FindStringSubmatch(line)
	if err != nil || port == nil {
		p.t.Fatalf("kubectl port-forward pod/%s: %q, %v", pod, line, err)
	}
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // whoever it is, it is looked at
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", port[1]))
	if err != nil {
		p.t.Fatalf("%s does not speak TLS: %v", pod, err)
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
}

// allShow wants that every pod shows the node certificate of this Secret, and
// that `certs` says so.
func (p place) allShow(secret string) {
	p.t.Helper()
	want := certificateIn(p.t, p.data(secret)["node.crt"])
	for _, pod := range p.pods() {
		if got := p.shown(pod.Name); !got.Equal(want) {
			p.t.Errorf("%s shows serial %x until %s, want %x until %s", pod.Name, got.SerialNumber, got.NotAfter, want.SerialNumber, want.NotAfter)
		}
	}
	if stale := p.staleByCerts(); len(stale) > 0 {
		p.t.Errorf("certs says that %s do not show the certificate of the secret", strings.Join(stale, " "))
	}
}

// staleByCerts are the pods that `certs` says do not use what is in the Secret.
func (p place) staleByCerts() []string {
	p.t.Helper()
	var view struct {
		Pods []struct {
			Name    string
			Current *bool
		}
	}
	got := p.crdb("certs", "-o", "json").ok()
	err := json.Unmarshal([]byte(got.stdout), &view)
	if err == nil && len(view.Pods) != len(p.pods()) {
		err = errors.New("not all pods are there")
	}
	if err != nil {
		p.t.Fatalf("%s: %v\n%s", got.command, err, got.all())
	}
	var stale []string
	for _, pod := range view.Pods {
		if pod.Current == nil || !*pod.Current {
			stale = append(stale, pod.Name)
		}
	}
	return stale
}
