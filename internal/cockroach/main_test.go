package cockroach

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"
)

func TestMain(m *testing.M) {
	flag.Bool("update", false, "rewrite the golden files")
	os.Exit(m.Run())
}

// golden compares text with a file under testdata, or rewrites the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func recorded(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// sample is a valid cluster with the values of the manifests.
func sampleCluster(change ...func(*Cluster)) Cluster {
	c := Cluster{
		Namespace: "default", Name: DefaultName, Nodes: 3, Image: DefaultImage,
		CPU: resource.MustParse("2"), Memory: resource.MustParse("8Gi"), Storage: resource.MustParse("10Gi"),
		StorageClass: "standard", Incarnation: "0a1b2c3d", Security: TLS, AppUser: DefaultAppUser,
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func ownVolumes(c *Cluster)         { c.StorageClass, c.HostPath = "", "/var/lib/crdb-kube" }
func nodes(n int) func(*Cluster)    { return func(c *Cluster) { c.Nodes = n } }
func image(i string) func(*Cluster) { return func(c *Cluster) { c.Image = i } }
func initialised(c *Cluster)        { c.ClusterID = "63dcc5b7-e564-4d04-9b99-55e87fe32bb3" }
func memory(amount string) func(*Cluster) {
	return func(c *Cluster) { c.Memory = resource.MustParse(amount) }
}

// documents writes objects as one YAML stream.
func documents(t *testing.T, objects ...any) string {
	t.Helper()
	var all string
	for _, object := range objects {
		text, err := yaml.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		all += "---\n" + string(text)
	}
	return all
}
