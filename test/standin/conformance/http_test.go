package conformance

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// answer is an HTTP answer in the form that is compared.
type answer struct {
	Status  string
	Headers []string
	Body    string
}

// unstable are headers whose values differ from run to run.
const unstable = " Date Content-Length "

func answerOf(resp *http.Response, body []byte) answer {
	a := answer{Status: resp.Status, Body: normal(strings.TrimRight(string(body), "\n"))}
	for name, values := range resp.Header {
		value := strings.Join(values, ",")
		if strings.Contains(unstable, " "+name+" ") {
			value = "*"
		}
		a.Headers = append(a.Headers, name+": "+value)
	}
	if slices.Contains(resp.TransferEncoding, "chunked") {
		a.Headers = append(a.Headers, "Transfer-Encoding: chunked")
	}
	for name, values := range resp.Trailer {
		a.Headers = append(a.Headers, "trailer "+name+": "+strings.Join(values, ","))
	}
	slices.Sort(a.Headers)
	return a
}

// recordedAnswer reads what curl -i wrote: a chunked body is there whole, its
// trailer right behind it.
func recordedAnswer(t *testing.T, file string) answer {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "http", file))
	if err != nil {
		t.Fatal(err)
	}
	_, b, _ = bytes.Cut(b, []byte("\n"))
	head, body, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok {
		t.Fatalf("%s: no headers", file)
	}
	text, isChunked := strings.CutSuffix(string(head), "\r\nTransfer-Encoding: chunked")
	text, _ = strings.CutSuffix(text, "\r\nTrailer: Grpc-Trailer-Content-Type")
	text = strings.Replace(text, "\r\nTrailer: Grpc-Trailer-Content-Type", "", 1)
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text+"\r\n\r\n")), nil)
	if err != nil {
		t.Fatal(err)
	}
	const trailer = "Grpc-Trailer-Content-Type: application/grpc"
	if before, _, ok := bytes.Cut(body, []byte(trailer)); ok {
		body = before
		resp.Trailer = http.Header{"Grpc-Trailer-Content-Type": {"application/grpc"}}
	}
	resp.TransferEncoding = nil
	if isChunked {
		resp.TransferEncoding = []string{"chunked"}
	}
	resp.Status = strings.TrimSpace(resp.Status)
	return answerOf(resp, body)
}

// get asks, without following redirects.
func get(t *testing.T, url string, n names) answer {
	t.Helper()
	return ask(t, http.MethodGet, url, "", n)
}

func ask(t *testing.T, method, url, body string, n names) answer {
	t.Helper()
	c := http.Client{
		Timeout:       10 * time.Second,
		Transport:     &http.Transport{TLSClientConfig: trusting(), DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer c.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range resp.Header {
		resp.Header[name] = []string{n.toRecorded(strings.Join(values, ","))}
	}
	return answerOf(resp, []byte(n.toRecorded(string(b))))
}

func sameAnswer(t *testing.T, file string, got answer) {
	t.Helper()
	if diff := cmp.Diff(recordedAnswer(t, file), got); diff != "" {
		t.Errorf("%s (-recorded +now):\n%s", file, diff)
	}
}

func TestHTTP_beforeInit(t *testing.T) {
	t.Parallel()
	a := newNode(t)
	a.flags = []string{"start", "--insecure", "--join=" + a.rpc}
	a.start(t)
	url := "http://" + a.web
	sameAnswer(t, "health_preinit.txt", get(t, url+"/health", nil))
	sameAnswer(t, "ready_preinit.txt", get(t, url+"/health?ready=1", nil))
	for _, path := range []string{"/_status/vars", "/_status/nodes", "/_admin/v1/health", "/_admin/v1/cluster", "/"} {
		sameAnswer(t, "vars_preinit.txt", get(t, url+path, nil))
	}
}

func TestHTTP_threeLive(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3)
	n := namesOf(nodes, 21001, 21501)
	url := "http://" + nodes[0].web
	for _, path := range []string{"/health", "/health?ready=0", "/health?ready=1", "/_admin/v1/health", "/_admin/v1/health?ready=1"} {
		sameAnswer(t, "ready_ready.txt", get(t, url+path, n))
	}
	for path, file := range map[string]string{
		"/_admin/v1/cluster":               "admin_v1_cluster.txt",
		"/_admin/v1/liveness":              "admin_v1_liveness.txt",
		"/_admin/v1/settings?keys=version": "admin_v1_settings_keys_version.txt",
		"/api/v2/nodes/":                   "api_v2_nodes.txt",
		"/_status/stores/local":            "status_stores_local.txt",
	} {
		sameAnswer(t, file, get(t, url+path, n))
	}
	t.Run("drain", func(t *testing.T) {
		recs := recordings(t, "decommission.txt")
		drained := names{{"127.0.0.1:21302", nodes[2].rpc}}
		replay(t, recs["drain_noid"], drained, withoutNumbers)
		sameAnswer(t, "drain_ready.txt", get(t, "http://"+nodes[2].web+"/health?ready=1", nil))
		replay(t, recs["drain_again"], drained, exact)
		replay(t, recs["drain_sql"], drained, exact)
	})
}

func TestVars_namesAndLabels(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3)
	n := namesOf(nodes, 21001, 21501)
	got := get(t, "http://"+nodes[0].web+"/_status/vars", n)
	if got.Status != "200 OK" || !slices.Contains(got.Headers, "Transfer-Encoding: chunked") {
		t.Errorf("%s %v", got.Status, got.Headers)
	}
	have := map[string]string{}
	for line := range strings.SplitSeq(got.Body, "\n") {
		if name, value, ok := strings.Cut(line, " "); ok && !strings.HasPrefix(line, "#") {
			have[withoutVersion(name)] = value
		}
	}
	b, err := os.ReadFile("testdata/http/vars_needed.prom")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(string(b)), "\n") {
		name, _, _ := strings.Cut(line, " ")
		if strings.Contains(name, "heartbeatlatency") {
			continue // unrecorded here: a histogram that nobody reads
		}
		if have[withoutVersion(name)] == "" {
			t.Errorf("%s: missing", name)
		}
	}
	if have["liveness_livenodes"] != "3" {
		t.Errorf("liveness_livenodes %s, want 3", have["liveness_livenodes"])
	}
	if offset := have["clock_offset_meannanos"]; offset == "0" {
		t.Error("clock_offset_meannanos 0: it has compared its clock with no other")
	}
	if licence := have["seconds_until_enterprise_license_expiry"]; licence != "0" {
		t.Errorf("seconds_until_enterprise_license_expiry %s, want 0: no licence", licence)
	}
}

// withoutVersion: the version of Go is not recorded.
func withoutVersion(name string) string {
	before, _, _ := strings.Cut(name, ",go_version=")
	return before
}

func TestHTTP_secure(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	a, n := secureNode(t, ca.certsDir(t))
	url := "https://" + a.web
	sameAnswer(t, "secure__status_nodes.txt", get(t, url+"/_status/nodes", n))
	sameAnswer(t, "secure_plain_path.txt", get(t, "http://"+a.web+"/_status/vars", n))
	sameAnswer(t, "ready_ready.txt", get(t, "http://"+a.web+"/health", n).withCache())
	sameAnswer(t, "secure_login_bad.txt", ask(t, http.MethodPost, url+"/login", `{"username":"alice","password":"x"}`, n))
	b, err := os.ReadFile("testdata/http/secure_paths.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(string(b)), "\n") {
		path, rest, _ := strings.Cut(line, " ")
		status, body, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(rest), "HTTP/1.1 "), "  body: ")
		got := get(t, url+path, n)
		if got.Status != status || status != "200 OK" && got.Body != body {
			t.Errorf("%s: %s %q, recorded %s %q", path, got.Status, got.Body, status, body)
		}
	}
}

// withCache: over plain HTTP the header Cache-Control was not recorded.
func (a answer) withCache() answer {
	if !slices.Contains(a.Headers, "Cache-Control: no-cache") {
		a.Headers = append(a.Headers, "Cache-Control: no-cache")
		slices.Sort(a.Headers)
	}
	return a
}

func TestHTTP_certificateProblemsShowInReadyOnly(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	for file, make := range map[string]func(dir string){
		"ready_node_cert_without_own_address.txt": func(dir string) {
			ca.pair(t, dir, "node", "node", time.Now().Add(time.Hour), "other.example")
		},
		"ready_node_cert_expired.txt": func(dir string) {
			ca.pair(t, dir, "node", "node", time.Now().Add(-24*time.Hour), "localhost", "127.0.0.1")
		},
	} {
		dir := ca.certsDir(t)
		make(dir)
		a := newNode(t, "start-single-node", "--certs-dir="+dir)
		a.start(t)
		url := fmt.Sprintf("https://%s/health", a.web)
		sameAnswer(t, "ready_ready.txt", get(t, url, nil))
		await(t, 10*time.Second, a.describe("503 with a text about x509"), func() bool {
			return strings.Contains(get(t, url+"?ready=1", nil).Body, "x509")
		})
		sameAnswer(t, file, get(t, url+"?ready=1", nil))
	}
}
