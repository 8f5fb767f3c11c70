package cockroach

import "k8s.io/apimachinery/pkg/api/resource"

const (
	// DefaultName is the name of a cluster when none is given.
	DefaultName = "cockroachdb"
	// DefaultImage runs in a cluster when no other image is given. It is
	// pinned to a release, so that the same binary makes the same cluster on
	// every day.
	DefaultImage = "cockroachdb/cockroach:v26.2.5"
	// OldestImage is the oldest that can be deployed.
	OldestImage = "cockroachdb/cockroach:v21.1.0"
)

// Cluster is everything that is decided once about a cluster: when it is made.
// Changing one field of it changes only what that field names. The zero value
// with Namespace and Name set is enough for every name and selector.
type Cluster struct {
	Namespace, Name string
	// Nodes is the number of CockroachDB nodes, one pod each: 1, or 3 and more.
	Nodes int
	// Image is a reference with a tag or a digest.
	Image string
	// CPU (request), Memory (request and limit) and Storage are per pod.
	CPU, Memory, Storage resource.Quantity
	// StorageClass provides the volumes; empty: `local` volumes of our own
	// under HostPath.
	StorageClass string
	// HostPath is a directory on the machines; empty unless the volumes are
	// our own.
	HostPath string
	// Incarnation is eight hexadecimal digits made at random with the cluster.
	// Data of an earlier cluster with the same name carries another one.
	Incarnation string
	// SpareVolumes is the number of claims beyond Nodes.
	SpareVolumes int
	Security     Security
	// CertsSecret is the Secret of the user's own with the certificates; empty:
	// crdb-kube issues them.
	CertsSecret string
	// AppUser is the SQL user that is made for the application; empty: none.
	AppUser string
	// Patch is YAML that is merged over the objects; empty: none. See
	// docs/patch.md for what it may say.
	Patch string
	// InitSQL is how far the SQL has come that is to run once after the
	// cluster is initialised. Its text is kept nowhere.
	InitSQL InitSQL
	// ClusterID is the database's own identity (a UUID); empty until it is
	// initialised.
	ClusterID string
	// Served is how many nodes served together at last: the pods whose claims
	// must hold data. 0 until it is initialised.
	Served int
	// Previous is the image before the last upgrade: the way back, as long as
	// there is one; empty: there is none.
	Previous string
	// ScalingTo is how many nodes are to stay, while the others are being
	// decommissioned; 0: none is.
	ScalingTo int
	// Restarted is when a rolling restart was asked for last (RFC 3339, UTC);
	// empty: never. It stands in the pod template.
	Restarted string
}
