package deploy

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

func quantity(text string) *resource.Quantity { return new(resource.MustParse(text)) }

func lines(all []string) string { return strings.Join(all, "\n") + "\n" }

// sample is a cluster of three with volumes from a class.
func sample(change ...func(*cockroach.Cluster)) cockroach.Cluster {
	c := cockroach.Cluster{
		Namespace: "default", Name: "cockroachdb", Nodes: 3, Image: cockroach.DefaultImage,
		CPU: resource.MustParse("1"), Memory: resource.MustParse("8Gi"), Storage: resource.MustParse("10Gi"),
		StorageClass: "standard", Incarnation: "0badcafe", Security: cockroach.Insecure, ClusterID: clusterA, Served: 3,
	}
	for _, f := range change {
		f(&c)
	}
	return c
}
