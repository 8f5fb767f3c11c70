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
	// IdentityPath has the cluster's identity; see ParseIdentity. It is 404
	// until the cluster is initialised, and with TLS it wants a login (401).
	IdentityPath = "/_admin/v1/cluster"
)

// HTTPScheme is "http" or "https": how HTTPPort is spoken to.
func (c Cluster) HTTPScheme() string { return c.Security.httpScheme() }

// InitCommand initialises the cluster, once. It is to be run in the pod with
// ordinal 0 and asks that pod only: two CockroachDB nodes asked at once make
// two clusters. It tries again for ever by itself, so the caller sets a deadline.
func (c Cluster) InitCommand() []string {
	return append([]string{program, "init", "--host=localhost"}, c.Security.flags()...)
}

// SQLCommand runs statements inside a pod, as root, and prints CSV with a
// header. Before the cluster is initialised it hangs for 15 s, then fails.
func (c Cluster) SQLCommand(statements ...string) []string {
	command := append([]string{program, "sql", "--host=localhost"}, c.Security.flags()...)
	command = append(command, "--format=csv")
	for _, statement := range statements {
		command = append(command, "--execute="+statement)
	}
	return command
}

// IdentityCommand asks for the cluster's identity by SQL, which works in both
// modes; ParseClusterID reads the answer.
func (c Cluster) IdentityCommand() []string {
	const ask = "SELECT crdb_internal.cluster_id()"
	if version, ok := VersionOf(c.Image); ok && !version.guardsInternals() {
		return c.SQLCommand(ask)
	}
	return c.SQLCommand("SET allow_unsafe_internals = on", ask)
}
