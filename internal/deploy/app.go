package deploy

import (
	"bytes"
	"context"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// credentials are what the application connects with, and what is to be
// written for it.
type credentials struct {
	password cockroach.Password
	ref      kube.Ref
	// write: the Secret is to be written. unset: the database does not know the
	// user with this password, as far as the Secret tells.
	write, unset bool
}

// prepareApp decides on the application's user: as its Secret says, and made
// anew where there is none.
func (u *up) prepareApp() error {
	rotate := u.opts.AppPassword == RotatePassword
	switch {
	case rotate && u.cluster.AppUser == "":
		return &Error{Kind: Refused, Message: u.target.Name + ": has no user for the application", Next: "crdb-kube up --app-user NAME makes one"}
	case rotate && u.cluster.Security == cockroach.Insecure:
		return &Error{Kind: Refused, Message: u.target.Name + ": is insecure, and its users have no passwords", Next: "leave out --rotate-app-password"}
	case u.cluster.AppUser == "":
		return nil
	}
	secret := u.seen.secrets[u.cluster.AppSecretName()]
	if secret != nil {
		if err := u.ours(secret); err != nil {
			return err
		}
		u.app.ref = kube.RefOf(kube.Secret, secret)
		u.app.password = cockroach.ParsePassword(secret.Data)
	}
	if u.cluster.Security == cockroach.TLS && (rotate || u.app.password.Empty()) {
		u.app.password, u.app.unset = cockroach.NewPassword(), true
	}
	u.app.write = secret == nil || !sameData(secret, u.appSecret())
	u.app.unset = u.app.unset || u.cluster.ClusterID == "" || u.app.ref.Annotations[cockroach.AnnotationPasswordSet] != u.cluster.AppMark()
	return nil
}

func (u *up) appSecret() cockroach.Object {
	var ca []byte
	if u.cluster.Security == cockroach.TLS {
		ca = u.certs.set.Data()[cockroach.FileCA]
	}
	return u.cluster.AppSecret(u.app.password, ca)
}

func sameData(secret *corev1.Secret, want cockroach.Object) bool {
	configuration, ok := want.(*applycore.SecretApplyConfiguration)
	return ok && maps.EqualFunc(secret.Data, configuration.Data, bytes.Equal)
}

// applyApp writes the application's Secret. Before another password stands in
// it, it says that the database does not know it: an interruption between the
// two is made good by the next run.
func (u *up) applyApp(ctx context.Context) ([]kube.Applied, error) {
	switch {
	case u.cluster.AppUser == "":
		return nil, nil
	case !u.app.write:
		return []kube.Applied{{Ref: u.app.ref, Outcome: kube.Unchanged}}, nil
	}
	if u.app.ref.Exists() && u.app.unset {
		if err := u.markApp(ctx, ""); err != nil {
			return nil, err
		}
	}
	applied, err := u.client.Apply(ctx, u.appSecret(), u.app.ref, u.opts.Conflicts)
	if err != nil {
		return nil, err
	}
	u.app.ref = applied.Ref
	return []kube.Applied{applied}, nil
}

func (u *up) markApp(ctx context.Context, mark string) error {
	return u.client.Annotate(ctx, u.app.ref, map[string]string{cockroach.AnnotationPasswordSet: mark})
}

// appStep is the step that makes the application's user, where it is not known
// to be there.
func (u *up) appStep() []step {
	if u.cluster.AppUser == "" || !u.app.unset {
		return nil
	}
	return []step{{"app", u.makeAppUser}}
}

func (u *up) makeAppUser(ctx context.Context) (ending, error) {
	pod := u.cluster.PodName(0)
	u.r.waiting(0, 0, "making user %s through %s", u.cluster.AppUser, pod)
	limited, cancel := context.WithTimeoutCause(ctx, sqlDeadline, fmt.Errorf("no end after %s", sqlDeadline))
	defer cancel()
	text := u.cluster.AppSQL(u.app.password)
	errOut, code, err := u.script(limited, pod, text)
	if err != nil {
		return ending{}, fmt.Errorf("user %s through %s: %w", u.cluster.AppUser, pod, err)
	}
	if code != 0 {
		return ending{}, &Error{
			Message: fmt.Sprintf("user %s: %s", u.cluster.AppUser, sqlWhy(text, errOut, code)),
			Next:    "the same command again tries again (the cluster is up and stays)",
		}
	}
	if err := u.markApp(ctx, u.cluster.AppMark()); err != nil {
		return ending{}, err
	}
	return done("user %s, database %s, %s", u.cluster.AppUser, cockroach.AppDatabase, u.app.ref), nil
}

// sqlWhy is why statements failed. Of what the database said, no line is
// quoted that may hold the statement itself.
func sqlWhy(text, errOut string, code int) string {
	if why := cockroach.ScriptFailure(text, errOut); why != "" {
		return why
	}
	return fmt.Sprintf("exit code %d without a word", code)
}
