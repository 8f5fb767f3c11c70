package cockroach

import "fmt"

// AnnotationDeleting stands on the settings from the moment in which the
// deletion of the data begins; its value is that moment (RFC 3339, UTC).
const AnnotationDeleting = "crdb-kube.github.io/deleting-since"

// Container is the name of the database's container in each pod.
const Container = "cockroachdb"

// ShellCommand opens an SQL shell as root inside a pod.
func (c Cluster) ShellCommand() []string {
	return append([]string{program, "sql"}, c.Security.flags()...)
}

// URL is where clients inside the Kubernetes cluster connect to, as root.
func (c Cluster) URL() string {
	return fmt.Sprintf("postgresql://root@%s.%s:%d/defaultdb?%s", c.PublicService(), c.Namespace, SQLPort, c.Security.urlQuery())
}

// Settings is the ConfigMap that keeps Record; it is the first of Objects.
func (c Cluster) Settings() Object { return c.settings() }
