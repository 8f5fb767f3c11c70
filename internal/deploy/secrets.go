package deploy

import (
	"context"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// lookSecrets reads the Secrets under our names. Who may not read them can
// still look at the cluster and stop it: what needs them says so.
func (s *survey) lookSecrets(ctx context.Context, client *kube.Client, target Target) error {
	c := names(target)
	s.secrets = map[string]*corev1.Secret{}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	for _, name := range []string{c.AuthoritySecretName(), c.CertificatesSecretName(), c.AppSecretName()} {
		group.Go(func() error {
			secret, err := client.Secret(ctx, target.Namespace, name)
			mu.Lock()
			defer mu.Unlock()
			if kube.IsForbidden(err) {
				s.secretsHidden = err
				return nil
			}
			if secret != nil {
				s.secrets[name] = secret
			}
			return err
		})
	}
	return group.Wait()
}

// secured is a cluster whose settings are lost with what the rest says of its
// security: the StatefulSet, or the Secrets.
func (s survey) secured(c cockroach.Cluster) cockroach.Cluster {
	c.Security = cockroach.Insecure
	if secret := s.secrets[c.AppSecretName()]; secret != nil {
		c.AppUser = string(secret.Data[cockroach.AppKeyUsername])
	}
	if s.secrets[c.CertificatesSecretName()] != nil {
		c.Security = cockroach.TLS
	}
	if s.set == nil || len(s.set.Spec.Template.Spec.Containers) == 0 {
		return c
	}
	c.Security, c.CertsSecret = cockroach.TLS, ""
	for _, arg := range s.set.Spec.Template.Spec.Containers[0].Args {
		if arg == "--insecure" {
			c.Security = cockroach.Insecure
		}
	}
	for i := range s.set.Spec.Template.Spec.Volumes {
		volume := &s.set.Spec.Template.Spec.Volumes[i]
		if volume.Secret != nil && strings.HasPrefix(volume.Name, "certs") && volume.Secret.SecretName != c.CertificatesSecretName() {
			c.CertsSecret = volume.Secret.SecretName
		}
	}
	return c
}

// prepareSecrets decides what the Secrets will hold, and finds all that is
// wrong with them before anything is made.
func (u *up) prepareSecrets(ctx context.Context) error {
	if err := u.prepareCertificates(ctx); err != nil {
		return err
	}
	return u.prepareApp()
}

// applySecrets writes them, the CA first: what it has signed is worth nothing
// without it.
func (u *up) applySecrets(ctx context.Context, tally map[kube.Outcome]int) error {
	for _, write := range []func(context.Context) ([]kube.Applied, error){u.applyCertificates, u.applyApp} {
		all, err := write(ctx)
		if err != nil {
			return explainConflict(err)
		}
		for _, applied := range all {
			tally[applied.Outcome]++
			if applied.Outcome != kube.Unchanged {
				u.changed.Add(1)
			}
			u.r.object(applied.Ref, outcomeState(applied.Outcome))
		}
	}
	return nil
}

// ours refuses a Secret under one of our names that is somebody else's.
func (u *up) ours(secret *corev1.Secret) error {
	ref := kube.RefOf(kube.Secret, secret)
	if owned(u.target, ref) {
		return nil
	}
	return &Error{
		Kind:    Refused,
		Message: ref.String() + whose(ref, u.opts.Now()) + ", and crdb-kube takes over nothing",
		Next:    "crdb-kube up --name " + u.target.Name + "-2 makes a cluster beside it, or delete the secret yourself",
	}
}
