package deploy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

func TestChange_changesOnlyWhatTheWishNames(t *testing.T) {
	was := sample()
	stopped := situation{initialised: true, claimed: true}
	empty := situation{}
	cases := map[string]struct {
		wish Wish
		now  situation
		want func(*cockroach.Cluster)
	}{
		"nothing named":             {Wish{}, situation{initialised: true, claimed: true, running: true}, func(*cockroach.Cluster) {}},
		"all named as they are":     {Wish{Nodes: new(3), Storage: quantity("10Gi"), Image: new(cockroach.DefaultImage)}, stopped, func(*cockroach.Cluster) {}},
		"the same size differently": {Wish{Storage: quantity("10240Mi")}, stopped, func(c *cockroach.Cluster) { c.Storage = *quantity("10240Mi") }},
		"more nodes":                {Wish{Nodes: new(5)}, stopped, func(c *cockroach.Cluster) { c.Nodes = 5 }},
		"memory while stopped":      {Wish{Memory: quantity("4Gi")}, stopped, func(c *cockroach.Cluster) { c.Memory = *quantity("4Gi") }},
		"spare volumes":             {Wish{SpareVolumes: new(1)}, stopped, func(c *cockroach.Cluster) { c.SpareVolumes = 1 }},
		"anything before claims": {Wish{
			Nodes: new(1), Image: new("cockroachdb/cockroach:v25.1.0"), CPU: quantity("2"), Memory: quantity("2Gi"),
			Storage: quantity("1Gi"), StorageClass: new("fast"), SpareVolumes: new(2),
		}, empty, func(c *cockroach.Cluster) {
			c.Nodes, c.Image, c.StorageClass, c.SpareVolumes = 1, "cockroachdb/cockroach:v25.1.0", "fast", 2
			c.CPU, c.Memory, c.Storage = *quantity("2"), *quantity("2Gi"), *quantity("1Gi")
		}},
		"fewer nodes before init": {Wish{Nodes: new(1)}, situation{claimed: true}, func(c *cockroach.Cluster) { c.Nodes = 1 }},
		"image before init":       {Wish{Image: new("x:v26.1.0")}, situation{claimed: true, running: true}, func(c *cockroach.Cluster) { c.Image = "x:v26.1.0" }},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := change(was, test.wish, test.now)
			wantNoError(t, err)
			if diff := cmp.Diff(sample(test.want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestChange_refusesWhatWouldLoseDataOrRestartEverything(t *testing.T) {
	three, single := sample(), sample(func(c *cockroach.Cluster) { c.Nodes = 1 })
	five := sample(func(c *cockroach.Cluster) { c.Nodes = 5 })
	own := sample(func(c *cockroach.Cluster) { c.StorageClass, c.HostPath = "", "/data" })
	full := situation{initialised: true, claimed: true, running: true}
	cases := map[string]struct {
		was  cockroach.Cluster
		wish Wish
		now  situation
		word string
	}{
		"one to three":          {single, Wish{Nodes: new(3)}, full, "1 node cannot become 3"},
		"three to one":          {three, Wish{Nodes: new(1)}, full, "3 nodes cannot become 1"},
		"five to three":         {five, Wish{Nodes: new(3)}, full, "decommissioned first"},
		"another image":         {three, Wish{Image: new("cockroachdb/cockroach:v26.2.6")}, full, "upgrade"},
		"memory while running":  {three, Wish{Memory: quantity("4Gi")}, full, "restart all pods"},
		"cpu while running":     {three, Wish{CPU: quantity("2")}, full, "restart all pods"},
		"storage":               {three, Wish{Storage: quantity("20Gi")}, situation{claimed: true}, "have 10Gi, not 20Gi"},
		"class":                 {three, Wish{StorageClass: new("fast")}, situation{claimed: true}, "of class standard, not of class fast"},
		"from a class to ours":  {three, Wish{HostPath: new("/data")}, situation{claimed: true}, "cannot be changed in place"},
		"from ours to a class":  {own, Wish{StorageClass: new("fast")}, situation{claimed: true}, "volumes of our own, not of class fast"},
		"another path":          {own, Wish{HostPath: new("/srv")}, situation{claimed: true}, "under /data, not /srv"},
		"claims before an init": {three, Wish{Storage: quantity("20Gi")}, situation{initialised: true, claimed: true}, "have 10Gi"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := change(test.was, test.wish, test.now)
			refused := theError(t, err, Refused, "cockroachdb: ", test.word)
			if refused.Next == "" || strings.Contains(refused.Error(), "\n") {
				t.Errorf("next %q, message %q", refused.Next, refused)
			}
			if diff := cmp.Diff(test.was, got); diff != "" {
				t.Errorf("changed although refused:\n%s", diff)
			}
		})
	}
}

func TestCheck_findsFaultsOfFlagsAndNoOthers(t *testing.T) {
	long := strings.Repeat("a", 53)
	cases := map[string]struct {
		name string
		wish Wish
		want []string
	}{
		"nothing given":     {"cockroachdb", Wish{}, nil},
		"one node":          {"db", Wish{Nodes: new(1)}, nil},
		"a path":            {"db", Wish{HostPath: new("/data")}, nil},
		"a little storage":  {"db", Wish{Storage: quantity("1Gi")}, nil},
		"no name":           {"", Wish{}, []string{"name"}},
		"capitals":          {"My_DB", Wish{}, []string{"name"}},
		"a digit first":     {"1db", Wish{}, []string{"name"}},
		"too long":          {long, Wish{}, []string{"name"}},
		"as long as can be": {long[:52], Wish{}, nil},
		"no nodes":          {"db", Wish{Nodes: new(0)}, []string{"nodes"}},
		"two nodes":         {"db", Wish{Nodes: new(2)}, []string{"nodes"}},
		"negative nodes":    {"db", Wish{Nodes: new(-1)}, []string{"nodes"}},
		"no image":          {"db", Wish{Image: new("")}, []string{"image"}},
		"moving tag":        {"db", Wish{Image: new("cockroachdb/cockroach:latest")}, []string{"image"}},
		"relative path":     {"db", Wish{HostPath: new("data")}, []string{"host-path"}},
		"the root":          {"db", Wish{HostPath: new("/")}, []string{"host-path"}},
		"negative spares":   {"db", Wish{SpareVolumes: new(-1)}, []string{"spare-volumes"}},
		"storage of 1m":     {"db", Wish{Storage: quantity("1m")}, []string{"storage"}},
		"several":           {"DB", Wish{Nodes: new(2), CPU: quantity("0")}, []string{"name", "nodes", "cpu"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			var fields []string
			for _, fault := range cockroach.Faults(Check(test.name, test.wish)) {
				fields = append(fields, fault.Field)
			}
			if diff := cmp.Diff(test.want, fields); diff != "" {
				t.Errorf("faulty fields (-want +got):\n%s", diff)
			}
		})
	}
}
