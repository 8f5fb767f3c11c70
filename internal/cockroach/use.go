package cockroach

// AnnotationDeleting stands on the settings from the moment in which the
// deletion of the data begins; its value is that moment (RFC 3339, UTC).
const AnnotationDeleting = "crdb-kube.github.io/deleting-since"

// Container is the name of the database's container in each pod.
const Container = "cockroachdb"

// ShellCommand opens an SQL shell as root inside a pod, with further arguments
// of `cockroach sql`.
func (c Cluster) ShellCommand(args ...string) []string {
	return append(append([]string{program, "sql"}, c.Security.flags()...), args...)
}

// Settings is the ConfigMap that keeps Record; it is the first of Objects.
func (c Cluster) Settings() Object { return c.settings() }
