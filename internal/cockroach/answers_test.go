package cockroach

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseReady_readsTheRecordedAnswers(t *testing.T) {
	for _, test := range []struct {
		file   string
		status int
		want   Health
		text   string
	}{
		{"ready_ready.json", 200, Ready, ""},
		{"ready_preinit.json", 503, WaitingForInit, "node is waiting for cluster initialization"},
		{"ready_draining.json", 503, ShuttingDown, "node is shutting down"},
		{"ready_decommissioned.json", 503, NotHealthy, "node is not healthy"},
		{
			"ready_node_cert_expired.json", 503, NotHealthy,
			`connection error: desc = "transport: authentication handshake failed: x509: certificate has expired or is not yet valid: current time 2026-11-22T16:21:04Z is after 2026-11-21T16:20:58Z"`,
		},
		{
			"ready_node_cert_without_own_address.json", 503, NotHealthy,
			`connection error: desc = "transport: authentication handshake failed: x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs"`,
		},
	} {
		health, text := ParseReady(test.status, recorded(t, test.file))
		if health != test.want || text != test.text {
			t.Errorf("%s: %s, %q; want %s, %q", test.file, health, text, test.want, test.text)
		}
	}
}

// A 503 through the pod proxy may be the API server's own.
func TestParseReady_trustsOnlyTheDatabase(t *testing.T) {
	for _, test := range []struct {
		what   string
		status int
		body   string
		text   string
	}{
		{
			"the API server", 503,
			`{"kind":"Status","apiVersion":"v1","status":"Failure","message":"error trying to reach service: dial tcp 10.0.0.1:8080: connect: connection refused","reason":"ServiceUnavailable","code":503}`,
			"error trying to reach service: dial tcp 10.0.0.1:8080: connect: connection refused",
		},
		{
			"the API server, quoting the database", 503,
			`{"kind":"Status","message":"node is waiting for cluster initialization","code":14}`,
			"node is waiting for cluster initialization",
		},
		{"another status", 404, `{"error":"node is waiting for cluster initialization","code":14}`, "node is waiting for cluster initialization"},
		{"another code", 503, `{"error":"node is waiting for cluster initialization","code":13}`, "node is waiting for cluster initialization"},
		{"a load balancer", 503, "<html>\n  busy\n</html>", "<html> busy </html>"},
		{"nothing", 503, "", ""},
		{"a redirect to TLS", 307, "<a href=\"https://x/\">Temporary Redirect</a>.\n", `<a href="https://x/">Temporary Redirect</a>.`},
	} {
		health, text := ParseReady(test.status, []byte(test.body))
		if health != Unknown || text != test.text {
			t.Errorf("%s: %s, %q; want %s, %q", test.what, health, text, Unknown, test.text)
		}
	}
}

func TestInitOutcome_readsTheRecordedRuns(t *testing.T) {
	for _, test := range []struct {
		what           string
		code           int
		stdout, stderr string
		want           InitResult
		text           string
	}{
		{"first", 0, "Cluster successfully initialized\n", "", InitDone, ""},
		{
			"second", 1, "", "ERROR: cluster has already been initialized\nFailed running \"init\"\n",
			InitAlready, "",
		},
		{
			"cut off while it tried", 124, "",
			"warning: node not ready to perform cluster initialization: initial connection heartbeat failed: rpc error: code = Unavailable desc = connection closed (retrying)\n",
			InitFailed, "node not ready to perform cluster initialization: initial connection heartbeat failed: rpc error: code = Unavailable desc = connection closed",
		},
		{"unknown flag", 4, "", "Usage:\n  cockroach init\n\nERROR: unknown flag: --x\nFailed running \"init\"\n", InitFailed, "unknown flag: --x"},
		{"killed", 137, "", "", InitFailed, "exit code 137 without a word"},
		{"only on stdout", 1, "no room\n\n", "Failed running \"init\"\n", InitFailed, "no room"},
	} {
		got, text := InitOutcome(test.code, test.stdout, test.stderr)
		if got != test.want || text != test.text {
			t.Errorf("%s: %s, %q; want %s, %q", test.what, got, text, test.want, test.text)
		}
	}
}

func TestParseClusterID_takesTheIdentityAndNothingElse(t *testing.T) {
	got, err := ParseClusterID("crdb_internal.cluster_id\n63dcc5b7-e564-4d04-9b99-55e87fe32bb3\n")
	if err != nil || got != "63dcc5b7-e564-4d04-9b99-55e87fe32bb3" {
		t.Errorf("%q, %v", got, err)
	}
	for _, answer := range []string{"", "crdb_internal.cluster_id\n", "crdb_internal.cluster_id\nNULL\n", "x63dcc5b7-e564-4d04-9b99-55e87fe32bb3\n"} {
		if got, err := ParseClusterID(answer); err == nil {
			t.Errorf("%q: %q without an error", answer, got)
		}
	}
}

func TestCommands_askTheirOwnPodOnly(t *testing.T) {
	c := sampleCluster()
	const certs = "--certs-dir=/cockroach/cockroach-certs"
	for want, got := range map[string][]string{
		"/cockroach/cockroach init --host=localhost " + certs:                                     c.InitCommand(),
		"/cockroach/cockroach sql --host=localhost " + certs + " --format=csv --execute=SELECT 1": c.SQLCommand("SELECT 1"),
		"/cockroach/cockroach sql " + certs:                                                       c.ShellCommand(),
	} {
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestURL_leadsToThePublicService(t *testing.T) {
	want := "postgresql://root@cockroachdb-public.default:26257/defaultdb?sslmode=disable"
	if got := sampleCluster(insecureMode).Connect(RootUser, Password{}).URL(Hidden); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestParseIdentity_takesARecordedAnswerAndNothingElse(t *testing.T) {
	const want = "63dcc5b7-e564-4d04-9b99-55e87fe32bb3"
	body := "{\n  \"clusterId\": \"" + want + "\",\n  \"reportingEnabled\": false,\n  \"enterpriseEnabled\": false\n}"
	if got, err := ParseIdentity(200, []byte(body)); err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
	for _, bad := range []struct {
		status int
		body   string
	}{{401, body}, {404, "404 page not found"}, {200, "{}"}, {200, `{"clusterId": "none"}`}, {200, "<html>"}} {
		if got, err := ParseIdentity(bad.status, []byte(bad.body)); err == nil {
			t.Errorf("%d %q: got %q", bad.status, bad.body, got)
		}
	}
}

func TestIdentityCommand_asksForInternalsOnlyWhereTheyAreGuarded(t *testing.T) {
	const ask = "--execute=SELECT crdb_internal.cluster_id()"
	const allow = "--execute=SET allow_unsafe_internals = on"
	for image, want := range map[string][]string{
		"cockroachdb/cockroach:v21.1.2": {ask},
		"cockroachdb/cockroach:v25.3.9": {ask},
		"cockroachdb/cockroach:v25.4.0": {allow, ask},
		"cockroachdb/cockroach:v26.2.5": {allow, ask},
		"example.test/own@sha256:1234":  {allow, ask},
	} {
		command := Cluster{Image: image, Security: Insecure}.IdentityCommand()
		if got := command[len(command)-len(want):]; !slices.Equal(got, want) || slices.Contains(command, allow) != (len(want) == 2) {
			t.Errorf("%s: %q", image, command)
		}
	}
}
