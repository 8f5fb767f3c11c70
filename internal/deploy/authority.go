package deploy

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// authority is the CA of the cluster, whether it is to be kept yet, or nil where
// its key is kept elsewhere, or there is none.
func (u *up) authority() (*cockroach.Authority, bool, error) {
	secret := u.seen.secrets[u.cluster.AuthoritySecretName()]
	if secret == nil {
		if u.opts.Authority == nil {
			return nil, false, nil
		}
		return u.opts.Authority, true, u.sameAuthority()
	}
	if err := u.ours(secret); err != nil {
		return nil, false, err
	}
	ref := kube.RefOf(kube.Secret, secret)
	if len(secret.Data[cockroach.FileCAKey]) == 0 { // somebody keeps it elsewhere
		if given := u.opts.Authority; given != nil && !u.trusts(secret, *given) {
			return nil, false, otherAuthority(ref)
		}
		return u.opts.Authority, false, nil
	}
	a, err := cockroach.ParseAuthority(secret.Data[cockroach.FileCA], secret.Data[cockroach.FileCAKey], u.serverTime())
	if err != nil {
		return nil, false, &Error{
			Message: ref.String() + ": " + strings.Join(reasons(err), ", "),
			Next:    "put the CA and its key back from a copy; crdb-kube never replaces a CA",
		}
	}
	if given := u.opts.Authority; given != nil && !u.trusts(secret, *given) {
		return nil, false, otherAuthority(ref)
	}
	return &a, false, nil
}

// sameAuthority refuses a CA of the user's that is not the one which signed
// the certificates that there are.
func (u *up) sameAuthority() error {
	for _, name := range []string{u.cluster.CertificatesSecretName(), u.cluster.AppSecretName()} {
		secret := u.seen.secrets[name]
		if secret != nil && len(secret.Data[cockroach.FileCA]) > 0 && !u.trusts(secret, *u.opts.Authority) {
			return otherAuthority(kube.RefOf(kube.Secret, secret))
		}
	}
	return nil
}

// trusts says whether the CA is in a Secret's ca.crt.
func (u *up) trusts(secret *corev1.Secret, a cockroach.Authority) bool {
	set, _ := u.cluster.ParseCertificates(map[string][]byte{cockroach.FileCA: secret.Data[cockroach.FileCA]})
	return set.Trusts(a)
}

// mayTrustAnew refuses to make a new CA where there is one without its key, and
// for a cluster whose pods or clients trust another, which is lost.
func (u *up) mayTrustAnew() error {
	if ref := u.seen.ref(kube.Secret, u.cluster.AuthoritySecretName()); ref.Exists() {
		return &Error{
			Message: ref.String() + ": has no " + cockroach.FileCAKey + ", and nothing can be issued without the CA's key",
			Next:    "crdb-kube up --ca-cert FILE --ca-key FILE, with that CA",
		}
	}
	app := u.seen.secrets[u.cluster.AppSecretName()]
	known := app != nil && len(app.Data[cockroach.AppKeyCA]) > 0
	if u.cluster.ClusterID == "" || (len(u.seen.pods) == 0 && !known) {
		return nil
	}
	e := &Error{
		Kind:    Refused,
		Message: u.target.Name + ": its CA is gone, and whoever trusts it would be locked out by a new one",
		Next:    "crdb-kube up --ca-cert FILE --ca-key FILE, with the CA of this cluster, issues its certificates again",
		Seen:    []string{"neither secret/" + u.cluster.AuthoritySecretName() + " nor secret/" + u.cluster.CertificatesSecretName() + " is there"},
	}
	if known {
		e.Seen = append(e.Seen, "secret/"+app.Name+" tells applications to trust the old one")
	}
	e.Seen = append(e.Seen, "crdb-kube down, deleting secret/"+u.cluster.AppSecretName()+", and crdb-kube up makes a new CA where the old one is lost for good")
	return e
}

func otherAuthority(ref kube.Ref) *Error {
	return &Error{
		Kind:    Refused,
		Message: ref.String() + ": holds another CA than --ca-cert, and whoever trusts it would be locked out",
		Next:    "leave out --ca-cert and --ca-key to keep it; a new CA needs a new cluster",
	}
}

func newAuthority(now time.Time) (*cockroach.Authority, error) {
	a, err := cockroach.NewAuthority(now)
	if err != nil {
		return nil, fmt.Errorf("new CA: %w", err)
	}
	return &a, nil
}
