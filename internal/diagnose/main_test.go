package diagnose

import (
	"testing"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

func wantNoError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sample is a cluster that has been initialised.
func sample(changes ...func(*cockroach.Cluster)) cockroach.Cluster {
	c := cockroach.Cluster{Name: "cockroachdb", Namespace: "default", Nodes: 3, StorageClass: "standard", ClusterID: "7fa1b6f0-0000-4000-8000-000000000000"}
	for _, change := range changes {
		change(&c)
	}
	return c
}
