package cockroach

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
)

func sameQuantity() cmp.Option {
	return cmp.Comparer(func(a, b resource.Quantity) bool { return a.Cmp(b) == 0 })
}

func TestRecord_comesBackAsItWas(t *testing.T) {
	for _, c := range []Cluster{
		sampleCluster(),
		sampleCluster(ownVolumes, initialised, nodes(1)),
		sampleCluster(func(c *Cluster) {
			c.CPU, c.Memory, c.Storage = resource.MustParse("0.75"), resource.MustParse("3G"), resource.MustParse("1.5Ti")
			c.SpareVolumes = 2
		}),
		sampleCluster(func(c *Cluster) {
			c.Patch, c.InitSQL = "# as it was written\r\nkind: StatefulSet\n\n", InitSQLPending
		}),
		sampleCluster(initialised, func(c *Cluster) { c.InitSQL = InitSQLDone }),
	} {
		got, err := ParseRecord(c.Namespace, c.Name, c.Record())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, got, sameQuantity()); diff != "" {
			t.Errorf("(-written +read):\n%s", diff)
		}
		if diff := cmp.Diff(c.Record(), got.Record()); diff != "" {
			t.Errorf("written again (-first +second):\n%s", diff)
		}
	}
}

func TestParseRecord_leavesUnknownKeysAlone(t *testing.T) {
	data := sampleCluster().Record()
	data["of-a-newer-program"] = "yes"
	got, err := ParseRecord("default", DefaultName, data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sampleCluster(), got, sameQuantity()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseRecord_refusesWhatItCannotTrust(t *testing.T) {
	for key, value := range map[string]string{
		"version": "2", "nodes": "many", "spare-volumes": "", "cpu": "x", "memory": "", "storage": "10Gb",
		"incarnation": "../../etc", "host-path": "/", "security": "mtls", "certs-secret": "No Secret", "app-user": "root", "cluster-id": "none", "storage-class": "",
		"init-sql": "CREATE TABLE t (i INT);",
	} {
		data := sampleCluster().Record()
		if key == "host-path" {
			delete(data, "storage-class")
		}
		data[key] = value
		_, err := ParseRecord("default", DefaultName, data)
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s %q: error %v, want one that names the key", key, value, err)
		}
	}
}

// The smallest sizes may change with the program; a running cluster must still
// be readable.
func TestParseRecord_readsSizesThatWouldBeRefusedToday(t *testing.T) {
	c := sampleCluster(memory("512Mi"))
	if c.Validate() == nil {
		t.Fatal("the sample is valid")
	}
	if _, err := ParseRecord(c.Namespace, c.Name, c.Record()); err != nil {
		t.Error(err)
	}
}

// A patch that an older program took, or somebody's own hand, must not keep the
// cluster from being looked at and deleted.
func TestParseRecord_readsAPatchThatDoesNotFitAnyMore(t *testing.T) {
	c := sampleCluster(ownVolumes, patch("kind: StatefulSet\nspec: {replicas: 7}\n"))
	if c.Validate() == nil {
		t.Fatal("the sample is valid")
	}
	got, err := ParseRecord(c.Namespace, c.Name, c.Record())
	if err != nil || got.Patch != c.Patch {
		t.Errorf("%q, %v", got.Patch, err)
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add("1", "3", "2", "8Gi", "0a1b2c3d", "/data")
	f.Add("", "-1", "1e9", "", "../x", "/")
	f.Fuzz(func(t *testing.T, version, count, cpu, memory, incarnation, path string) {
		data := sampleCluster().Record()
		delete(data, keyClass)
		data[keyVersion], data[keyNodes], data[keyCPU], data[keyMemory] = version, count, cpu, memory
		data[keyIncarnation], data[keyHostPath] = incarnation, path
		c, err := ParseRecord("default", DefaultName, data)
		if err != nil {
			return
		}
		if dir := c.Directory(0); strings.Contains(dir, "..") && !strings.Contains(path, "..") || dir == "/0" {
			t.Errorf("path %q, incarnation %q: directory %q", path, incarnation, dir)
		}
		again, err := ParseRecord("default", DefaultName, c.Record())
		if err != nil {
			t.Fatalf("%v: written again it cannot be read: %v", data, err)
		}
		if diff := cmp.Diff(c, again, sameQuantity()); diff != "" {
			t.Errorf("(-first +second):\n%s", diff)
		}
	})
}
