package deploy

import (
	"context"

	applycore "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// SecretsPolicy says whether Secrets are among what is rendered.
type SecretsPolicy string

const (
	// LeaveSecrets: they are named, and not shown.
	LeaveSecrets SecretsPolicy = ""
	// ShowSecrets: with all keys and passwords, those that there are or new ones.
	ShowSecrets SecretsPolicy = "show"
)

// Manifest is what `up` would apply.
type Manifest struct {
	Cluster cockroach.Cluster
	// Comments are for whoever reads it, one line each.
	Comments []string
	// Objects are in the order in which `up` applies them.
	Objects []cockroach.Object
}

// Render decides what the cluster will be as Up does, and writes nothing.
func Render(ctx context.Context, client *kube.Client, target Target, opts UpOptions, secrets SecretsPolicy) (Manifest, error) {
	u, pieces, notes, err := lookAhead(ctx, client, target, opts, printing)
	if err != nil {
		return Manifest{}, err
	}
	m := Manifest{Cluster: u.cluster, Comments: u.secretComments(secrets)}
	if u.cluster.HostPath != "" {
		m.Comments = append(m.Comments, "The volumes lie in directories of the nodes, which crdb-kube up makes and kubectl does not.")
	}
	m.Comments = append(m.Comments, notes...)
	if opts.Namespace == CreateNamespace {
		m.Objects = append(m.Objects, applycore.Namespace(target.Namespace))
	}
	for _, one := range pieces {
		if secrets == ShowSecrets || kube.RefTo(one.object).Kind != kube.Secret {
			m.Objects = append(m.Objects, one.object)
		}
	}
	return m, nil
}

// secretComments say which Secrets the pods need, and where they come from.
func (u *up) secretComments(policy SecretsPolicy) []string {
	var names, unmade []string
	for _, one := range u.secretPieces() {
		name := "secret/" + kube.RefTo(one.object).Name
		names = append(names, name)
		if !one.asItIs {
			unmade = append(unmade, name)
		}
	}
	var lines []string
	if u.cluster.CertsSecret != "" {
		lines = append(lines, "The pods need secret/"+u.cluster.CertsSecret+", which is yours and not in here.")
	}
	switch {
	case len(names) == 0:
	case policy == LeaveSecrets:
		lines = append(lines, "Not in here: "+progress.And(names)+". crdb-kube up makes and renews them; without them the pods do not start.")
	case len(unmade) > 0:
		lines = append(lines, "Made for this text alone, and otherwise each time: "+progress.And(unmade)+".")
	}
	if policy == ShowSecrets && len(names) > 0 {
		lines = append(lines, "With keys and passwords: who reads this can do everything in the database.")
	}
	return lines
}
