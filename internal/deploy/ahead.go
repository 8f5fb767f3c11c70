package deploy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	applycore "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// purpose is what a run of the steps of `up` is for.
type purpose string

const (
	// making is `up` itself.
	making purpose = ""
	// printing decides what the cluster will be, and writes nothing.
	printing purpose = "printing"
	// comparing asks the server besides what would change, by dry runs, for
	// which it wants the right to do it.
	comparing purpose = "comparing"
)

// needs are those of the permissions that `up` needs without which looking
// ahead cannot be done: what is only waited for, reached or locked is not.
func (p purpose) needs(all []kube.Permission) []kube.Permission {
	verbs := map[purpose][]string{printing: {"get", "list"}, comparing: {"get", "list", "create", "patch"}}[p]
	if p == making {
		return all
	}
	return slices.DeleteFunc(all, func(one kube.Permission) bool {
		read := one.Verb == "get" || one.Verb == "list"
		return !slices.Contains(verbs, one.Verb) || one.Subresource != "" ||
			one.Resource == "leases" || (one.Resource == "pods" && !read)
	})
}

// lookAhead is `up` up to the end of its first step, but for the lock and the
// namespace: it decides everything and writes nothing. It also gives what that
// comes to, and what `up` would say on the way.
func lookAhead(ctx context.Context, client *kube.Client, target Target, opts UpOptions, purpose purpose) (*up, []piece, []string, error) {
	opts.Incarnation = ""
	var notes []string
	u := newUp(client, target, opts, func(e progress.Event) {
		if e.State == progress.Note {
			notes = append(notes, e.Message)
		}
	})
	u.purpose = purpose
	if err := u.checkServer(ctx); err != nil {
		return nil, nil, nil, err
	}
	if _, err := u.checkCluster(ctx); err != nil {
		return nil, nil, nil, err
	}
	all, err := u.pieces(ctx)
	return u, all, notes, err
}

// incarnation is the mark of a cluster that is made now. One that is only
// looked at gets the same mark each time: it follows from the names and from
// the namespace, which gets another UID when it is made again.
func (u *up) incarnation() string {
	if u.opts.Incarnation != "" {
		return u.opts.Incarnation
	}
	text := u.target.Namespace + "/" + u.target.Name
	if u.namespace != nil {
		text += "/" + string(u.namespace.UID)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}

// refuse is the error with which `up` goes no further. Where it is only asked
// what would change, that is told together with it.
func (u *up) refuse(why *Error) error {
	switch {
	case why == nil:
		return nil
	case u.purpose == comparing:
		u.refusal = why
		return nil
	}
	return why
}

// piece is one object as `up` has decided that it will be.
type piece struct {
	object cockroach.Object
	// asItIs: `up` does not write it, and leaves it as was seen.
	asItIs bool
	seen   kube.Ref
}

// pieces are all objects of the cluster, in the order in which `up` writes them.
func (u *up) pieces(ctx context.Context) ([]piece, error) {
	all := []piece{{object: u.cluster.Settings()}}
	volumes := map[int]string{}
	if u.cluster.HostPath != "" {
		places, err := u.places()
		if err != nil {
			return nil, err
		}
		for i := range u.claims() {
			volumes[i] = u.cluster.VolumeName(i)
			all = append(all, piece{object: u.cluster.Volume(i, places[i].node, places[i].hostname)})
		}
	}
	for i := range u.claims() {
		all = append(all, piece{object: u.cluster.Claim(i, volumes[i])})
	}
	all = append(all, u.secretPieces()...)
	objects, err := u.cluster.Objects()
	if err != nil {
		return nil, err
	}
	for _, object := range objects {
		switch kube.RefTo(object).Kind {
		case kube.ConfigMap: // stands first
		case kube.StatefulSet:
			set, err := u.setAhead(ctx)
			if err != nil {
				return nil, err
			}
			all = append(all, piece{object: set})
		default:
			all = append(all, piece{object: object})
		}
	}
	return all, nil
}

// setAhead is the StatefulSet that `up` would apply. One that `up` would make
// again keeps all pods as they are, whatever their template says: that cannot be
// known before.
func (u *up) setAhead(ctx context.Context) (cockroach.Object, error) {
	plan, err := u.planSet(ctx, kube.TakeOver)
	if err != nil {
		return nil, err
	}
	if plan.way == again {
		u.r.note("statefulset/%s: fields of it that cannot be changed differ: crdb-kube up makes it again around its pods, kubectl apply cannot", u.cluster.Name)
		plan.partition = u.cluster.Nodes
	}
	return u.cluster.StatefulSet(plan.partition)
}

// secretPieces are the Secrets of ours.
func (u *up) secretPieces() []piece {
	var all []piece
	if u.cluster.Security == cockroach.TLS && u.cluster.CertsSecret == "" {
		if ref := u.seen.ref(kube.Secret, u.cluster.AuthoritySecretName()); ref.Exists() || u.certs.newAuthority {
			all = append(all, piece{u.authoritySecret(), !u.certs.newAuthority, ref})
		}
		all = append(all, piece{u.cluster.CertificatesSecret(u.certs.set), !u.certs.write, u.certs.ref})
	}
	if u.cluster.AppUser != "" {
		all = append(all, piece{u.appSecret(), !u.app.write, u.app.ref})
	}
	return all
}

// authoritySecret is the CA's Secret for an apply: the one that there is, or the
// one that will be made.
func (u *up) authoritySecret() cockroach.Object {
	is := u.seen.secrets[u.cluster.AuthoritySecretName()]
	if is == nil {
		is = u.cluster.AuthoritySecret(*u.certs.authority)
	}
	object := applycore.Secret(is.Name, is.Namespace).WithLabels(u.cluster.Labels()).WithType(is.Type).WithData(is.Data)
	if ends := is.Annotations[cockroach.AnnotationCAExpires]; ends != "" {
		object.WithAnnotations(map[string]string{cockroach.AnnotationCAExpires: ends})
	}
	return object
}
