package cockroach

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConnection_showsAPasswordOnlyWhereThatIsAskedFor(t *testing.T) {
	c := sampleCluster()
	connection := c.Connect("app", newPassword("p@ss:w/rd"))
	const want = "postgresql://app:p%40ss%3Aw%2Frd@cockroachdb-public.default:26257/app?sslmode=require"
	if got := connection.URL(Shown); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	const hidden = "postgresql://app@cockroachdb-public.default:26257/app?sslmode=require"
	if got := connection.URL(Hidden); got != hidden {
		t.Errorf("got %s, want %s", got, hidden)
	}
	for _, one := range connection.Variables(Hidden) {
		if one.Name == "PGPASSWORD" && one.Value != "" || one.Name == "DATABASE_URL" && one.Value != hidden {
			t.Errorf("%s=%s", one.Name, one.Value)
		}
	}
	insecure := sampleCluster(insecureMode)
	if got := insecure.Connect("app", newPassword("x")).URL(Shown); got != "postgresql://app@cockroachdb-public.default:26257/app?sslmode=disable" {
		t.Errorf("insecure: %s", got)
	}
}

func TestConnection_throughAForwardIsVerifiedByFiles(t *testing.T) {
	c := Connection{
		Host: "localhost", Port: 40123, User: RootUser, Database: RootDatabase, Mode: SSLVerifyFull,
		CA: "/tmp/a b/ca.crt", Cert: "/tmp/c+d&e/client.root.crt", Key: "/tmp/k",
	}
	parsed, err := url.Parse(c.URL(Shown))
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{"sslmode": {"verify-full"}, "sslrootcert": {c.CA}, "sslcert": {c.Cert}, "sslkey": {c.Key}}
	if diff := cmp.Diff(want, parsed.Query()); diff != "" || parsed.Host != "localhost:40123" {
		t.Errorf("%s: %s", c.URL(Shown), diff)
	}
	names := map[string]string{}
	for _, one := range c.Variables(Shown) {
		names[one.Name] = one.Value
	}
	if names["PGHOST"] != "localhost" || names["PGPORT"] != "40123" || names["PGSSLKEY"] != "/tmp/k" || names["COCKROACH_URL"] != c.URL(Shown) {
		t.Errorf("variables %v", names)
	}
	if _, there := names["PGSERVICE"]; !there {
		t.Error("PGSERVICE stays as it was, and libpq would go elsewhere")
	}
}
