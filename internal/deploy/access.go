package deploy

import (
	"context"
	"fmt"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// Access is a cluster that is to be used.
type Access struct {
	Cluster cockroach.Cluster
	target  Target
	client  *kube.Client
}

// Open finds the cluster; nothing is connected yet. Its error is of Kind Absent
// where there is no such cluster.
func Open(ctx context.Context, client *kube.Client, target Target) (Access, error) {
	a := Access{client: client, target: target}
	settings, err := client.ConfigMap(ctx, target.Namespace, names(target).SettingsName())
	if err != nil {
		return a, err
	}
	seen := survey{refs: map[string]kube.Ref{}}
	if err := seen.read(target, settings); err != nil {
		return a, err
	}
	if seen.record != nil {
		a.Cluster = *seen.record
		return a, nil
	}
	// Its settings are lost: what else there is says enough.
	if seen, err = look(ctx, client, target); err != nil {
		return a, err
	}
	a.Cluster, err = seen.cluster(target, kube.Workload{StatefulSet: seen.set})
	return a, err
}

// Login is how a user gets in, with what it needs for that.
type Login struct {
	// Connection is the one from inside the Kubernetes cluster.
	Connection cockroach.Connection
	// CA is what to verify the server with, Cert and Key what root proves itself
	// by: PEM, and empty where there is none.
	CA, Cert, Key []byte
}

// LoginAs finds what a user needs: the application's, or cockroach.RootUser.
func (a Access) LoginAs(ctx context.Context, user string) (Login, error) {
	switch user {
	case cockroach.RootUser:
		return a.rootLogin(ctx)
	case "":
		return Login{}, &Error{
			Message: a.Cluster.Name + ": has no user for an application",
			Next:    "crdb-kube up --app-user NAME makes one; --root connects as root",
		}
	}
	secret, err := a.client.Secret(ctx, a.target.Namespace, a.Cluster.AppSecretName())
	switch {
	case err != nil:
		return Login{}, err
	case secret == nil:
		return Login{}, a.noSecret(a.Cluster.AppSecretName(), "crdb-kube up makes it again; --root connects as root")
	}
	return Login{
		Connection: a.Cluster.Connect(user, cockroach.ParsePassword(secret.Data)),
		CA:         secret.Data[cockroach.AppKeyCA],
	}, nil
}

func (a Access) rootLogin(ctx context.Context) (Login, error) {
	login := Login{Connection: a.Cluster.Connect(cockroach.RootUser, cockroach.Password{})}
	if a.Cluster.Security == cockroach.Insecure {
		return login, nil
	}
	source := a.Cluster.CertificatesSource()
	secret, err := a.client.Secret(ctx, a.target.Namespace, source)
	switch {
	case err != nil:
		return login, err
	case secret == nil:
		return login, a.noSecret(source, "crdb-kube up issues certificates where the CA is there")
	}
	login.CA = secret.Data[cockroach.FileCA]
	login.Cert, login.Key = secret.Data[cockroach.FileRoot], secret.Data[cockroach.FileRootKey]
	return login, nil
}

func (a Access) noSecret(name, next string) error {
	return &Error{Message: fmt.Sprintf("secret/%s: there is none in namespace %s", name, a.target.Namespace), Next: next}
}
