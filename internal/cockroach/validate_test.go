package cockroach

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
)

type faultCase struct {
	what   string
	change func(*Cluster)
	want   string // the fault's field; empty: valid
}

func TestValidate_namesFaultsOfNameNumberAndImage(t *testing.T) {
	name := func(n string) func(*Cluster) { return func(c *Cluster) { c.Name = n } }
	digest := "@sha256:" + strings.Repeat("ab", 32)
	checkFaults(t, []faultCase{
		{"as it is", func(*Cluster) {}, ""},
		{"no node", nodes(0), "nodes"},
		{"less than none", nodes(-1), "nodes"},
		{"one", nodes(1), ""},
		{"two", nodes(2), "nodes"},
		{"four", nodes(4), ""},
		{"too many", nodes(1000), "nodes"},
		{"no name", name(""), "name"},
		{"capitals", name("Cockroach"), "name"},
		{"a digit first", name("1db"), "name"},
		{"a dot", name("a.b"), "name"},
		{"a dash last", name("db-"), "name"},
		{"longest", name(strings.Repeat("a", 52)), ""},
		{"too long for its pods", name(strings.Repeat("a", 53)), "name"},
		{"too long for anything", name(strings.Repeat("a", 64)), "name"},
		{"namespace", func(c *Cluster) { c.Namespace = "a/b" }, "namespace"},
		{"no image", image(""), "image"},
		{"no tag", image("cockroachdb/cockroach"), "image"},
		{"a port is no tag", image("localhost:5000/cockroach"), "image"},
		{"a port and a tag", image("localhost:5000/cockroach:v26.2.5"), ""},
		{"latest", image("cockroachdb/cockroach:latest"), "image"},
		{"latest of a series", image("cockroachdb/cockroach:latest-v26.2"), "image"},
		{"latest, but pinned", image("cockroachdb/cockroach:latest" + digest), ""},
		{"digest", image("cockroachdb/cockroach" + digest), ""},
		{"broken digest", image("cockroachdb/cockroach@sha256:12"), "image"},
		{"blank in it", image("cockroach db:v26.2.5"), "image"},
		{"empty tag", image("cockroach:"), "image"},
		{"too old", image("cockroachdb/cockroach:v20.2.19"), "image"},
		{"a scheme", image("https://registry.example/cockroach:v26.2.5"), "image"},
		{"capitals", image("registry.example/Cockroach:v26.2.5"), "image"},
		{"capitals in the registry's name", image("Registry.Example:5000/cockroach:v26.2.5"), ""},
		{"two digests", image("cockroach" + digest + digest), "image"},
		{"longest name", image(strings.Repeat("a", 255) + ":v26.2.5"), ""},
		{"too long a name", image(strings.Repeat("a", 256) + ":v26.2.5"), "image"},
		{"a tag of their own", image("registry.example/db:nightly-7"), ""},
	})
}

func TestValidate_namesFaultsOfSizeAndStorage(t *testing.T) {
	hostPath := func(p string) func(*Cluster) {
		return func(c *Cluster) { c.StorageClass, c.HostPath = "", p }
	}
	checkFaults(t, []faultCase{
		{"no cpu", func(c *Cluster) { c.CPU = resource.Quantity{} }, "cpu"},
		{"too little cpu", func(c *Cluster) { c.CPU = resource.MustParse("99m") }, "cpu"},
		{"too little memory", memory("2047Mi"), "memory"},
		{"negative memory", memory("-8Gi"), "memory"},
		{"thousandths of bytes", memory("500m"), "memory"},
		{"storage", func(c *Cluster) { c.Storage = resource.MustParse("1G") }, "storage"},
		{"spares", func(c *Cluster) { c.SpareVolumes = -1 }, "spare-volumes"},
		{"neither class nor path", hostPath(""), "storage-class"},
		{"class and path", func(c *Cluster) { c.HostPath = "/data" }, "host-path"},
		{"path", hostPath("/data/crdb"), ""},
		{"relative path", hostPath("data"), "host-path"},
		{"root", hostPath("/"), "host-path"},
		{"root in disguise", hostPath("/data/.."), "host-path"},
		{"path upwards", hostPath("/data/../etc"), "host-path"},
		{"path with a slash at its end", hostPath("/data/"), "host-path"},
		{"path with a line break", hostPath("/da\nta"), "host-path"},
		{"class", func(c *Cluster) { c.StorageClass = "No Such" }, "storage-class"},
		{"incarnation", func(c *Cluster) { c.Incarnation = "../.." }, "incarnation"},
		{"no incarnation", func(c *Cluster) { c.Incarnation = "" }, "incarnation"},
		{"mode", func(c *Cluster) { c.Security = "mtls" }, "security"},
		{"certificates of an insecure cluster", func(c *Cluster) { c.Security, c.CertsSecret = Insecure, "mine" }, "certs-secret"},
		{"certificates from nowhere", func(c *Cluster) { c.CertsSecret = "No Secret" }, "certs-secret"},
		{"certificates from our own Secret", func(c *Cluster) { c.CertsSecret = "cockroachdb-certs" }, "certs-secret"},
		{"certificates from a Secret", func(c *Cluster) { c.CertsSecret = "mine" }, ""},
		{"user root", func(c *Cluster) { c.AppUser = "root" }, "app-user"},
		{"user of the database's own", func(c *Cluster) { c.AppUser = "crdb_internal_x" }, "app-user"},
		{"user with a quote", func(c *Cluster) { c.AppUser = `a"b` }, "app-user"},
		{"user in capitals", func(c *Cluster) { c.AppUser = "App" }, "app-user"},
		{"no user", func(c *Cluster) { c.AppUser = "" }, ""},
		{"user", func(c *Cluster) { c.AppUser = "shop_1" }, ""},
		{"identity", func(c *Cluster) { c.ClusterID = "1" }, "cluster-id"},
	})
}

func checkFaults(t *testing.T, cases []faultCase) {
	t.Helper()
	for _, test := range cases {
		t.Run(test.what, func(t *testing.T) {
			err := sampleCluster(test.change).Validate()
			var got []string
			for _, fault := range Faults(err) {
				got = append(got, fault.Field)
				if fault.Reason == "" || strings.Contains(fault.Error(), "\n") {
					t.Errorf("fault %q: want a reason in one line", fault)
				}
			}
			if strings.Join(got, ",") != test.want || (err == nil) != (test.want == "") {
				t.Errorf("faults in %q, want %q: %v", got, test.want, err)
			}
		})
	}
}

func TestValidate_readsWell(t *testing.T) {
	err := Cluster{Name: "x_y", Namespace: "default", Nodes: 2, Image: "cockroach", SpareVolumes: -1}.Validate()
	var text strings.Builder
	for _, fault := range Faults(err) {
		fmt.Fprintf(&text, "%v\n  %s\n", fault, fault.Hint)
	}
	golden(t, "faults.txt", text.String())
}

func TestValidate_knowsTheMemoryEachReleaseNeeds(t *testing.T) {
	for _, test := range []struct {
		tag, memory string
		valid       bool
	}{
		{"v21.1.2", "1Gi", true},
		{"v21.1.2", "1023Mi", false},
		{"v21.2.0", "1Gi", false},
		{"v26.2.5", "2Gi", true},
		{"mine", "1Gi", false},
	} {
		err := sampleCluster(image("cockroach:"+test.tag), memory(test.memory)).Validate()
		if (err == nil) != test.valid {
			t.Errorf("%s with %s: %v", test.tag, test.memory, err)
		}
	}
}

func TestFaults_areFoundUnderWrapping(t *testing.T) {
	fault := &Fault{Field: "nodes", Value: "2", Reason: "no"}
	for _, err := range []error{fault, fmt.Errorf("up: %w", fault), errors.Join(fault), join([]*Fault{fault}), fmt.Errorf("up: %w", join([]*Fault{fault}))} {
		if diff := cmp.Diff([]*Fault{fault}, Faults(err)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	if got := Faults(errors.New("other")); got != nil {
		t.Errorf("faults %v in another error", got)
	}
	if err := join(nil); err != nil {
		t.Errorf("no faults joined: %v", err)
	}
}

func TestFault_showsNoControlCharacters(t *testing.T) {
	fault := &Fault{Field: "name", Value: "a\x1b[31m\nb", Reason: "no"}
	if got, want := fault.Error(), `name "a\x1b[31m\nb": no`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestParseQuantity_readsWhatKubernetesReads(t *testing.T) {
	for text, want := range map[string]string{
		"10Gi": "10Gi", "2": "2", "500m": "500m", "0.5": "500m", ".5": "500m", "1.5Gi": "1536Mi", "1e3": "1e3", "10G": "10G",
	} {
		got, err := ParseQuantity("storage", text)
		if err != nil || got.String() != want {
			t.Errorf("%s: %v, %v, want %s", text, &got, err, want)
		}
	}
}

func TestParseQuantity_guessesWhatWasMeant(t *testing.T) {
	for _, test := range []struct{ field, text, hint string }{
		{"storage", "10Gb", "10G or 10Gi"},
		{"storage", "10 GiB", "10G or 10Gi"},
		{"memory", "1.5gb", "1.5G or 1.5Gi"},
		{"memory", "512mb", "512M or 512Mi"},
		{"memory", "4gi", "4G or 4Gi"},
		{"memory", "100KB", "100k or 100Ki"},
		{"storage", "", "10Gi"},
		{"storage", "much", "10Gi"},
		{"storage", "1e999999999", "10Gi"},
		{"cpu", "2 cores", "2 or 500m"},
	} {
		_, err := ParseQuantity(test.field, test.text)
		var fault *Fault
		if !errors.As(err, &fault) || fault.Field != test.field || fault.Hint != test.hint {
			t.Errorf("%s %q: %v, hint %q, want %q", test.field, test.text, err, fault.Hint, test.hint)
		}
	}
}

func FuzzParseQuantity(f *testing.F) {
	for _, seed := range []string{"10Gi", "10Gb", "1e99", "-1", "0.000000001n", "9999999999999999Ei", ".", "+.5E"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := ParseQuantity("storage", text)
		if err != nil {
			if fault := Faults(err); len(fault) != 1 || fault[0].Hint == "" {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		again, err := ParseQuantity("storage", q.String())
		if err != nil || again.Cmp(q) != 0 {
			t.Errorf("%q is %s, which reads as %s, %v", text, &q, &again, err)
		}
	})
}

func FuzzValidate(f *testing.F) {
	f.Add("cockroachdb", "default", "cockroachdb/cockroach:v26.2.5", "/data")
	f.Add("", "", "@:", "/../")
	f.Add("a--b", "0", "a@sha256:00", "/a:b")
	f.Fuzz(func(t *testing.T, name, namespace, imageName, path string) {
		c := sampleCluster(image(imageName), ownVolumes)
		c.Name, c.Namespace, c.HostPath = name, namespace, path
		if err := c.Validate(); err != nil {
			if strings.Contains(Faults(err)[0].Error(), "\n") {
				t.Errorf("%q", err)
			}
			return
		}
		if dir := c.Directory(0); !strings.HasSuffix(dir, "/"+c.Incarnation+"/0") || !strings.HasPrefix(dir, path) || path == "/" {
			t.Errorf("path %q gives directory %q", path, dir)
		}
		if _, err := c.Objects(); err != nil {
			t.Error(err)
		}
	})
}
