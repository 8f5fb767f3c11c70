package deploy

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// secret is one that is there, or nil.
func (w *world) secret(namespace, name string) *corev1.Secret {
	w.Helper()
	found, err := w.tracker.Get(corev1.SchemeGroupVersion.WithResource("secrets"), namespace, name)
	if err != nil {
		return nil
	}
	return found.(*corev1.Secret)
}

// nodeCertificate is the one in the Secret that the pods of a cluster mount.
func (w *world) nodeCertificate(namespace, cluster string) *x509.Certificate {
	secret := w.secret(namespace, cluster+"-certs")
	if secret == nil {
		secret = w.secret(namespace, "mine")
	}
	if secret == nil {
		return nil
	}
	block, _ := pem.Decode(secret.Data[cockroach.FileNode])
	cert, err := x509.ParseCertificate(block.Bytes)
	wantNoError(w.T, err)
	return cert
}

// load lets a pod use what is in its Secret now.
func (w *world) load(namespace, pod string) {
	cert := w.nodeCertificate(namespace, clusterOf(pod))
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.loaded == nil {
		w.loaded = map[string]*x509.Certificate{}
	}
	w.loaded[namespace+"/"+pod] = cert
}

func (w *world) shows(namespace, pod string) *x509.Certificate {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.loaded[namespace+"/"+pod]
}

// Certificates shows what a pod has loaded.
func (w *world) Certificates(_ context.Context, at kube.Endpoint) ([]*x509.Certificate, error) {
	if err := w.pass(); err != nil {
		return nil, err
	}
	w.talk("create pods/portforward")
	if w.noForward != nil {
		return nil, w.noForward
	}
	cert := w.shows(at.Namespace, at.Pod)
	if cert == nil {
		return nil, kube.ErrNotAnswering
	}
	return []*x509.Certificate{cert}, nil
}

// shell runs what is sent to a shell in a pod: only the reload.
func (w *world) shell(command kube.Command) (int, error) {
	w.mu.Lock()
	w.reloads++
	deaf := w.deaf > 0
	if deaf {
		w.deaf--
	}
	w.mu.Unlock()
	if !deaf {
		w.load(command.Namespace, command.Pod)
	}
	return 0, nil
}

// script runs statements that come on stdin.
func (w *world) script(command kube.Command) (int, error) {
	text, err := io.ReadAll(command.Stdin)
	if err != nil {
		return 1, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.scripts = append(w.scripts, string(text))
	if w.lostScript != nil {
		return 1, w.lostScript
	}
	if w.badSQL != "" {
		fmt.Fprintln(command.Stderr, strings.ReplaceAll(w.badSQL, "STATEMENT", string(text)))
		return 1, nil
	}
	return 0, nil
}
