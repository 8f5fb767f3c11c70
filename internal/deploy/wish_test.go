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
		"an upgrade while running":  {Wish{Image: new("cockroachdb/cockroach:v26.2.6")}, situation{initialised: true, claimed: true, running: true}, func(c *cockroach.Cluster) { c.Image = "cockroachdb/cockroach:v26.2.6" }},
		"a patch release, stopped":  {Wish{Image: new("cockroachdb/cockroach:v26.2.6")}, stopped, func(c *cockroach.Cluster) { c.Image = "cockroachdb/cockroach:v26.2.6" }},
		"memory while running":      {Wish{Memory: quantity("4Gi")}, situation{initialised: true, claimed: true, running: true}, func(c *cockroach.Cluster) { c.Memory = *quantity("4Gi") }},
		"more storage":              {Wish{Storage: quantity("20Gi")}, situation{initialised: true, claimed: true, expandable: true}, func(c *cockroach.Cluster) { c.Storage = *quantity("20Gi") }},
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
	stopped := situation{initialised: true, claimed: true}
	cases := map[string]struct {
		was  cockroach.Cluster
		wish Wish
		now  situation
		word string
	}{
		"one to three":           {single, Wish{Nodes: new(3)}, full, "1 node cannot become 3"},
		"three to one":           {three, Wish{Nodes: new(1)}, full, "3 nodes cannot become 1"},
		"five to three, stopped": {five, Wish{Nodes: new(3)}, stopped, "decommissioned first"},
		"upgrade, stopped":       {three, Wish{Image: new("cockroachdb/cockroach:v26.3.0")}, stopped, "takes the upgrade of a running database"},
		"back, stopped":          {three, Wish{Image: new("cockroachdb/cockroach:v26.2.4")}, stopped, "takes the upgrade"},
		"image without release":  {three, Wish{Image: new("mine:next")}, stopped, "going from v26.2.5 to mine:next"},
		"storage":                {three, Wish{Storage: quantity("20Gi")}, situation{claimed: true}, "class standard does not let volumes grow"},
		"less storage":           {three, Wish{Storage: quantity("5Gi")}, situation{claimed: true, expandable: true}, "no volume becomes smaller"},
		"storage of our own":     {own, Wish{Storage: quantity("20Gi")}, situation{claimed: true, expandable: true}, "volumes of our own are directories"},
		"class":                  {three, Wish{StorageClass: new("fast")}, situation{claimed: true}, "of class standard, not of class fast"},
		"from a class to ours":   {three, Wish{HostPath: new("/data")}, situation{claimed: true}, "cannot be changed in place"},
		"from ours to a class":   {own, Wish{StorageClass: new("fast")}, situation{claimed: true}, "volumes of our own, not of class fast"},
		"another path":           {own, Wish{HostPath: new("/srv")}, situation{claimed: true}, "under /data, not /srv"},
		"claims before an init":  {three, Wish{Storage: quantity("20Gi")}, situation{initialised: true, claimed: true}, "have 10Gi"},
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

func TestPlot_saysWhatTheDatabaseHasToAgreeTo(t *testing.T) {
	three, five := sample(), sample(func(c *cockroach.Cluster) { c.Nodes = 5 })
	begun := sample(func(c *cockroach.Cluster) { c.Nodes, c.ScalingTo = 5, 3 })
	cases := map[string]struct {
		was  cockroach.Cluster
		wish Wish
		want course
		word string
	}{
		"nothing":                 {three, Wish{}, course{}, ""},
		"fewer":                   {five, Wish{Nodes: new(4)}, course{stay: 4}, ""},
		"more":                    {three, Wish{Nodes: new(5)}, course{grows: true}, ""},
		"fewer, begun":            {begun, Wish{}, course{stay: 3}, ""},
		"fewer, begun, and named": {begun, Wish{Nodes: new(3)}, course{stay: 3}, ""},
		"fewer, begun, one back":  {begun, Wish{Nodes: new(4)}, course{stay: 4}, ""},
		"fewer, begun, all back":  {begun, Wish{Nodes: new(5)}, course{}, ""},
		"begun, and more":         {begun, Wish{Nodes: new(7)}, course{grows: true}, ""},
		"the image as it is":      {three, Wish{Image: new(cockroach.DefaultImage)}, course{rolls: true}, ""},
		"another image":           {three, Wish{Image: new("x:v26.2.6")}, course{rolls: true, upgrades: true}, ""},
		"memory":                  {three, Wish{Memory: quantity("9Gi")}, course{rolls: true}, ""},
		"a patch":                 {three, Wish{Patch: new(tolerant)}, course{rolls: true}, ""},
		"fewer and an image":      {five, Wish{Nodes: new(3), Image: new("x:v26.2.6")}, course{}, "two things"},
		"begun, and memory":       {begun, Wish{Memory: quantity("9Gi")}, course{}, "two things"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := plot(test.was, test.wish.onto(test.was), test.wish)
			if test.word != "" {
				wantError(t, err, Refused, test.word)
				return
			}
			wantNoError(t, err)
			if got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
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
