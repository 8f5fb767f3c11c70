package deploy

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

const (
	// renewBefore is how long before their end `up` renews certificates.
	renewBefore = 7 * 24 * time.Hour
	// warnBefore is how long before their end they are spoken of.
	warnBefore = 30 * 24 * time.Hour
)

// certificates are what the pods of a cluster with TLS get, and what is to be
// written for it.
type certificates struct {
	set cockroach.Certificates
	// authority can issue others; nil: its key is not here.
	authority *cockroach.Authority
	// newAuthority: it is to be kept in a Secret. write: the set is.
	newAuthority, write bool
	// ref is the Secret with the set.
	ref kube.Ref
}

// prepareCertificates decides what the pods get: the user's own certificates,
// or ours, of which what is missing is issued. A CA that exists is used, and
// never another in its place.
func (u *up) prepareCertificates(ctx context.Context) error {
	if u.cluster.Security == cockroach.Insecure {
		if u.opts.Authority != nil {
			return &Error{Kind: Refused, Message: u.target.Name + ": is insecure, and has no use for a CA", Next: "leave out --ca-cert and --ca-key"}
		}
		return nil
	}
	var err error
	if u.cluster.CertsSecret != "" {
		u.certs, err = u.theirs(ctx)
	} else {
		u.certs, err = u.issued()
	}
	if err != nil {
		return err
	}
	u.mentionEnds()
	return nil
}

// theirs are the certificates in the user's own Secret.
func (u *up) theirs(ctx context.Context) (certificates, error) {
	name := u.cluster.CertsSecret
	if u.opts.Authority != nil {
		return certificates{}, &Error{
			Kind: Refused, Message: u.target.Name + ": takes its certificates from secret/" + name + ", and issues none",
			Next: "leave out --ca-cert and --ca-key",
		}
	}
	secret, err := u.client.Secret(ctx, u.target.Namespace, name)
	if err != nil {
		return certificates{}, err
	}
	if secret == nil {
		return certificates{}, &Error{
			Message: "secret/" + name + ": not found in namespace " + u.target.Namespace,
			Next:    "kubectl create secret generic " + name + " -n " + u.target.Namespace + " --from-file=DIRECTORY, with the five files that docs/certificates.md names",
		}
	}
	set, faults := u.cluster.ParseCertificates(secret.Data)
	if len(faults) == 0 {
		faults = u.cluster.CheckCertificates(set, u.serverTime())
	}
	if len(faults) > 0 {
		return certificates{}, faulty("secret/"+name, faults)
	}
	return certificates{set: set, ref: kube.RefOf(kube.Secret, secret)}, nil
}

// faulty says what is wrong with a Secret, the first of it in the error line.
func faulty(subject string, faults []*cockroach.Fault) *Error {
	e := &Error{Message: subject + ": " + faults[0].Field + ": " + faults[0].Reason, Next: faults[0].Hint}
	for _, fault := range faults[1:] {
		e.Seen = append(e.Seen, fault.Field+": "+fault.Reason)
	}
	return e
}

// issued are our own certificates: those that exist, and anew what is missing,
// unusable or about to end.
func (u *up) issued() (certificates, error) {
	c := certificates{}
	var err error
	if c.authority, c.newAuthority, err = u.authority(); err != nil {
		return c, err
	}
	secret := u.seen.secrets[u.cluster.CertificatesSecretName()]
	now := u.serverTime()
	if secret == nil {
		if c.authority == nil {
			if err := u.mayTrustAnew(); err != nil {
				return c, err
			}
			if c.authority, err = newAuthority(now); err != nil {
				return c, err
			}
			c.newAuthority = true
		}
		c.write = true
		c.set, err = u.cluster.Issue(*c.authority, now)
		return c, err
	}
	if err := u.ours(secret); err != nil {
		return c, err
	}
	c.ref = kube.RefOf(kube.Secret, secret)
	set, faults := u.cluster.ParseCertificates(secret.Data)
	if len(faults) == 0 {
		faults = u.cluster.CheckCertificates(set, now)
	}
	c.set = set
	if c.authority != nil && set.CACert() != nil && !set.Trusts(*c.authority) {
		return c, &Error{
			Message: c.ref.String() + ": its CA is not the one in secret/" + u.cluster.AuthoritySecretName(),
			Next:    "put the CA back that signed the certificates; crdb-kube never replaces a CA",
		}
	}
	ends := set.Ends()
	soon := len(faults) == 0 && earliest(ends.Node, ends.Root).Sub(now) < renewBefore && earliest(ends.Node, ends.Root).Before(ends.CA)
	switch {
	case len(faults) == 0 && !soon:
		return c, nil
	case c.authority == nil && len(faults) > 0:
		e := faulty(c.ref.String(), faults)
		e.Next = "crdb-kube up --ca-cert FILE --ca-key FILE, with the CA of this cluster, issues it again: its key is not in secret/" + u.cluster.AuthoritySecretName()
		return c, e
	case c.authority == nil:
		return c, nil // mentioned
	}
	c.write = true
	if soon {
		c.set, err = u.cluster.Renew(set, *c.authority, now)
	} else {
		c.set, err = u.cluster.CompleteCertificates(set, *c.authority, now)
	}
	return c, asError(c.ref, err)
}

// reasons are the faults of an error, in words.
func reasons(err error) []string {
	faults := cockroach.Faults(err)
	if len(faults) == 0 {
		return []string{err.Error()}
	}
	var all []string
	for _, fault := range faults {
		all = append(all, fileOf(fault.Field)+": "+fault.Reason)
	}
	return all
}

// fileOf is the key in a Secret for what comes by a flag from elsewhere.
func fileOf(field string) string {
	switch field {
	case "ca-cert":
		return cockroach.FileCA
	case "ca-key":
		return cockroach.FileCAKey
	}
	return field
}

func asError(ref kube.Ref, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Message: ref.String() + ": " + strings.Join(reasons(err), ", ")}
}

// earliest is the first moment of several.
func earliest(first time.Time, others ...time.Time) time.Time {
	for _, t := range others {
		if t.Before(first) {
			first = t
		}
	}
	return first
}

// mentionEnds says that certificates end soon which this command cannot renew.
func (u *up) mentionEnds() {
	now, ends := u.serverTime(), u.certs.set.Ends()
	switch leaf := earliest(ends.Node, ends.Root); {
	case ends.CA.Sub(now) < warnBefore:
		u.remark("the CA ends on %s, and with it the cluster's TLS: a new CA needs a new cluster", day(ends.CA))
	case leaf.Sub(now) >= warnBefore:
	case u.cluster.CertsSecret != "":
		u.remark("the certificates in secret/%s end on %s; put new ones there, then crdb-kube certs rotate", u.cluster.CertsSecret, day(leaf))
	case u.certs.authority == nil:
		u.remark("the certificates end on %s; crdb-kube up --ca-cert FILE --ca-key FILE renews them", day(leaf))
	case leaf.Sub(now) >= renewBefore:
		u.remark("the certificates end on %s; crdb-kube certs rotate renews them", day(leaf))
	}
}

// serverTime is what time it is where the pods are, as far as that is known: a
// local clock that is wrong must not make good certificates look ended.
func (u *up) serverTime() time.Time { return u.opts.Now().Add(u.client.Ahead()) }

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// applyCertificates writes the Secrets of our own certificates.
func (u *up) applyCertificates(ctx context.Context) ([]kube.Applied, error) {
	if u.cluster.Security == cockroach.Insecure || u.cluster.CertsSecret != "" {
		return nil, nil
	}
	var all []kube.Applied
	if u.certs.newAuthority {
		ref, err := u.client.Create(ctx, u.cluster.AuthoritySecret(*u.certs.authority))
		if err != nil {
			return nil, err
		}
		all = append(all, kube.Applied{Ref: ref, Outcome: kube.Created})
	} else if ref := u.seen.ref(kube.Secret, u.cluster.AuthoritySecretName()); ref.Exists() {
		all = append(all, kube.Applied{Ref: ref, Outcome: kube.Unchanged})
	}
	if !u.certs.write {
		return append(all, kube.Applied{Ref: u.certs.ref, Outcome: kube.Unchanged}), nil
	}
	applied, err := u.client.Apply(ctx, u.cluster.CertificatesSecret(u.certs.set), u.certs.ref, u.opts.Conflicts)
	if err != nil {
		return nil, err
	}
	u.certs.ref = applied.Ref
	return append(all, applied), nil
}

// keepSecurity refuses what would lock the pods out from each other, or their
// clients from them.
func keepSecurity(was, will cockroach.Cluster, now situation) error {
	switch {
	case was.Security != will.Security:
		return &Error{
			Kind:    Refused,
			Message: fmt.Sprintf("%s: was made with security %s, which stays for good", was.Name, was.Security),
			Next:    fmt.Sprintf("crdb-kube up --name %s-2 makes a second cluster; move the data with BACKUP and RESTORE", was.Name),
		}
	case now.running && was.CertsSecret != will.CertsSecret:
		return &Error{
			Kind:    Refused,
			Message: was.Name + ": another --certs-secret would restart all pods of a running database at once",
			Next:    "crdb-kube down, then crdb-kube up with the new one: the data stays",
		}
	}
	return nil
}
