package cockroach

// What the database answers over HTTP without a login, since v21.1 and in both
// modes.
const (
	// HealthPath is 200 as soon as the process listens.
	HealthPath = "/health"
	// ReadyPath is 200 only when the CockroachDB node serves; see ParseReady.
	ReadyPath = "/health?ready=1"
	// VarsPath has the metrics; 404 until the cluster is initialised.
	VarsPath = "/_status/vars"
)

// ClusterIDStatement, given to SQLCommand, asks for the cluster's identity;
// ParseClusterID reads the answer. It needs no login page, unlike the HTTP
// interface of a cluster with TLS.
const ClusterIDStatement = "SELECT crdb_internal.cluster_id()"

// HTTPScheme is "http" or "https": how HTTPPort is spoken to.
func (c Cluster) HTTPScheme() string { return c.Security.httpScheme() }

// InitCommand initialises the cluster, once. It is to be run in the pod with
// ordinal 0 and asks that pod only: two CockroachDB nodes asked at once make
// two clusters. It tries again for ever by itself, so the caller sets a deadline.
func (c Cluster) InitCommand() []string {
	return append([]string{program, "init", "--host=localhost"}, c.Security.clientFlags()...)
}

// SQLCommand runs one statement inside a pod, as root, and prints CSV with a
// header. Before the cluster is initialised it hangs for 15 s, then fails.
func (c Cluster) SQLCommand(statement string) []string {
	command := append([]string{program, "sql", "--host=localhost"}, c.Security.clientFlags()...)
	return append(command, "--format=csv", "--execute="+statement)
}
